//! `notegate explain`

use std::io::Write as _;

use clap::Args;
use notegate::Snapshot;
use notegate::engine::{Candidate, ClauseKind, Explanation, Status};
use notegate::model::{Place, Span};

use crate::console::Console;
use crate::decide::{DecideArgs, EngineArgs};
use crate::failure::{Exit, Failure};
use crate::input::PolicyArgs;
use crate::question::RequestArgs;
use crate::report;
use crate::text::escape;

/// Say why a request is allowed or denied, policy by policy
///
/// Shows every policy whose scope matches the request: its effect, whether its conditions hold, and
/// for those that do not, which clause was false or could not be evaluated, and on what values. The
/// exit status is that of the decision.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        notegate explain my-policies -l 'User::\"ada\"' -a terminal:open -r 'Terminal::\"ada//1\"'\n  \
        notegate explain my-policies --request request.json --format json")]
pub(crate) struct Explain {
    #[command(flatten)]
    policies: PolicyArgs,

    #[command(flatten)]
    request: RequestArgs,

    #[command(flatten)]
    deciding: DecideArgs,

    #[command(flatten)]
    engine: EngineArgs,
}

impl Explain {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        if !self.request.is_given() {
            return Err(Failure::new("request.missing", "there is no request to explain")
                .help("give --principal, --action and --resource, or --request"));
        }
        let input = self.policies.read(self.deciding.error_mode())?.by(self.engine.evaluator());
        let snapshot = Snapshot::build(&input.bundle, input.options)?;
        let request = self.request.read(&snapshot.shape(Some(self.deciding.now())))?;
        let explanation = snapshot.explain(&request);
        if console.is_json() {
            console.json(&explanation)?;
        } else {
            print(&explanation, console)?;
        }
        Ok(if explanation.decision == "allow" { Exit::Success } else { Exit::Deny })
    }
}

fn print(explanation: &Explanation, console: &mut Console) -> Result<(), Failure> {
    let paint = console.paint;
    let decision = match explanation.decision {
        "allow" => paint.good("ALLOW"),
        _ => paint.bad("DENY"),
    };
    let reason = match explanation.reason.as_slice() {
        [] if explanation.errors.is_empty() => "because no policy permits it".to_owned(),
        [] => "because of an error".to_owned(),
        ids => format!("because of {}", escape(&ids.join(", "))),
    };
    writeln!(console, "{decision} {reason}")?;
    for line in explanation.message.iter().flat_map(|message| message.lines()) {
        writeln!(console, "  {}", escape(line))?;
    }
    for error in &explanation.errors {
        let policy = error.policy_id.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
        writeln!(console, "  error: {}", escape(&format!("{policy}{}", error.message)))?;
    }
    for candidate in &explanation.candidates {
        writeln!(console)?;
        self::candidate(candidate, console)?;
    }
    if !explanation.near_misses.is_empty() {
        writeln!(console, "\nPermits that missed by one part of their scope:")?;
        for miss in &explanation.near_misses {
            let (id, asks, found) = (paint.strong(&miss.id), &miss.asks_for, &miss.found);
            writeln!(console, "  {id}  {}", paint.faint(&at(&miss.place)))?;
            let (asks, found) = (escape(asks), escape(found));
            writeln!(console, "    it asks for {asks}; the {} is {found}", miss.part)?;
        }
        let more = explanation.near_miss_count.saturating_sub(explanation.near_misses.len());
        if more > 0 {
            writeln!(console, "  and {more} more")?;
        }
    }
    let others = explanation.others.saturating_sub(explanation.near_miss_count);
    let plural = if others == 1 { "y is" } else { "ies are" };
    Ok(writeln!(console, "\n{others} other polic{plural} about something else.")?)
}

fn candidate(candidate: &Candidate, console: &mut Console) -> Result<(), Failure> {
    let paint = console.paint;
    let status = match (candidate.status, candidate.effect) {
        (Status::Satisfied, "permit") => paint.good("matched"),
        (Status::Satisfied, _) => paint.bad("matched"),
        (Status::NotSatisfied, _) => paint.faint("not matched"),
        (Status::Errored, _) => paint.bad("error"),
    };
    let (id, place) = (paint.strong(&candidate.id), paint.faint(&at(&candidate.place)));
    writeln!(console, "{} {id}: {status}  {place}", candidate.effect)?;
    let Some(clause) = &candidate.clause else { return Ok(()) };
    let kind = match clause.kind {
        ClauseKind::When => "when",
        ClauseKind::Unless => "unless",
    };
    match (&clause.error, clause.kind) {
        (Some(error), _) => writeln!(console, "  its `{kind}` has an error: {}", escape(error))?,
        (None, ClauseKind::When) => writeln!(console, "  its `when` is false")?,
        (None, ClauseKind::Unless) => writeln!(console, "  its `unless` is true")?,
    }
    let mut spans: Vec<Span> = Vec::new();
    for deciding in &clause.deciding {
        if let Some(span) = &deciding.span {
            spans.push(Span { label: Some(deciding.value.clone()), ..span.clone() });
        }
    }
    if spans.is_empty() {
        spans.extend(clause.span.clone());
    }
    let place = Place { spans, ..candidate.place.clone() };
    match report::underline(&place, paint) {
        Some(shown) => writeln!(console, "{shown}")?,
        None => writeln!(console, "  {kind} {{ {} }}", escape(&clause.text))?,
    }
    for deciding in &clause.deciding {
        let (text, value) = (escape(&deciding.text), escape(&deciding.value));
        writeln!(console, "  `{text}` is {value}")?;
        for operand in &deciding.operands {
            let (text, value) = (escape(&operand.text), escape(&operand.value));
            writeln!(console, "    `{text}` is {value}")?;
        }
    }
    Ok(())
}

fn at(place: &Place) -> String {
    match place.line_and_column() {
        Some((line, _)) => format!("{}:{line}", place.file),
        None => place.file.to_string(),
    }
}
