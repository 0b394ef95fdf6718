//! What the body of a new terminal says of it.

use super::body::Fields;
use super::refused;
use crate::model::RequestError;
use crate::model::notebook::ContextBuilder;

/// A command of its own, its folder, its variables and its name; without a command it runs the server's shell.
pub(super) fn terminal(
    fields: &Fields,
    mut context: ContextBuilder,
) -> Result<ContextBuilder, RequestError> {
    if fields.given("shell_command").is_some() {
        let arguments = fields.names("shell_command")?;
        let [program, ..] = &*arguments else {
            return Err(refused("in the body, `shell_command` has no program"));
        };
        context = context.program(program).command(&command_line(&arguments));
    }
    if let Some(directory) = fields.text("cwd")? {
        context = context.directory(directory);
    }
    let variables = fields.record("extra_env")?.unwrap_or_default();
    let variables = variables.keys()?;
    if !variables.is_empty() {
        context = context.environment(variables);
    }
    Ok(match fields.text("name")? {
        Some(name) => context.name(name),
        None => context,
    })
}

/// As a shell would be given it, so that no two lists are one line.
fn command_line(arguments: &[&str]) -> String {
    let quoted: Vec<String> = arguments.iter().map(|argument| quoted(argument)).collect();
    quoted.join(" ")
}

fn quoted(argument: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(&byte);
    match !argument.is_empty() && argument.bytes().all(plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', r#"'"'"'"#)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_are_one_line() {
        assert_eq!(command_line(&["htop", "-d", "5"]), "htop -d 5");
        assert_eq!(command_line(&["sh", "-c", "ls  /"]), "sh -c 'ls  /'");
        assert_eq!(command_line(&["it's", "", "é"]), r#"'it'"'"'s' '' 'é'"#);
        assert_ne!(command_line(&["a b"]), command_line(&["a", "b"]));
    }
}
