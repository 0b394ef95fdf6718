//! `notegate bench`

mod asked;
mod samples;
mod timed;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use bumpalo::Bump;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use notegate::adapters::json::{ErrorJson, decision_name};
use notegate::engine::{Evaluator, Prepared, Scratch};
use notegate::model::{Outcome, Timestamp};
use notegate::request::Shape;
use notegate::{Decision, Request, Snapshot};
use serde::Serialize;

use self::asked::Asked;
use self::timed::{Figures, Timed};
use crate::console::Console;
use crate::decide::ErrorArgs;
use crate::failure::{Exit, Failure};
use crate::input::PolicyArgs;
use crate::lines::{self, Line, Lines};
use crate::question;
use crate::text::escape;

/// Decisions that are timed together where one alone is too short for the clock.
const BLOCK: u32 = 8;

/// Measure how long decisions take, by both evaluators
///
/// Decides a file of requests by a bundle, or by any Cedar policies with `--policies`: by the
/// compiled evaluator, by the same with requests prepared beforehand, and by the official
/// authorizer. Their answers are compared first; times of evaluators that do not agree are not
/// taken. A figure is of this machine and this moment; compare ratios.
#[derive(Debug, Args)]
#[command(after_long_help = "What is timed:\n  \
        compiled            a request in borrowed strings, as a program holds it, decided without\n                      \
        being prepared; one that has no such form is decided as a whole request\n  \
        compiled_prepared   the same, with what the request names looked up beforehand; nothing is\n                      \
        gained for a request that brings entities or attributes\n  \
        reference           the official authorizer, which evaluates every policy\n\n\
        A request in borrowed strings is one without entities, and without decimals or durations in\n\
        its context; `borrowed` counts them. `ratio` is the mean against that of compiled.\n\n\
        Reading requests, making records and the swap of bundles are not timed. The evaluators take\n\
        turns of some milliseconds, the first part of a turn not timed, and ask the requests in the\n\
        order of the file, again and again, so what they need is in the processor's caches. Where\n\
        the official authorizer could not ask all of them within its time, it is timed on some,\n\
        evenly spread (`sampled`).\n\n\
        Percentiles:\n  \
        A compiled decision is too short for the clock, so 8 in a row are timed together; a sample\n  \
        is the mean of such a block, and percentiles are of samples (`block`). The official\n  \
        authorizer's decisions are timed one by one. A sample holds one reading of the clock, some\n  \
        tens of nanoseconds in all, and is kept to within half a percent.\n\n\
        The exit status is 1 when a line cannot be read, when there is no request, and when two\n\
        answers differ in decision, determining policies or errors.\n\n\
        Examples:\n  \
        notegate bench my-policies --requests day.jsonl\n  \
        notegate bench my-policies --requests day.jsonl --seconds 10 --format json\n  \
        notegate bench --policies policies.cedar --entities entities.json --requests requests.jsonl")]
pub(crate) struct Bench {
    #[command(flatten)]
    policies: PolicyArgs,

    /// What is asked: a file with one JSON object per line, or `-` for standard input
    #[arg(long, value_name = "FILE|-")]
    requests: PathBuf,

    /// How long each evaluator is timed
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(1..=60)
    )]
    seconds: u64,

    #[command(flatten)]
    errors: ErrorArgs,

    /// The moment at which requests ask that give none, such as 2026-12-01T16:00:00Z
    #[arg(long, value_name = "TIMESTAMP", value_parser = Timestamp::parse)]
    now: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct ReportJson {
    requests: usize,
    agree: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<DifferenceJson>,
    policies: usize,
    entities: usize,
    allowed: usize,
    denied: usize,
    /// How many requests are asked in borrowed strings.
    borrowed: usize,
    debug_build: bool,
    evaluators: BTreeMap<&'static str, Figures>,
}

/// The first request on which two evaluators differ.
#[derive(Debug, Serialize)]
struct DifferenceJson {
    line: usize,
    evaluator: &'static str,
    found: AnswerJson,
    reference: AnswerJson,
}

#[derive(Debug, Serialize)]
struct AnswerJson {
    decision: &'static str,
    reason: Vec<String>,
    errors: Vec<ErrorJson>,
}

/// What comparing the evaluators on each request told.
#[derive(Debug, Default)]
struct Compared {
    allowed: usize,
    denied: usize,
    difference: Option<DifferenceJson>,
    /// How long the official authorizer took for all of them.
    reference: Duration,
}

impl Bench {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let input = self.policies.read(self.errors.mode())?.by(Evaluator::Compiled);
        let snapshot = Snapshot::build(&input.bundle, input.options)?;
        let input = input.by(Evaluator::Reference);
        let official = Snapshot::build(&input.bundle, input.options)?;
        let now = self.now.unwrap_or_else(|| Timestamp::from(SystemTime::now()));
        let numbered = read(&self.requests, &snapshot.shape(Some(now)))?;

        let (arena, scratch) = (Bump::new(), Scratch::default());
        let requests = || numbered.iter().map(|(_, request)| request);
        let asked: Vec<Asked<'_>> =
            requests().map(|one| Asked::new(one, snapshot.limits(), &arena)).collect();
        let prepared: Vec<Prepared<'_>> =
            requests().map(|one| snapshot.prepare(one, &scratch)).collect();

        let compared = Compared::on(&official, &snapshot, &numbered, &asked, &prepared);
        let mut report = ReportJson {
            requests: numbered.len(),
            agree: compared.difference.is_none(),
            policies: snapshot.policies().len(),
            entities: snapshot.entity_count(),
            allowed: compared.allowed,
            denied: compared.denied,
            borrowed: asked.iter().filter(|one| one.is_borrowed()).count(),
            debug_build: cfg!(debug_assertions),
            evaluators: BTreeMap::new(),
            difference: None,
        };
        if report.agree {
            let budget = Duration::from_secs(self.seconds);
            let sample = sample(requests().collect(), compared.reference, budget);
            let figures = timed::in_turns(
                vec![
                    Timed::new("compiled", BLOCK, &asked, |one| one.decision(&snapshot)),
                    Timed::new("compiled_prepared", BLOCK, &prepared, |one| {
                        one.answer().decision()
                    }),
                    Timed::new("reference", 1, &sample, |one| official.evaluate(one).decision),
                ],
                budget,
            );
            report.evaluators = figures.into_iter().map(|one| (one.name, one)).collect();
        }
        report.difference = compared.difference;
        if console.is_json() {
            console.json(&report)?;
        } else {
            report.print(console)?;
        }
        Ok(if report.agree { Exit::Success } else { Exit::CouldNot })
    }
}

/// The requests of a file, each with the number of its line.
fn read(path: &Path, shape: &Shape) -> Result<Vec<(usize, Request)>, Failure> {
    let (input, _) = lines::open(path)?;
    let mut lines = Lines::new(input, shape.limits.request_bytes);
    let (mut requests, mut refused) = (Vec::new(), Vec::new());
    loop {
        let asked = match lines.next(|| Ok(())) {
            Ok(Line::End) => break,
            Ok(line) => question::of_line(&line, shape),
            Err(error) => return Err(lines::unreadable(&error)),
        };
        match asked {
            None => {}
            Some(Ok(request)) => requests.push((lines.number(), request)),
            Some(Err(error)) => refused.push((lines.number(), error)),
        }
    }
    let from = path.to_string_lossy();
    let Some(((number, error), others)) = refused.split_first() else {
        if requests.is_empty() {
            return Err(Failure::new(
                "requests.none",
                format!("`{from}`: there is no request in it"),
            )
            .help("give a file with one request per line, each a JSON object"));
        }
        return Ok(requests);
    };
    let failure = Failure::request(error, &format!("`{from}` line {number}"));
    Err(match others {
        [] => failure,
        others => {
            let others: Vec<_> = others.iter().map(|(number, _)| number.to_string()).collect();
            failure.help(format!("other lines that cannot be read: {}", others.join(", ")))
        }
    })
}

/// All requests, or some of them evenly spread when all would take longer than there is time.
fn sample(requests: Vec<&Request>, taken: Duration, budget: Duration) -> Vec<&Request> {
    let times = taken.as_nanos().div_ceil(budget.as_nanos().max(1));
    let step = usize::try_from(times).unwrap_or(usize::MAX).clamp(1, requests.len().max(1));
    requests.into_iter().step_by(step).collect()
}

impl Compared {
    /// Asks each request of all evaluators, up to the first on which they differ.
    fn on(
        official: &Snapshot,
        snapshot: &Snapshot,
        requests: &[(usize, Request)],
        asked: &[Asked<'_>],
        prepared: &[Prepared<'_>],
    ) -> Self {
        // The official authorizer takes its time where policies are many.
        let length = u64::try_from(requests.len()).ok();
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr_with_hz(5));
        let mut compared = Self::default();
        for ((line, request), (asked, prepared)) in requests.iter().zip(asked.iter().zip(prepared))
        {
            let began = Instant::now();
            let reference = official.evaluate(request);
            compared.reference = compared.reference.saturating_add(began.elapsed());
            let found = [
                ("compiled", asked.outcome(snapshot)),
                ("compiled_prepared", prepared.answer().into_outcome()),
            ];
            compared.add(*line, &reference, &found);
            if compared.difference.is_some() {
                break;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        compared
    }

    /// Takes in the answers to the request of one line.
    fn add(&mut self, line: usize, reference: &Outcome, found: &[(&'static str, Outcome)]) {
        let side = match reference.decision {
            Decision::Allow => &mut self.allowed,
            Decision::Deny => &mut self.denied,
        };
        *side = side.saturating_add(1);
        let differs = |one: &&(&'static str, Outcome)| {
            let Outcome { decision, reason, errors, .. } = &one.1;
            (decision, reason, errors)
                != (&reference.decision, &reference.reason, &reference.errors)
        };
        self.difference = found.iter().find(differs).map(|(evaluator, found)| DifferenceJson {
            line,
            evaluator,
            found: AnswerJson::of(found),
            reference: AnswerJson::of(reference),
        });
    }
}

impl AnswerJson {
    fn of(outcome: &Outcome) -> Self {
        let errors = outcome.errors.iter().map(|error| ErrorJson {
            policy_id: error.policy_id.as_ref().map(ToString::to_string),
            message: error.message.clone(),
        });
        Self {
            decision: decision_name(outcome.decision),
            reason: outcome.reason.iter().map(ToString::to_string).collect(),
            errors: errors.collect(),
        }
    }
}

impl ReportJson {
    fn print(&self, console: &mut Console) -> Result<(), Failure> {
        let Self { requests, policies, entities, allowed, denied, borrowed, .. } = self;
        writeln!(console, "{requests} requests, {policies} policies, {entities} entities")?;
        if let Some(difference) = &self.difference {
            return difference.print(console);
        }
        writeln!(console, "{allowed} allowed, {denied} denied; all evaluators agree on each")?;
        writeln!(console, "{borrowed} are asked in borrowed strings")?;
        let whole = requests.saturating_sub(*borrowed);
        if whole > 0 {
            let why = "for the entities, or the decimals and durations, that they bring";
            writeln!(console, "{whole} are asked as whole requests, {why}")?;
        }
        writeln!(console)?;
        let head = format!(
            "{:17}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>10}",
            "ONE DECISION", "mean", "p50", "p99", "p99.9", "ratio", "decisions"
        );
        writeln!(console, "{}", console.paint.strong(&head))?;
        let compiled = self.evaluators.get("compiled").map(|one| one.mean_ns);
        for one in self.evaluators.values() {
            let [mean, p50, p99, p999] =
                [one.mean_ns, one.p50_ns, one.p99_ns, one.p999_ns].map(time);
            let (name, decisions) = (one.name, one.decisions);
            let ratio = compiled.map(|mean_ns| format!("{:.1} ×", one.mean_ns / mean_ns));
            let ratio = ratio.unwrap_or_default();
            writeln!(
                console,
                "{name:17}  {mean:>9}  {p50:>9}  {p99:>9}  {p999:>9}  {ratio:>9}  {decisions:>10}"
            )?;
        }
        writeln!(console)?;
        for one in self.evaluators.values() {
            let Figures { name, block, sampled, .. } = one;
            if *block > 1 {
                writeln!(console, "{name}: a sample is the mean of {block} decisions in a row")?;
            }
            if sampled < requests {
                writeln!(console, "{name}: slow, so timed on {sampled} of the requests")?;
            }
        }
        if self.debug_build {
            writeln!(console, "this is a debug build, many times slower than a release")?;
        }
        Ok(())
    }
}

impl DifferenceJson {
    fn print(&self, console: &mut Console) -> Result<(), Failure> {
        let word = console.paint.bad("the evaluators do not agree");
        writeln!(console, "{word} on line {}; nothing was timed", self.line)?;
        for (name, answer) in [(self.evaluator, &self.found), ("reference", &self.reference)] {
            let reason = escape(&answer.reason.join(", "));
            writeln!(console, "  {name:17}  {}  {reason}", answer.decision)?;
            for error in &answer.errors {
                let policy = error.policy_id.as_deref().map(|id| format!("{id}: "));
                let text = [policy.as_deref().unwrap_or_default(), &error.message].concat();
                writeln!(console, "    error: {}", escape(&text))?;
            }
        }
        Ok(())
    }
}

fn time(nanos: f64) -> String {
    match nanos {
        _ if nanos < 1e3 => format!("{nanos:.0} ns"),
        _ if nanos < 1e6 => format!("{:.1} µs", nanos / 1e3),
        _ => format!("{:.1} ms", nanos / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use notegate::model::{DecisionError, Obligations, PolicyId};

    use super::*;

    fn outcome(decision: Decision, reason: &[&str], error: Option<&str>) -> Outcome {
        let errors = error.map(|text| DecisionError { policy_id: None, message: text.to_owned() });
        Outcome {
            decision,
            reason: reason.iter().map(PolicyId::new).collect(),
            errors: errors.into_iter().collect(),
            obligations: Obligations::default(),
            message: None,
        }
    }

    #[test]
    fn a_difference_is_one_of_decision_reason_or_errors() {
        let reference = outcome(Decision::Allow, &["a"], None);
        for (other, differs) in [
            (outcome(Decision::Allow, &["a"], None), false),
            (outcome(Decision::Deny, &["a"], None), true),
            (outcome(Decision::Allow, &["b"], None), true),
            (outcome(Decision::Allow, &["a"], Some("overflow")), true),
        ] {
            let mut compared = Compared::default();
            let found = [("compiled", reference.clone()), ("compiled_prepared", other)];
            compared.add(7, &reference, &found);
            let difference = compared.difference.map(|one| (one.line, one.evaluator));
            assert_eq!(difference, differs.then_some((7, "compiled_prepared")));
            assert_eq!((compared.allowed, compared.denied), (1, 0));
        }
    }

    #[test]
    fn a_slow_evaluator_is_timed_on_a_spread_sample() {
        let request = Request::builder(
            "U::\"a\"".parse().unwrap(),
            "Action::\"go\"".parse().unwrap(),
            "R::\"r\"".parse().unwrap(),
        );
        let shape = Shape {
            schema: None,
            validate: false,
            limits: notegate::model::Limits::default(),
            now: None,
            namespace: None,
        };
        let request = request.build(&shape).unwrap();
        let second = Duration::from_secs(1);
        for (taken, kept) in [(0, 10), (1_000, 10), (2_000, 5), (4_900, 2), (900_000, 1)] {
            let kept_of = sample(vec![&request; 10], Duration::from_millis(taken), second);
            assert_eq!(kept_of.len(), kept, "{taken} ms");
        }
    }
}
