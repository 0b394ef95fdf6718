//! Policies in Cedar's own layout.

use cedar_policy::PolicySet;
use cedar_policy_formatter::{Config, policies_str_to_pretty};

use super::nesting;
use crate::bundle::Member;
use crate::model::{Limits, LoadError, LoadErrorKind, Problem};

/// The text of a policy file in the default layout of Cedar's own formatter: 80 columns, an
/// indentation of 2.
///
/// Only layout changes: the same policies with the same annotations, and every comment.
///
/// # Errors
/// When the text is over a limit or is no Cedar policy text, with the place; and when the formatter
/// would lose a comment or change a policy, which is refused and not written.
pub fn format(member: &Member, limits: &Limits) -> Result<String, LoadError> {
    let refused = |problem: Problem| {
        LoadError::new(LoadErrorKind::Policy, problem.file(&member.name, &member.text))
    };
    if member.text.trim_start().starts_with('{') {
        let problem = Problem::error("format.json", "it is in JSON form, which has no layout");
        return Err(refused(problem.help("format it with a tool for JSON")));
    }
    nesting::check(&member.text, limits)?;
    let before: PolicySet = member.text.parse().map_err(|error| {
        let problems =
            Problem::from_diagnostic("policy.syntax", &error, &member.name, &member.text);
        LoadError::all(LoadErrorKind::Policy, problems)
    })?;
    let config = Config { line_width: 80, indent_width: 2 };
    let text = policies_str_to_pretty(&member.text, &config)
        .map_err(|error| refused(Problem::error("format.refused", error.to_string())))?;
    let changed = |what: &str| {
        let message = format!("the formatter would {what}");
        refused(Problem::error("format.refused", message).help("lay this file out by hand"))
    };
    if sorted(nesting::comments(&member.text)) != sorted(nesting::comments(&text)) {
        return Err(changed("lose a comment"));
    }
    let after: PolicySet = text.parse().map_err(|_| changed("change a policy"))?;
    // The JSON form covers templates and annotations, and has no layout.
    match (before.to_json(), after.to_json()) {
        (Ok(before), Ok(after)) if before == after => Ok(text),
        _ => Err(changed("change a policy")),
    }
}

fn sorted(mut comments: Vec<&str>) -> Vec<&str> {
    comments.sort_unstable();
    comments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str) -> Result<String, LoadError> {
        format(&Member { name: "a.cedar".into(), text: text.into() }, &Limits::default())
    }

    #[test]
    fn layout_changes_and_comments_and_templates_stay() {
        let text = "// one\n@id(\"a\")permit(principal==?principal,action,resource)\n  // two\n\
                    when{context.a>1 /* */ };";
        assert!(formatted(text).is_err(), "the language has no block comments");
        let text = text.replace("/* */ ", "");
        let once = formatted(&text).unwrap();
        assert!(once.contains("// one") && once.contains("// two"), "{once}");
        assert!(once.contains("when { context.a > 1 };"), "{once}");
        assert_eq!(formatted(&once).unwrap(), once);
    }

    #[test]
    fn no_comment_is_lost_wherever_it_stands() {
        let places = "/1\n@id(/2\n\"a\"/3\n)/4\n@other/5\npermit/6\n(/7\nprincipal/8\n==/9\nU::/10\n\"a\"/11\n,/12\naction/13\nin/14\n\
                      [/15\nAction/16\n::\"b\"/17\n]/18\n,resource/19\n)/20\nwhen/21\n{/22\n(/23\nif/24\ntrue/25\nthen/26\n{/27\na/28\n:/29\n1/30\n}/31\n.a\
                      /32\n==/33\n1/34\nelse/35\n!/36\nip(/37\n\"::1\"/38\n)/39\n.isLoopback(/40\n)/41\n)/42\n}/43\n;/44\n";
        for at in 1..=44 {
            let text: String = places
                .split('\n')
                .map(|line| match line.rsplit_once('/') {
                    Some((code, number)) if number == at.to_string() => {
                        format!("{code} // c{at}\n")
                    }
                    Some((code, _)) => format!("{code}\n"),
                    None => line.to_owned(),
                })
                .collect();
            match formatted(&text) {
                Ok(done) => assert!(done.contains(&format!("// c{at}\n")), "{text} {done}"),
                Err(error) => panic!("comment {at}: {error}\n{text}"),
            }
        }
    }

    #[test]
    fn a_text_with_comments_alone_keeps_them() {
        assert_eq!(formatted("// nothing yet\n").unwrap().trim(), "// nothing yet");
    }

    #[test]
    fn what_is_no_policy_is_refused_with_its_place() {
        let error = formatted("permit(principal, action, resource)\nwhen { 1 + };").unwrap_err();
        assert!(error.to_string().starts_with("a.cedar:2:"), "{error}");
        assert_eq!(
            formatted("{\"effect\": \"permit\"}").unwrap_err().problems()[0].code,
            "format.json"
        );
        let deep = format!("permit(principal, action, resource) when {{ {} }};", "(".repeat(99));
        assert_eq!(formatted(&deep).unwrap_err().kind(), LoadErrorKind::Limit);
    }
}
