//! Where a command's words go: data on standard output, everything else on standard error.

use std::env;
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

use clap::ValueEnum;
use notegate::model::Problem;
use serde::Serialize;

use crate::failure::{Exit, Failure, Trouble};
use crate::report;
use crate::text::{escape, escape_lines};

/// The form of a command's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// For programs
    Json,
    /// `test` only: a JUnit report
    #[value(hide = true)]
    Junit,
    /// `test` only: the Test Anything Protocol
    #[value(hide = true)]
    Tap,
}

/// Where a command's words go.
pub(crate) struct Console {
    format: Option<Format>,
    out: BufWriter<Stdout>,
    /// How data is painted.
    pub(crate) paint: Paint,
    errors: Paint,
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) on: bool,
}

#[derive(Serialize)]
struct ErrorOutput<'a> {
    error: ErrorJson<'a>,
}

/// What could not be done, as JSON.
#[derive(Serialize)]
pub(crate) struct ErrorJson<'a> {
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    pub(crate) help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) problems: Vec<Problem>,
}

impl Console {
    pub(crate) fn new(format: Option<Format>) -> Self {
        let wanted = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && env::var_os("TERM").is_none_or(|term| term != "dumb");
        let paint = Paint { on: wanted && io::stdout().is_terminal() };
        let errors = Paint { on: wanted && io::stderr().is_terminal() };
        Self { format, out: BufWriter::new(io::stdout()), paint, errors }
    }

    /// The form that was asked for; `None` when none was.
    pub(crate) fn asked(&self) -> Option<Format> {
        self.format
    }

    /// The form of the output: for people when none was asked for.
    pub(crate) fn format(&self) -> Format {
        self.format.unwrap_or(Format::Human)
    }

    /// Whether the output is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.format() == Format::Json
    }

    /// Refuses the forms that only `test` writes.
    pub(crate) fn refuse_reports(&self) -> Result<(), Failure> {
        match self.format() {
            Format::Human | Format::Json => Ok(()),
            Format::Junit | Format::Tap => {
                Err(Failure::new("usage.format", "this command does not write test reports")
                    .help("use `--format human` or `--format json`"))
            }
        }
    }

    /// One value as one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.out, value).map_err(io::Error::from)?;
        Ok(writeln!(self.out)?)
    }

    /// A remark that is no data.
    pub(crate) fn note(&self, text: &str) {
        self.say(&escape_lines(text));
    }

    /// Problems, each with its place underlined.
    pub(crate) fn problems(&self, problems: &[Problem]) {
        const SHOWN: usize = 50;
        for problem in problems.iter().take(SHOWN) {
            self.say(&format!("{}\n", report::render(problem, self.errors).trim_end()));
        }
        if let Some(more) = problems.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            self.say(&format!("and {more} more"));
        }
    }

    /// Says what went wrong, and gives the status to leave with.
    pub(crate) fn leave(mut self, ended: Result<Exit, Failure>) -> u8 {
        let ended = ended.and_then(|exit| {
            self.out.flush()?;
            Ok(exit)
        });
        let exit = ended.unwrap_or_else(|failure| {
            // What was written before is data still.
            _ = self.out.flush();
            self.failure(&failure);
            failure.exit()
        });
        exit as u8
    }

    /// Says what went wrong.
    pub(crate) fn failure(&self, failure: &Failure) {
        match failure {
            // A reader that has seen enough is not an error to talk about.
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Failure::Output(error) => {
                self.trouble(&Trouble {
                    code: "output.failed",
                    message: format!("standard output: {error}"),
                    help: None,
                });
            }
            Failure::Other(trouble) => self.trouble(trouble),
            Failure::Load(error) if self.is_json() => {
                let first = error.problems().first();
                self.error_json(ErrorJson {
                    code: first.map_or("load", |problem| problem.code),
                    message: &error.to_string(),
                    help: first.and_then(|problem| problem.help.as_deref()),
                    line: None,
                    problems: error.problems().to_vec(),
                });
            }
            Failure::Load(error) => self.problems(error.problems()),
        }
    }

    fn trouble(&self, trouble: &Trouble) {
        let help = trouble.help.as_deref();
        if self.is_json() {
            let (code, message) = (trouble.code, trouble.message.as_str());
            self.error_json(ErrorJson { code, message, help, line: None, problems: Vec::new() });
        } else {
            let problem = Problem::error(trouble.code, trouble.message.as_str());
            let problem = help.map_or(problem.clone(), |help| problem.help(help));
            self.problems(&[problem]);
        }
    }

    fn error_json(&self, error: ErrorJson<'_>) {
        if let Ok(line) = serde_json::to_string(&ErrorOutput { error }) {
            self.say(&line);
        }
    }

    fn say(&self, text: &str) {
        // Nobody is left to tell when standard error is gone.
        _ = writeln!(io::stderr(), "{text}");
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Paint {
    pub(crate) fn good(self, text: &str) -> String {
        self.with("32;1", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.with("31;1", text)
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    /// Text of others is escaped before it is painted.
    fn with(self, code: &str, text: &str) -> String {
        let text = escape(text);
        if self.on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text }
    }
}
