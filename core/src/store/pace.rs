//! When a source is asked again.

use std::time::Duration;

use fastrand::Rng;

/// When a source is asked again: spread in time, and more slowly while it fails.
///
/// Thousands of enforcement points that started together drift apart by themselves. While a source
/// fails, each asks it no more often than before, and less with every failure in a row, so a source
/// that comes back meets fewer questions than on a good day. There is no clock in here and no other
/// randomness than the seed's: the same seed gives the same waits.
#[derive(Debug, Clone)]
pub struct Pace {
    interval: Duration,
    longest: Duration,
    failures: u32,
    random: Rng,
}

impl Pace {
    /// A pace of one question per `interval`, and while they fail one per `longest` in the end.
    #[must_use]
    pub fn new(interval: Duration, longest: Duration, seed: u64) -> Self {
        let longest = longest.max(interval);
        Self { interval, longest, failures: 0, random: Rng::with_seed(seed) }
    }

    /// How long to wait after the very first question: anything up to the interval, since many may
    /// have started at one moment.
    pub fn after_start(&mut self) -> Duration {
        self.spread(self.interval, 0, 100)
    }

    /// How long to wait after an answer: the interval, give or take a fifth.
    pub fn after_success(&mut self) -> Duration {
        self.failures = 0;
        self.spread(self.interval, 80, 120)
    }

    /// How long to wait after a failure: on average the interval, doubled with each failure in a row
    /// up to the longest; at least half of that and at most half as long again.
    pub fn after_failure(&mut self) -> Duration {
        let doubled = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.failures = self.failures.saturating_add(1).min(31);
        let wait = self.interval.saturating_mul(doubled).min(self.longest);
        self.spread(wait, 50, 150)
    }

    /// Somewhere between these percentages of a wait.
    fn spread(&mut self, wait: Duration, from: u64, to: u64) -> Duration {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let part = |percent| millis.saturating_mul(percent).checked_div(100).unwrap_or(millis);
        Duration::from_millis(self.random.u64(part(from)..=part(to)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(30);
    const LONGEST: Duration = Duration::from_secs(120);

    fn mean(waits: impl Iterator<Item = Duration>) -> f64 {
        let waits: Vec<f64> = waits.map(|wait| wait.as_secs_f64()).collect();
        waits.iter().sum::<f64>() / f64::from(u32::try_from(waits.len()).unwrap())
    }

    #[test]
    fn waits_are_spread_around_the_interval() {
        let mut pace = Pace::new(INTERVAL, LONGEST, 1);
        let waits: Vec<Duration> = (0..10_000).map(|_| pace.after_success()).collect();
        assert!(waits.iter().all(|wait| (24..=36).contains(&wait.as_secs())));
        assert!((mean(waits.iter().copied()) - 30.0).abs() < 0.2);
        assert!(waits.iter().min().unwrap().as_millis() < 24_100, "the whole range is used");
        assert!(waits.iter().max().unwrap().as_millis() > 35_900, "the whole range is used");
    }

    #[test]
    fn a_failing_source_is_never_asked_more_often_than_a_good_one_and_less_in_the_end() {
        for (row, expected) in [(1, 30.0), (2, 60.0), (3, 120.0), (4, 120.0), (40, 120.0)] {
            let waits = (0..4_000).map(|seed| {
                let mut pace = Pace::new(INTERVAL, LONGEST, seed);
                (1..row).for_each(|_| _ = pace.after_failure());
                pace.after_failure()
            });
            assert!((mean(waits) - expected).abs() < 2.0, "failure {row}");
        }
    }

    #[test]
    fn the_first_answer_after_failures_brings_the_pace_back() {
        let mut pace = Pace::new(INTERVAL, LONGEST, 7);
        (0..9).for_each(|_| _ = pace.after_failure());
        assert!(pace.after_success() <= Duration::from_secs(36));
        assert!(pace.after_failure() <= Duration::from_secs(45));
    }

    /// Requests in each second of a fleet whose store is away for ten minutes, from the first on.
    fn fleet(points: u64, away: std::ops::Range<u64>, seconds: usize) -> Vec<usize> {
        let mut requests = vec![0; seconds];
        for point in 0..points {
            let mut pace = Pace::new(INTERVAL, LONGEST, point);
            let mut now = pace.after_start().as_millis();
            while let Some(count) = requests.get_mut(usize::try_from(now / 1000).unwrap()) {
                *count += 1;
                let is_away = away.contains(&u64::try_from(now / 1000).unwrap());
                let wait = if is_away { pace.after_failure() } else { pace.after_success() };
                now += wait.as_millis();
            }
        }
        requests
    }

    #[test]
    fn a_store_that_comes_back_is_not_stampeded() {
        let requests = fleet(3_000, 600..1_200, 1_800);
        let most = |from: usize, to: usize| *requests[from..to].iter().max().unwrap();
        let normal = most(300, 600);
        assert!(normal < 160, "100 in a second on average, {normal} at most");
        assert!(most(600, 1_200) <= normal + normal / 4, "while it is away");
        assert!(most(1_200, 1_800) <= normal + normal / 4, "after it came back");
        let last_minutes: usize = requests[900..1_200].iter().sum();
        assert!(last_minutes < 300 * 40, "it is asked less than half as often while it is away");
    }

    #[test]
    fn one_seed_gives_one_course() {
        let course = |seed| {
            let mut pace = Pace::new(INTERVAL, LONGEST, seed);
            [pace.after_success(), pace.after_failure(), pace.after_failure()]
        };
        assert_eq!(course(3), course(3));
        assert_ne!(course(3), course(4));
    }

    #[test]
    fn an_interval_without_end_does_not_overflow() {
        let mut pace = Pace::new(Duration::MAX, Duration::MAX, 1);
        assert!(pace.after_failure() > Duration::from_secs(1 << 40));
        assert_eq!(Pace::new(Duration::ZERO, Duration::ZERO, 1).after_success(), Duration::ZERO);
    }
}
