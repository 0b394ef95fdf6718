//! Evaluators, timed in turns.

use std::hint::black_box;
use std::time::{Duration, Instant};

use notegate::Decision;
use serde::Serialize;

use super::progress;
use super::samples::Samples;

/// How long an evaluator is timed before the next has its turn.
const TURN: Duration = Duration::from_millis(20);

/// How long it decides in each turn before it is timed: the one before it left the processor's
/// caches full of other things.
const WARM_UP: Duration = Duration::from_millis(2);

/// An evaluator and the times it took.
pub(super) struct Timed<'a> {
    name: &'static str,
    /// How many decisions are timed together.
    block: u32,
    /// How many different requests are asked.
    sampled: usize,
    /// Decides the next request; never ends.
    decisions: Box<dyn Iterator<Item = Decision> + 'a>,
    samples: Samples,
    spent: Duration,
}

/// What was measured of an evaluator; times are of one decision.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    #[serde(skip)]
    pub(super) name: &'static str,
    pub(super) mean_ns: f64,
    pub(super) p50_ns: f64,
    pub(super) p99_ns: f64,
    pub(super) p999_ns: f64,
    pub(super) decisions: u64,
    pub(super) block: u32,
    pub(super) sampled: usize,
}

impl<'a> Timed<'a> {
    /// Decides each of these again and again, in their order.
    pub(super) fn new<T>(
        name: &'static str,
        block: u32,
        all: &'a [T],
        decide: impl Fn(&T) -> Decision + 'a,
    ) -> Self {
        let decisions = all.iter().cycle().map(move |one| decide(black_box(one)));
        Self {
            name,
            block,
            sampled: all.len(),
            decisions: Box::new(decisions),
            samples: Samples::default(),
            spent: Duration::ZERO,
        }
    }

    fn turn(&mut self) {
        let began = Instant::now();
        while began.elapsed() < WARM_UP {
            black_box(self.decisions.next());
        }
        let warm = Instant::now();
        loop {
            let before = Instant::now();
            for decision in self.decisions.by_ref().take(self.block as usize) {
                black_box(decision);
            }
            let after = Instant::now();
            self.samples.add(after.duration_since(before));
            if after.duration_since(warm) >= TURN {
                self.spent = self.spent.saturating_add(after.duration_since(began));
                return;
            }
        }
    }

    /// The time of reading the clock taken off.
    fn figures(&self, clock: Duration) -> Figures {
        let clock = clock.as_secs_f64() * 1e9;
        let each =
            |nanos: f64| ((nanos - clock).max(0.0) / f64::from(self.block) * 10.0).round() / 10.0;
        let part = |part| each(self.samples.per_mille(part) as f64);
        Figures {
            name: self.name,
            mean_ns: each(self.samples.mean()),
            p50_ns: part(500),
            p99_ns: part(990),
            p999_ns: part(999),
            decisions: self.samples.taken().saturating_mul(u64::from(self.block)),
            block: self.block,
            sampled: self.sampled,
        }
    }
}

/// Times evaluators in turns, so that whatever else goes on meets all of them.
pub(super) fn in_turns(mut all: Vec<Timed<'_>>, budget: Duration, clock: Duration) -> Vec<Figures> {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let each = millis(budget);
    let bar = progress("timing", each.saturating_mul(all.len() as u64));
    while all.iter().any(|one| one.spent < budget) {
        all.iter_mut().filter(|one| one.spent < budget).for_each(Timed::turn);
        bar.set_position(all.iter().map(|one| millis(one.spent).min(each)).sum());
    }
    bar.finish_and_clear();
    all.iter().map(|one| one.figures(clock)).collect()
}

/// What two readings of the clock with nothing between them make of it: the median of many.
pub(super) fn clock() -> Duration {
    let read = |_| {
        let before = Instant::now();
        before.elapsed()
    };
    let mut all: Vec<Duration> = (0..10_001).map(read).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn every_evaluator_is_timed_on_all_that_it_is_given() {
        let (seen, numbers) = (Cell::new(0), [1_u32, 2, 4]);
        let decide = |one: &u32| {
            seen.set(seen.get() | *one);
            Decision::Allow
        };
        let all = vec![
            Timed::new("fast", 8, &numbers, decide),
            Timed::new("slow", 1, &numbers[..1], |_| {
                std::thread::sleep(Duration::from_millis(3));
                Decision::Deny
            }),
        ];
        let figures = in_turns(all, Duration::from_millis(30), clock());
        let shown: Vec<_> = figures.iter().map(|one| (one.name, one.block, one.sampled)).collect();
        assert_eq!((seen.get(), shown), (7, vec![("fast", 8, 3), ("slow", 1, 1)]));
        for one in figures {
            assert!(one.decisions > 0 && one.decisions % u64::from(one.block) == 0, "{one:?}");
            assert!(one.p50_ns <= one.p99_ns && one.p99_ns <= one.p999_ns, "{one:?}");
        }
    }
}
