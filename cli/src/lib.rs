//! The command line of Notegate: write, check, test and ask Cedar policies about notebooks.

mod commands;
mod console;
mod decide;
mod failure;
mod files;
mod input;
mod keys;
mod lines;
mod packs;
mod place;
mod question;
mod report;
mod text;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::commands::{
    authorize::Authorize, bench::Bench, bundle::Bundle, completions::Completions, demo::Demo,
    explain::Explain, fmt::Fmt, init::Init, schema::Schema, test::Test, validate::Validate,
};
use crate::console::{Console, Format};
use crate::failure::{Exit, Failure};

/// Decide what a person, a kernel or a service account may do on a notebook platform
///
/// Policies are written in Cedar and live in a bundle: a folder of policies, entities and test
/// cases. Start one with `notegate init`, check it with `notegate validate`, try it with `notegate
/// test`, and ask it with `notegate authorize`.
#[derive(Debug, Parser)]
#[command(
    name = "notegate",
    version,
    max_term_width = 100,
    after_help = "Exit status: 0 allow or success, 1 could not do it, 2 deny, 3 policies are invalid or tests failed.\n\
                  Data goes to standard output, everything else to standard error.",
    after_long_help = "Exit status:\n  \
        0  allow, or success\n  \
        1  could not do it\n  \
        2  deny\n  \
        3  policies are invalid, or tests failed\n\n\
        Data goes to standard output, everything else to standard error. Colours are for terminals\n\
        only, and not when NO_COLOR is set.\n\n\
        First steps:\n  \
        notegate init my-policies          write a bundle to start from\n  \
        notegate test my-policies          run its test cases\n  \
        notegate demo                      see a day of a hub decided"
)]
struct Cli {
    /// Form of the output; `test` also writes `junit` and `tap`
    #[arg(long, global = true, value_enum, value_name = "human|json", hide_possible_values = true)]
    format: Option<Format>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(Init),
    Validate(Validate),
    Test(Test),
    Authorize(Authorize),
    Explain(Explain),
    Bench(Bench),
    Bundle(Bundle),
    Fmt(Fmt),
    Schema(Schema),
    Demo(Demo),
    Completions(Completions),
}

/// Does what these arguments say, the first of which is the program's name, and gives the status to
/// leave with.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    match Cli::try_parse_from(arguments) {
        Err(error) => usage(&error),
        Ok(cli) => {
            let mut console = Console::new(cli.format);
            let ended = cli.command.run(&mut console);
            console.leave(ended)
        }
    }
}

impl Command {
    fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        if !matches!(self, Self::Test(_)) {
            console.refuse_reports()?;
        }
        match self {
            Self::Init(init) => init.run(console),
            Self::Validate(validate) => validate.run(console),
            Self::Test(test) => test.run(console),
            Self::Authorize(authorize) => authorize.run(console),
            Self::Explain(explain) => explain.run(console),
            Self::Bench(bench) => bench.run(console),
            Self::Bundle(bundle) => bundle.run(console),
            Self::Fmt(fmt) => fmt.run(console),
            Self::Schema(schema) => schema.run(console),
            Self::Demo(demo) => demo.run(console),
            Self::Completions(completions) => completions.run(console),
        }
    }
}

/// Help that was asked for, or arguments that cannot be read.
fn usage(error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        // A reader of the help that is gone has read enough.
        _ = error.print();
        return Exit::Success as u8;
    }
    let text = error.render().to_string();
    let shown = text::escape_lines(&text);
    _ = std::io::Write::write_all(&mut std::io::stderr(), shown.as_bytes());
    Exit::CouldNot as u8
}
