//! Times of which many are taken, in little memory.

use std::time::Duration;

/// Of a time this many of its highest bits are kept, so that it is off by less than half a percent.
const BITS: u32 = 8;

/// Slots for each doubling of the time.
const HALF: u64 = 1 << (BITS - 1);

/// Times, counted by their length.
#[derive(Debug, Default)]
pub(super) struct Samples {
    counts: Vec<u64>,
    taken: u64,
    total: Duration,
}

impl Samples {
    pub(super) fn add(&mut self, time: Duration) {
        let slot = slot(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        if self.counts.len() <= slot {
            self.counts.resize(slot.saturating_add(1), 0);
        }
        if let Some(count) = self.counts.get_mut(slot) {
            *count = count.saturating_add(1);
        }
        self.taken = self.taken.saturating_add(1);
        self.total = self.total.saturating_add(time);
    }

    /// How many there are.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// The mean, in nanoseconds.
    pub(super) fn mean(&self) -> f64 {
        self.total.as_secs_f64() * 1e9 / self.taken.max(1) as f64
    }

    /// The time in nanoseconds that so many in a thousand do not pass.
    pub(super) fn per_mille(&self, part: u64) -> u64 {
        let wanted = self.taken.saturating_mul(part).div_ceil(1000).max(1);
        let mut seen = 0_u64;
        let found = self.counts.iter().position(|count| {
            seen = seen.saturating_add(*count);
            seen >= wanted
        });
        found.map(middle).unwrap_or_default()
    }
}

fn slot(nanos: u64) -> usize {
    let bits = u64::BITS.saturating_sub(nanos.leading_zeros());
    let dropped = bits.saturating_sub(BITS);
    let slot = u64::from(dropped).saturating_mul(HALF).saturating_add(nanos >> dropped);
    usize::try_from(slot).unwrap_or(usize::MAX)
}

fn middle(slot: usize) -> u64 {
    let slot = u64::try_from(slot).unwrap_or(u64::MAX);
    let dropped = (slot / HALF).saturating_sub(1);
    let kept = slot.saturating_sub(dropped.saturating_mul(HALF));
    (kept << dropped).saturating_add((1 << dropped) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_found_again_within_half_a_percent() {
        for bits in 0..63 {
            for nanos in [1_u64 << bits, (1 << bits) + 1, (3 << bits) / 2, (2 << bits) - 1] {
                let found = middle(slot(nanos));
                assert!(found.abs_diff(nanos) <= nanos / 200, "{nanos} is {found}");
            }
        }
        assert_eq!(slot(255) + 1, slot(256));
    }

    #[test]
    fn percentiles_and_the_mean_are_those_of_the_times() {
        let mut samples = Samples::default();
        assert_eq!((samples.taken(), samples.per_mille(500)), (0, 0));
        for nanos in 1..=100 {
            samples.add(Duration::from_nanos(nanos));
        }
        let found = [500, 990, 999].map(|part| samples.per_mille(part));
        assert_eq!((samples.taken(), found), (100, [50, 99, 100]));
        assert!((samples.mean() - 50.5).abs() < 1e-6);
    }
}
