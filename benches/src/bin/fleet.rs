//! A fleet of enforcement points that poll one store, simulated event by event.
//!
//! The waits are those of the library itself, [`notegate::store::Pace`]; the store, the network and
//! the clock are simulated, so ten thousand points and an hour of theirs take a second of ours, and
//! the same seed gives the same figures.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use notegate::store::Pace;
use notegate_worlds::SEED;

const POINTS: u64 = 10_000;
/// A delivery of a thousand policies and ten thousand entities is about so large.
const BUNDLE: u64 = 2 << 20;
/// A conditional request over HTTP/1.1, and an answer of "unchanged" or of "not now".
const REQUEST: u64 = 400;
const ANSWER: u64 = 250;
/// So many answers of "unchanged" are believed in a row.
const BELIEVED: u64 = 2_880;
/// Long enough for every point to have found its own time.
const SETTLED: u64 = 600_000;
const OUTAGE: u64 = 600_000;

/// How a point paces itself.
#[derive(Clone, Copy)]
enum Manner {
    /// As the library does.
    Paced,
    /// As a loop with a sleep in it does: always the same wait, and a second after a failure.
    Naive,
}

/// What happens to the store, in milliseconds.
#[derive(Clone, Copy)]
struct Story {
    interval: Duration,
    manner: Manner,
    /// When another revision is published.
    published: u64,
    /// When the store goes and when it comes back.
    away: Option<(u64, u64)>,
}

/// What was seen from `from` on.
struct Seen {
    /// Requests in each second.
    requests: Vec<u64>,
    /// Bytes in each second, both ways.
    bytes: Vec<u64>,
    /// When each point had the new revision.
    updated: Vec<u64>,
}

fn main() {
    println!("{POINTS} enforcement points, bundle of {BUNDLE} bytes, seed {SEED}\n");
    println!("A revision is published to a settled fleet:");
    println!(
        "{:>9} {:>11} {:>11} {:>10} {:>12} {:>9} {:>9} {:>9}",
        "interval", "requests/s", "most in 1 s", "idle MB/s", "most MB/s", "half", "99.9 %", "all"
    );
    for seconds in [5, 10, 30, 60] {
        let interval = Duration::from_secs(seconds);
        let story = Story { interval, manner: Manner::Paced, published: SETTLED, away: None };
        let seen = story.run();
        let idle = Story { published: u64::MAX, ..story }.run();
        println!(
            "{:>7} s {:>11.0} {:>11} {:>10.2} {:>12.0} {:>9} {:>9} {:>9}",
            seconds,
            idle.rate(60, 540),
            idle.most(60, 540),
            idle.megabytes(60, 540),
            seen.most_megabytes(600, 900),
            seconds_text(seen.share(500) - SETTLED),
            seconds_text(seen.share(999) - SETTLED),
            seconds_text(seen.share(1000) - SETTLED),
        );
    }

    println!("\nThe store is away for ten minutes, and comes back with another revision:");
    println!(
        "{:>9} {:>8} {:>12} {:>12} {:>12} {:>12} {:>12} {:>9} {:>9}",
        "interval",
        "manner",
        "before",
        "while away",
        "most in 1 s",
        "most in 1 s",
        "most MB/s",
        "99.9 %",
        "all"
    );
    println!(
        "{:>9} {:>8} {:>12} {:>12} {:>12} {:>12} {:>12} {:>9} {:>9}",
        "", "", "requests/s", "requests/s", "while away", "after", "after", "after", "after"
    );
    for seconds in [5, 10, 30, 60] {
        for (manner, name) in [(Manner::Paced, "paced"), (Manner::Naive, "naive")] {
            let interval = Duration::from_secs(seconds);
            let back = SETTLED + OUTAGE;
            let story = Story { interval, manner, published: back, away: Some((SETTLED, back)) };
            let seen = story.run();
            let (gone, again) = (SETTLED / 1000, back / 1000);
            println!(
                "{:>7} s {:>8} {:>12.0} {:>12.0} {:>12} {:>12} {:>12.0} {:>9} {:>9}",
                seconds,
                name,
                seen.rate(gone - 300, gone),
                seen.rate(gone + 60, again),
                seen.most(gone + 60, again),
                seen.most(again, again + 300),
                seen.most_megabytes(again, again + 300),
                seconds_text(seen.share(999) - back),
                seconds_text(seen.share(1000) - back),
            );
        }
    }
}

impl Story {
    /// Plays the story, until ten minutes after the last thing happened.
    fn run(&self) -> Seen {
        let end = self.away.map_or(SETTLED, |(_, back)| back) + 600_000;
        let mut paces: Vec<Pace> = (0..POINTS).map(|point| self.pace(point)).collect();
        let mut queue: BinaryHeap<Reverse<(u64, usize)>> = paces
            .iter_mut()
            .enumerate()
            .map(|(point, pace)| Reverse((self.first(pace), point)))
            .collect();
        let mut has = vec![false; paces.len()];
        let mut seen = Seen {
            requests: vec![0; seconds(end)],
            bytes: vec![0; seconds(end)],
            updated: vec![u64::MAX; paces.len()],
        };
        while let Some(Reverse((now, point))) = queue.pop() {
            if now >= end {
                break;
            }
            let is_away = self.away.is_some_and(|(from, to)| (from..to).contains(&now));
            let (Some(pace), Some(has)) = (paces.get_mut(point), has.get_mut(point)) else {
                continue;
            };
            // Now and then the whole is read although nothing changed: so much for each request.
            let mut bytes = REQUEST + ANSWER + BUNDLE / BELIEVED;
            if !is_away && now >= self.published && !*has {
                *has = true;
                bytes += BUNDLE;
                if let Some(updated) = seen.updated.get_mut(point) {
                    *updated = now;
                }
            }
            seen.count(seconds(now), bytes);
            queue.push(Reverse((now + self.wait(pace, is_away), point)));
        }
        seen
    }

    fn pace(&self, point: u64) -> Pace {
        Pace::new(self.interval, self.interval * 4, SEED.wrapping_add(point))
    }

    /// All points start at one moment, as after a rollout.
    fn first(&self, pace: &mut Pace) -> u64 {
        match self.manner {
            Manner::Paced => millis(pace.after_start()),
            Manner::Naive => millis(self.interval),
        }
    }

    fn wait(&self, pace: &mut Pace, failed: bool) -> u64 {
        // A store that is away refuses at once: the worst case for what it is asked meanwhile.
        match (self.manner, failed) {
            (Manner::Paced, true) => millis(pace.after_failure()),
            (Manner::Paced, false) => millis(pace.after_success()),
            (Manner::Naive, true) => 1_000,
            (Manner::Naive, false) => millis(self.interval),
        }
    }
}

impl Seen {
    fn count(&mut self, second: usize, bytes: u64) {
        for (counts, more) in [(&mut self.requests, 1), (&mut self.bytes, bytes)] {
            if let Some(count) = counts.get_mut(second) {
                *count += more;
            }
        }
    }

    /// Requests in a second, on average between these seconds.
    fn rate(&self, from: u64, to: u64) -> f64 {
        let counted: u64 = between(&self.requests, from, to).sum();
        counted as f64 / (to - from) as f64
    }

    /// Requests in the busiest of these seconds.
    fn most(&self, from: u64, to: u64) -> u64 {
        between(&self.requests, from, to).max().unwrap_or_default()
    }

    /// Megabytes a second, on average between these seconds.
    fn megabytes(&self, from: u64, to: u64) -> f64 {
        let counted: u64 = between(&self.bytes, from, to).sum();
        counted as f64 / (to - from) as f64 / 1e6
    }

    /// Megabytes in the busiest of these seconds.
    fn most_megabytes(&self, from: u64, to: u64) -> f64 {
        between(&self.bytes, from, to).max().unwrap_or_default() as f64 / 1e6
    }

    /// When so many in a thousand had the new revision.
    fn share(&self, in_a_thousand: usize) -> u64 {
        let mut updated = self.updated.clone();
        updated.sort_unstable();
        let last = (updated.len() * in_a_thousand).div_ceil(1000).saturating_sub(1);
        updated.get(last).copied().unwrap_or(u64::MAX)
    }
}

fn between(counts: &[u64], from: u64, to: u64) -> impl Iterator<Item = u64> {
    let range = seconds(from * 1000)..seconds(to * 1000);
    counts.get(range).into_iter().flatten().copied()
}

fn seconds(millis: u64) -> usize {
    usize::try_from(millis / 1000).unwrap_or(usize::MAX)
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

fn seconds_text(millis: u64) -> String {
    format!("{:.1} s", millis as f64 / 1000.0)
}
