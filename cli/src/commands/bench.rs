//! `notegate bench`

mod asked;
mod compared;
mod machine;
mod report;
mod samples;
mod timed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bumpalo::Bump;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use notegate::engine::{Evaluator, Prepared, Scratch};
use notegate::model::Timestamp;
use notegate::request::Shape;
use notegate::{Request, Snapshot};

use self::asked::Asked;
use self::compared::Compared;
use self::machine::Machine;
use self::report::ReportJson;
use self::timed::Timed;
use crate::console::Console;
use crate::decide::ErrorArgs;
use crate::failure::{Exit, Failure};
use crate::input::PolicyArgs;
use crate::lines::{self, Line, Lines};
use crate::question;

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
        authorizer's decisions are timed one by one. What one reading of the clock takes is measured\n  \
        and taken off each sample (`clock_ns`); a sample is kept to within half a percent.\n\n\
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

impl Bench {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let input = self.policies.read(self.errors.mode())?.by(Evaluator::Compiled);
        let loading = progress("loading", 2);
        let snapshot = Snapshot::build(&input.bundle, input.options)?;
        loading.inc(1);
        let input = input.by(Evaluator::Reference);
        let official = Snapshot::build(&input.bundle, input.options)?;
        loading.finish_and_clear();
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
            revision: snapshot.revision().to_string(),
            machine: Machine::here(),
            clock_ns: 0,
            debug_build: cfg!(debug_assertions),
            evaluators: BTreeMap::new(),
            difference: None,
        };
        if report.agree {
            let budget = Duration::from_secs(self.seconds);
            let sample = sample(requests().collect(), compared.reference, budget);
            let all = vec![
                Timed::new("compiled", BLOCK, &asked, |one| one.decision(&snapshot)),
                Timed::new("compiled_prepared", BLOCK, &prepared, |one| one.answer().decision()),
                Timed::new("reference", 1, &sample, |one| official.evaluate(one).decision),
            ];
            let clock = timed::clock();
            report.clock_ns = u64::try_from(clock.as_nanos()).unwrap_or(u64::MAX);
            let figures = timed::in_turns(all, budget, clock).into_iter();
            report.evaluators = figures.map(|one| (one.name, one)).collect();
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

/// How far a part is that may take long, where somebody can see it.
fn progress(what: &'static str, length: u64) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(5);
    let bar = ProgressBar::with_draw_target(Some(length), target).with_message(what);
    // A template that indicatif refuses leaves its own default.
    match ProgressStyle::with_template("{msg} {bar:40} {percent} %, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
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

#[cfg(test)]
mod tests {
    use super::*;

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
