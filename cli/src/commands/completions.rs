//! `notegate completions`

use std::io::Write as _;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde::Serialize;

use crate::Cli;
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    notegate completions bash > ~/.local/share/bash-completion/completions/notegate\n  \
    notegate completions zsh > ~/.zfunc/_notegate\n  \
    notegate completions fish > ~/.config/fish/completions/notegate.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Serialize)]
struct CompletionsJson {
    shell: String,
    script: String,
}

impl Completions {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        // Written to memory first: the generator cannot be told that its output is gone.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "notegate", &mut script);
        if console.is_json() {
            let script = String::from_utf8_lossy(&script).into_owned();
            console.json(&CompletionsJson { shell: self.shell.to_string(), script })?;
        } else {
            console.write_all(&script)?;
        }
        Ok(Exit::Success)
    }
}
