//! `notegate validate`

use std::io::Write as _;

use clap::Args;
use notegate::Snapshot;
use notegate::engine::{ErrorMode, lint};
use notegate::model::{Problem, Severity};
use serde::Serialize;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::input::PolicyArgs;
use crate::report::ProblemJson;
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

#[derive(Serialize)]
struct ReportJson {
    valid: bool,
    revision: Option<String>,
    policies: usize,
    entities: usize,
    problems: Vec<ProblemJson>,
    ignored: Vec<String>,
}

/// What was found.
struct Report {
    revision: Option<String>,
    policies: usize,
    entities: usize,
    problems: Vec<Problem>,
    ignored: Vec<String>,
    exit: Exit,
}

impl Validate {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let mut report = match self.check() {
            Ok(report) => report,
            Err(failure @ Failure::Load(_)) => Report::refused(&failure),
            Err(failure) => return Err(failure),
        };
        let warned = report.count(Severity::Warning) > 0;
        if warned && self.deny_warnings && report.exit == Exit::Success {
            report.exit = Exit::Invalid;
        }
        if console.is_json() {
            report.json(console)?
        } else {
            report.human(console)?
        }
        Ok(report.exit)
    }

    fn check(&self) -> Result<Report, Failure> {
        let input = self.policies.read(ErrorMode::Deny)?;
        let snapshot = Snapshot::build(&input.bundle, input.options)?;
        let mut problems = snapshot.warnings().to_vec();
        problems.extend(lint(&snapshot, &input.bundle));
        Ok(Report {
            revision: Some(snapshot.revision().to_string()),
            policies: snapshot.policies().len(),
            entities: snapshot.entity_count(),
            problems,
            ignored: input.bundle.ignored().to_vec(),
            exit: Exit::Success,
        })
    }
}

impl Report {
    fn refused(failure: &Failure) -> Self {
        let problems = match failure {
            Failure::Load(error) => error.problems().to_vec(),
            Failure::Other(_) | Failure::Output(_) => Vec::new(),
        };
        let (revision, ignored, exit) = (None, Vec::new(), failure.exit());
        Self { revision, policies: 0, entities: 0, problems, ignored, exit }
    }

    fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }

    fn json(&self, console: &mut Console) -> Result<(), Failure> {
        console.json(&ReportJson {
            valid: self.exit == Exit::Success,
            revision: self.revision.clone(),
            policies: self.policies,
            entities: self.entities,
            problems: self.problems.iter().map(ProblemJson::of).collect(),
            ignored: self.ignored.clone(),
        })
    }

    fn human(&self, console: &mut Console) -> Result<(), Failure> {
        console.problems(&self.problems);
        for name in &self.ignored {
            console.note(&format!("note: `{}` is no part of the bundle", escape(name)));
        }
        let warnings = self.count(Severity::Warning);
        let warned = match warnings {
            0 => String::new(),
            1 => ", 1 warning".to_owned(),
            more => format!(", {more} warnings"),
        };
        match &self.revision {
            Some(revision) => {
                let word = match self.exit {
                    Exit::Success => console.paint.good("valid"),
                    _ => console.paint.bad("invalid"),
                };
                let (policies, entities) = (self.policies, self.entities);
                writeln!(console, "{word}: {policies} policies, {entities} entities{warned}")?;
                writeln!(console, "{revision}")?;
            }
            None => {
                let word = console.paint.bad("invalid");
                let errors = self.count(Severity::Error);
                let plural = if errors == 1 { "" } else { "s" };
                writeln!(console, "{word}: {errors} error{plural}{warned}")?;
            }
        }
        Ok(())
    }
}
