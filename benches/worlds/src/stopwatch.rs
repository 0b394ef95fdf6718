//! How decisions are timed.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::figures::Figures;

/// How long things are measured.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// For each of those that take turns.
    pub budget: Duration,
    /// How long one of them goes on before the next.
    pub turn: Duration,
    /// How many decisions each makes at least, however long they take.
    pub least: usize,
}

/// Something that decides, and the times it took.
pub struct Stopwatch<'a> {
    /// Decides the question at this place.
    decide: Box<dyn FnMut(usize) -> bool + 'a>,
    /// How many questions there are.
    questions: usize,
    next: usize,
    spent: Duration,
    /// Nanoseconds of a decision, of each turn's decisions in a row.
    means: Vec<f64>,
    /// Nanoseconds of decisions that were timed one by one.
    singles: Vec<f64>,
}

/// As many as are kept; more change no percentile that is told.
const SINGLES: usize = 400_000;

impl Pace {
    /// What figures are taken with.
    #[must_use]
    pub fn full() -> Self {
        Self { budget: Duration::from_millis(2_000), turn: Duration::from_millis(20), least: 32 }
    }

    /// Enough to see that everything works.
    #[must_use]
    pub fn quick() -> Self {
        Self { budget: Duration::from_millis(150), turn: Duration::from_millis(10), least: 4 }
    }
}

impl<'a> Stopwatch<'a> {
    /// Times what decides these questions, again and again, in their order.
    pub fn new(questions: usize, decide: impl FnMut(usize) -> bool + 'a) -> Self {
        let (decide, singles) = (Box::new(decide), Vec::new());
        Self {
            decide,
            questions: questions.max(1),
            next: 0,
            spent: Duration::ZERO,
            means: Vec::new(),
            singles,
        }
    }

    /// A turn: a part that is not timed, since others left the processor's caches full of their
    /// own things; a part timed as a whole; and a part timed one by one.
    fn turn(&mut self, length: Duration) {
        let began = Instant::now();
        let part = |of: u32| began.checked_add(length / 10 * of).unwrap_or(began);
        let mut now = began;
        while now < part(1) {
            self.row_of(1);
            now = Instant::now();
        }
        let timed = now;
        let mut decisions = 0_u64;
        // As many in a row as make reading the clock too little to notice.
        let mut row = 1_u64;
        while now < part(6) || decisions == 0 {
            self.row_of(row);
            decisions = decisions.saturating_add(row);
            let after = Instant::now();
            if after.duration_since(now) < Duration::from_micros(50) {
                row = row.saturating_mul(2);
            }
            now = after;
        }
        self.means.push(nanos(now - timed) / decisions as f64);
        // At least one, however long it takes, or what is slower than a turn would never be done.
        loop {
            let before = Instant::now();
            self.row_of(1);
            now = Instant::now();
            if self.singles.len() < SINGLES {
                self.singles.push(nanos(now - before));
            }
            if now >= part(10) {
                break;
            }
        }
        self.spent = self.spent.saturating_add(now - began);
    }

    fn row_of(&mut self, count: u64) {
        for _ in 0..count {
            black_box((self.decide)(black_box(self.next)));
            self.next = self.next.saturating_add(1);
            if self.next == self.questions {
                self.next = 0;
            }
        }
    }

    fn figures(mut self, clock: f64) -> Figures {
        self.singles.sort_unstable_by(f64::total_cmp);
        self.means.sort_unstable_by(f64::total_cmp);
        let timed = self.singles.len();
        let part = |per_mille: usize| {
            let at = timed.saturating_mul(per_mille).div_ceil(1_000).saturating_sub(1);
            self.singles.get(at).map_or(0.0, |nanos| (nanos - clock).max(0.0))
        };
        Figures {
            mean_ns: self.means.get(self.means.len() / 2).copied().unwrap_or_default(),
            p50_ns: part(500),
            p99_ns: (timed >= 100).then(|| part(990)),
            p999_ns: (timed >= 1_000).then(|| part(999)),
            timed,
        }
    }
}

/// Times all of them in turns, so that whatever else goes on meets each; in their order.
#[must_use]
pub fn interleave(mut all: Vec<Stopwatch<'_>>, pace: Pace) -> Vec<Figures> {
    let unfinished =
        |one: &Stopwatch<'_>| one.spent < pace.budget || one.singles.len() < pace.least;
    while all.iter().any(unfinished) {
        all.iter_mut().filter(|one| unfinished(one)).for_each(|one| one.turn(pace.turn));
    }
    let clock = clock();
    all.into_iter().map(|one| one.figures(clock)).collect()
}

/// What two readings of the clock with nothing between them make of it: the median of many.
fn clock() -> f64 {
    let mut all: Vec<f64> = (0..10_001)
        .map(|_| {
            let before = Instant::now();
            nanos(before.elapsed())
        })
        .collect();
    all.sort_unstable_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn all_questions_are_asked_in_turn() {
        let seen = RefCell::new([0_u64; 3]);
        let decide = |at: usize| {
            seen.borrow_mut()[at] += 1;
            true
        };
        let pace = Pace { budget: Duration::from_millis(5), ..Pace::quick() };
        let figures = interleave(vec![Stopwatch::new(3, decide)], pace);
        let seen = seen.borrow();
        assert!(seen.iter().max().unwrap() - seen.iter().min().unwrap() <= 1, "{seen:?}");
        assert!(figures[0].timed >= pace.least, "{figures:?}");
    }

    #[test]
    fn what_takes_longer_than_a_turn_is_done_as_well() {
        let pace = Pace { turn: Duration::from_nanos(1), ..Pace::quick() };
        let pace = Pace { budget: Duration::ZERO, ..pace };
        let figures = interleave(vec![Stopwatch::new(2, |_| true)], pace);
        assert!(figures[0].timed >= pace.least, "{figures:?}");
    }

    #[test]
    fn percentiles_are_told_where_enough_was_timed_and_the_clock_is_taken_off() {
        let told = |count: u32| {
            let mut stopwatch = Stopwatch::new(1, |_| true);
            stopwatch.singles = (1..=count).rev().map(f64::from).collect();
            stopwatch.means = vec![900.0, 25.0, 20.0];
            stopwatch.figures(10.0)
        };
        let figures = told(1_000);
        assert_eq!((figures.mean_ns, figures.p50_ns), (25.0, 490.0));
        assert_eq!((figures.p99_ns, figures.p999_ns), (Some(980.0), Some(989.0)));
        assert_eq!((told(999).p99_ns, told(999).p999_ns), (Some(980.0), None));
        assert_eq!((told(99).p99_ns, told(1).p50_ns), (None, 0.0));
    }
}
