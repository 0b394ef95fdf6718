//! `notegate validate`

use std::io::Write as _;

use clap::Args;
use notegate::engine::{BundleReport, ErrorMode};
use notegate::model::Severity;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::input::PolicyArgs;
use crate::text::escape;

/// Check a bundle: syntax, schema, ids, limits, and what is likely not meant
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        notegate validate my-policies\n  \
        notegate validate my-policies --deny-warnings\n  \
        notegate validate --policies policies.cedar --schema schema.cedarschema --format json")]
pub(crate) struct Validate {
    #[command(flatten)]
    policies: PolicyArgs,

    /// Take warnings for errors
    #[arg(long)]
    deny_warnings: bool,
}

/// What was found, and what it means for whoever called.
struct Found {
    report: BundleReport,
    exit: Exit,
}

impl Validate {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let mut found = match self.check() {
            Ok(report) => Found { report, exit: Exit::Success },
            Err(failure) => match &failure {
                Failure::Load(error) => {
                    Found { report: BundleReport::refused(error), exit: failure.exit() }
                }
                Failure::Other(_) | Failure::Output(_) => return Err(failure),
            },
        };
        let warned = found.report.count(Severity::Warning) > 0;
        if warned && self.deny_warnings && found.exit == Exit::Success {
            (found.report.valid, found.exit) = (false, Exit::Invalid);
        }
        if console.is_json() {
            console.json(&found.report)?;
        } else {
            found.human(console)?
        }
        Ok(found.exit)
    }

    fn check(&self) -> Result<BundleReport, Failure> {
        let input = self.policies.read(ErrorMode::Deny)?;
        Ok(BundleReport::of(&input.bundle, input.options)?)
    }
}

impl Found {
    fn human(&self, console: &mut Console) -> Result<(), Failure> {
        console.problems(&self.report.problems);
        for name in &self.report.ignored {
            console.note(&format!("note: `{}` is no part of the bundle", escape(name)));
        }
        let warnings = self.report.count(Severity::Warning);
        let warned = match warnings {
            0 => String::new(),
            1 => ", 1 warning".to_owned(),
            more => format!(", {more} warnings"),
        };
        match &self.report.revision {
            Some(revision) => {
                let word = match self.exit {
                    Exit::Success => console.paint.good("valid"),
                    _ => console.paint.bad("invalid"),
                };
                let (policies, entities) = (self.report.policies, self.report.entities);
                writeln!(console, "{word}: {policies} policies, {entities} entities{warned}")?;
                writeln!(console, "{revision}")?;
            }
            None => {
                let word = console.paint.bad("invalid");
                let errors = self.report.count(Severity::Error);
                let plural = if errors == 1 { "" } else { "s" };
                writeln!(console, "{word}: {errors} error{plural}{warned}")?;
            }
        }
        Ok(())
    }
}
