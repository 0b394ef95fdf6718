//! What `bench` tells.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde::Serialize;

use super::compared::DifferenceJson;
use super::machine::Machine;
use super::timed::Figures;
use crate::console::Console;
use crate::failure::Failure;

/// What `bench` tells.
#[derive(Debug, Serialize)]
pub(super) struct ReportJson {
    pub(super) requests: usize,
    pub(super) agree: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) difference: Option<DifferenceJson>,
    pub(super) policies: usize,
    pub(super) entities: usize,
    pub(super) allowed: usize,
    pub(super) denied: usize,
    /// How many requests are asked in borrowed strings.
    pub(super) borrowed: usize,
    /// What names the policies and entities.
    pub(super) revision: String,
    pub(super) machine: Machine,
    /// What reading the clock takes, which is taken off every sample.
    pub(super) clock_ns: u64,
    pub(super) debug_build: bool,
    pub(super) evaluators: BTreeMap<&'static str, Figures>,
}

impl ReportJson {
    pub(super) fn print(&self, console: &mut Console) -> Result<(), Failure> {
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
        self.machine.print(console)?;
        writeln!(console, "revision {}", self.revision)?;
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
            let Figures { name, block, sampled, decisions, .. } = one;
            if *block > 1 {
                writeln!(console, "{name}: a sample is the mean of {block} decisions in a row")?;
            }
            if sampled < requests {
                writeln!(console, "{name}: slow, so timed on {sampled} of the requests")?;
            }
            let samples = decisions / u64::from((*block).max(1));
            if samples < 1_000 {
                writeln!(console, "{name}: of {samples} samples, p99.9 is the longest")?;
            }
        }
        let clock = time(self.clock_ns as f64);
        writeln!(console, "reading the clock takes {clock}, which is taken off each sample")?;
        if self.debug_build {
            writeln!(console, "this is a debug build, many times slower than a release")?;
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
