//! `notegate test`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use notegate::Snapshot;
use notegate::engine::{CaseReport, CaseResult, Options};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::console::{Console, Format};
use crate::decide::{EngineArgs, ErrorArgs};
use crate::failure::{Exit, Failure};
use crate::input::{self, LimitArgs};
use crate::keys::TrustArgs;
use crate::text::escape;

/// Run the test cases of a bundle
///
/// Cases are in tests/*.json, with the field names of the stock Cedar command line. A case that
/// fails is shown with what was expected and what came, and with the policies that decided. The
/// summary names the policies that no case ever made determining.
#[derive(Debug, Args)]
#[command(after_help = "Other forms: --format junit, --format tap.\n\
    Exit status: 0 all passed, 3 a case failed, 1 there was no case to run.\n\n\
    Examples:\n  \
    notegate test my-policies\n  \
    notegate test my-policies --filter terminal\n  \
    notegate test my-policies --format junit > report.xml")]
pub(crate) struct Test {
    /// The folder of the bundle, or the file that it was packed to
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    #[command(flatten)]
    trust: TrustArgs,

    /// Run only the cases whose name, or file, contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// List the cases that passed, too
    #[arg(short, long)]
    verbose: bool,

    #[command(flatten)]
    errors: ErrorArgs,

    #[command(flatten)]
    engine: EngineArgs,

    #[command(flatten)]
    limits: LimitArgs,
}

impl Test {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let limits = self.limits.read()?;
        let bundle = input::open(&self.bundle, &self.trust, &limits)?;
        let error_mode = self.errors.mode();
        let evaluator = self.engine.evaluator();
        let options = Options { limits, error_mode, evaluator, ..Options::default() };
        let snapshot = Snapshot::build(&bundle, options)?;
        let report = snapshot.run_cases(&bundle, self.filter.as_deref())?;
        if report.results.is_empty() {
            return Err(self.nothing(&report));
        }
        match console.format() {
            Format::Human => self.human(&report, snapshot.policies().len(), console)?,
            Format::Json => console.json(&report)?,
            Format::Junit => junit(&report, console)?,
            Format::Tap => tap(&report, console)?,
        }
        Ok(if report.failed() == 0 { Exit::Success } else { Exit::Invalid })
    }

    /// A run of nothing must not pass for a run in which all passed.
    fn nothing(&self, report: &CaseReport) -> Failure {
        match &self.filter {
            Some(filter) if report.left_out > 0 => {
                let message = format!("no test case contains `{filter}`");
                Failure::new("tests.none", message)
                    .help(format!("there are {} without the filter", report.left_out))
            }
            _ => Failure::new("tests.none", "there is no test case in it")
                .help("put cases in tests/*.json; `notegate init` writes a bundle that has some"),
        }
    }

    fn human(
        &self,
        report: &CaseReport,
        policies: usize,
        console: &mut Console,
    ) -> Result<(), Failure> {
        let paint = console.paint;
        for result in &report.results {
            let (file, name) = (escape(&result.file), escape(&result.name));
            if result.passed() {
                if self.verbose {
                    writeln!(console, "{}    {file}: {name}", paint.good("ok"))?;
                }
                continue;
            }
            writeln!(console, "{}  {file}: {name}", paint.bad("FAIL"))?;
            for line in reasons(result) {
                writeln!(console, "        {}", escape(&line))?;
            }
        }
        if self.filter.is_none() && !report.undetermined.is_empty() {
            let count = report.undetermined.len();
            writeln!(console, "{count} of {policies} policies were never determining:")?;
            for id in &report.undetermined {
                writeln!(console, "  {}", escape(id.as_ref()))?;
            }
        }
        let failed = report.failed();
        let passed = format!("{} passed", report.results.len().saturating_sub(failed));
        let failed = match failed {
            0 => "0 failed".to_owned(),
            _ => paint.bad(&format!("{failed} failed")),
        };
        let left_out = match report.left_out {
            0 => String::new(),
            count => format!(", {count} left out"),
        };
        Ok(writeln!(console, "{}, {failed}{left_out}", paint.good(&passed))?)
    }
}

/// What a case expected, what came, and which policies decided.
fn reasons(result: &CaseResult) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(result.error.as_ref().map(|error| format!("it cannot be decided: {error}")));
    for one in &result.differences {
        lines.push(format!("{}: expected {}, got {}", one.field, one.expected, one.actual));
    }
    if let Some(outcome) = &result.outcome {
        let ids: Vec<_> = outcome.reason.iter().map(ToString::to_string).collect();
        let ids = if ids.is_empty() { "no policy".to_owned() } else { ids.join(", ") };
        lines.push(format!("decided by {ids}"));
        lines.extend(outcome.errors.iter().map(|error| format!("error: {}", error.message)));
    }
    lines
}

fn junit(report: &CaseReport, console: &mut Console) -> Result<(), Failure> {
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for result in &report.results {
        let file = escape(&result.file);
        let mut status = TestCaseStatus::success();
        if !result.passed() {
            let kind = match result.error {
                Some(_) => NonSuccessKind::Error,
                None => NonSuccessKind::Failure,
            };
            status = TestCaseStatus::non_success(kind);
            let reasons: Vec<_> = reasons(result).iter().map(|line| escape(line)).collect();
            status.set_message(reasons.first().cloned().unwrap_or_default());
            status.set_description(reasons.join("\n"));
        }
        let mut case = TestCase::new(escape(&result.name), status);
        case.set_classname(file.as_str());
        let suite = suites.entry(file.clone()).or_insert_with(|| TestSuite::new(file.as_str()));
        suite.add_test_case(case);
    }
    let mut xml = Report::new("notegate");
    xml.add_test_suites(suites.into_values());
    let text = xml.to_string().map_err(|error| Failure::new("tests.junit", error.to_string()))?;
    Ok(console.write_all(text.as_bytes())?)
}

/// TAP 14; the block below a failure is YAML, of which JSON strings are a part.
fn tap(report: &CaseReport, console: &mut Console) -> Result<(), Failure> {
    writeln!(console, "TAP version 14\n1..{}", report.results.len())?;
    for (at, result) in report.results.iter().enumerate() {
        let word = if result.passed() { "ok" } else { "not ok" };
        let name = escape(&format!("{}: {}", result.file, result.name));
        let name = name.replace('\\', "\\\\").replace('#', "\\#");
        writeln!(console, "{word} {} - {name}", at.saturating_add(1))?;
        if !result.passed() {
            writeln!(console, "  ---\n  reasons:")?;
            for line in reasons(result) {
                write!(console, "    - ")?;
                console.json(&escape(&line))?;
            }
            writeln!(console, "  ...")?;
        }
    }
    Ok(())
}
