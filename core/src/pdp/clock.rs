//! Where time comes from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::model::Timestamp;
use crate::model::clock::Clock;

/// A clock that the host sets: it shows the time that was told last, so that whatever is asked in between is
/// decided at one moment. Clones show the same.
#[derive(Debug, Clone, Default)]
pub struct HostClock(Arc<Times>);

#[derive(Debug, Default)]
struct Times {
    /// In milliseconds since 1970, as the host says it.
    now: AtomicU64,
    /// The same, but never back.
    latest: AtomicU64,
}

impl HostClock {
    /// Takes the time, in milliseconds since 1970-01-01T00:00:00Z. Until then it is 1970.
    pub fn tell(&self, millis: u64) {
        self.0.now.store(millis, Ordering::Relaxed);
        self.0.latest.fetch_max(millis, Ordering::Relaxed);
    }
}

impl Clock for HostClock {
    fn now(&self) -> Timestamp {
        let millis = i64::try_from(self.0.now.load(Ordering::Relaxed)).ok();
        // What no calendar can say is so late that everything has expired: 1970 would revive it.
        let moment = millis.and_then(Timestamp::from_millis);
        moment.or(Timestamp::from_millis(LAST)).unwrap_or(SystemTime::UNIX_EPOCH.into())
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.latest.load(Ordering::Relaxed))
    }
}

/// 9999-12-31T23:59:59Z, the last moment that can be written down.
const LAST: i64 = 253_402_300_799_000;

/// The system's clock.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
#[derive(Debug)]
pub struct SystemClock {
    start: std::time::Instant,
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl Default for SystemClock {
    fn default() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from(SystemTime::now())
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A seed from the system's randomness.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(super) fn random_seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_beyond_all_calendars_is_late_and_not_early() {
        let clock = HostClock::default();
        clock.tell(u64::MAX);
        assert_eq!(clock.now().millis(), LAST);
    }

    #[test]
    fn time_that_passes_never_runs_backwards() {
        let clock = HostClock::default();
        clock.tell((1 << 32) + 2);
        clock.tell(7);
        assert_eq!(clock.now().millis(), 7);
        assert_eq!(clock.elapsed(), Duration::from_millis((1 << 32) + 2));
    }
}
