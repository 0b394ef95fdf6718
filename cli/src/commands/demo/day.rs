//! A day of requests: decided, sampled, counted and timed.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Write as _;
use std::time::Duration;

use notegate::adapters::json::RequestJson;
use notegate::model::EntityUid;
use notegate::{Pdp, Request, Response};
use serde::Serialize;

use crate::commands::authorize;
use crate::console::Console;
use crate::failure::Failure;
use crate::packs::DAY_FILE;
use crate::text::escape;

/// Rows of each decision in the sample.
const ROWS: usize = 16;

/// A day of requests, decided.
pub(super) struct Day {
    pub(super) requests: Vec<Request>,
    responses: Vec<Response>,
}

#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(super) struct Count {
    allow: usize,
    deny: usize,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Latency {
    decisions: usize,
    mean_ns: u64,
    p50_ns: u64,
    p99_ns: u64,
}

impl Day {
    pub(super) fn decide(pdp: &Pdp, lines: &str) -> Result<Self, Failure> {
        let mut requests = Vec::new();
        for (at, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let request = RequestJson::read(line, &pdp.shape());
            requests.push(request.map_err(|error| {
                Failure::request(&error, &format!("{DAY_FILE} line {}", at.saturating_add(1)))
            })?);
        }
        let responses = requests.iter().map(|request| pdp.authorize(request)).collect();
        Ok(Self { requests, responses })
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&Request, &Response)> {
        self.requests.iter().zip(&self.responses)
    }

    pub(super) fn totals(&self) -> BTreeMap<String, Count> {
        let mut totals: BTreeMap<String, Count> = BTreeMap::new();
        for (request, response) in self.pairs() {
            let count = totals.entry(request.action().id().unescaped().to_owned()).or_default();
            let side = if response.allowed() { &mut count.allow } else { &mut count.deny };
            *side = side.saturating_add(1);
        }
        totals
    }

    pub(super) fn latency(&self) -> Latency {
        let mut taken: Vec<Duration> = self.responses.iter().map(Response::time_taken).collect();
        taken.sort_unstable();
        let nanos = |taken: Duration| u64::try_from(taken.as_nanos()).unwrap_or(u64::MAX);
        let at = |percent: usize| {
            let at = taken.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
            taken.get(at).copied().map(nanos).unwrap_or_default()
        };
        let count = u32::try_from(taken.len().max(1)).unwrap_or(u32::MAX);
        let mean = taken.iter().sum::<Duration>().checked_div(count).unwrap_or_default();
        Latency { decisions: taken.len(), mean_ns: nanos(mean), p50_ns: at(50), p99_ns: at(99) }
    }

    /// Rows spread over all the ways in which requests were allowed, and denied.
    pub(super) fn sample(&self, console: &mut Console) -> Result<(), Failure> {
        for allowed in [true, false] {
            writeln!(console)?;
            let mut seen = HashSet::new();
            let mut ways: Vec<_> =
                self.pairs().filter(|(_, response)| response.allowed() == allowed).collect();
            ways.retain(|(request, response)| {
                let reason = response.reason().iter().map(ToString::to_string);
                let action = request.action().to_string();
                seen.insert(reason.chain([action]).collect::<Vec<_>>())
            });
            let step = ways.len().div_ceil(ROWS).max(1);
            for (request, response) in ways.into_iter().step_by(step) {
                row(request, response, console)?;
            }
        }
        Ok(())
    }

    pub(super) fn print_totals(&self, console: &mut Console) -> Result<(), Failure> {
        let totals = self.totals();
        let width = totals.keys().map(String::len).max().unwrap_or_default();
        let head = format!("{:width$}  {:>5}  {:>5}", "ACTION", "ALLOW", "DENY");
        writeln!(console, "\n{}", console.paint.strong(&head))?;
        let mut sum = Count::default();
        for (action, Count { allow, deny }) in totals {
            sum.allow = sum.allow.saturating_add(allow);
            sum.deny = sum.deny.saturating_add(deny);
            writeln!(console, "{:width$}  {allow:>5}  {deny:>5}", escape(&action))?;
        }
        Ok(writeln!(console, "{:width$}  {:>5}  {:>5}", "all", sum.allow, sum.deny)?)
    }

    pub(super) fn print_latency(&self, console: &mut Console) -> Result<(), Failure> {
        let Latency { decisions, mean_ns, p50_ns, p99_ns } = self.latency();
        let shown = |nanos: u64| format!("{:.1?}", Duration::from_nanos(nanos));
        let (mean, p50, p99) = (shown(mean_ns), shown(p50_ns), shown(p99_ns));
        let build = if cfg!(debug_assertions) { ", by a debug build" } else { "" };
        Ok(writeln!(
            console,
            "\nTime for one decision, measured on this machine in this run{build}: mean {mean}, \
             p50 {p50}, p99 {p99} ({decisions} decisions)."
        )?)
    }
}

fn row(request: &Request, response: &Response, console: &mut Console) -> Result<(), Failure> {
    let decision = authorize::shown(response.decision(), console);
    let gap = if response.allowed() { "" } else { " " };
    let (principal, resource) = (short(request.principal(), 26), short(request.resource(), 36));
    let action = cut(request.action().id().unescaped(), 20);
    let ids: BTreeSet<_> = response.reason().iter().map(ToString::to_string).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let reason = if ids.is_empty() { "no policy permits it".to_owned() } else { ids.join(", ") };
    let reason = escape(&reason);
    writeln!(console, "{decision}{gap}  {principal:26}  {action:20}  {resource:36}  {reason}")?;
    for line in response.message().into_iter().flat_map(str::lines) {
        let line = console.paint.faint(line);
        writeln!(console, "       {line}")?;
    }
    Ok(())
}

/// A uid without the namespace that all of them share.
fn short(uid: &EntityUid, width: usize) -> String {
    cut(&format!("{} {}", uid.type_name().basename(), uid.id().unescaped()), width)
}

fn cut(text: &str, width: usize) -> String {
    let text = escape(text);
    if text.chars().count() <= width {
        return text;
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}
