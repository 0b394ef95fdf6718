//! The host's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use notegate::model::Timestamp;
use notegate::pdp::Clock;

/// Shows the time that the host told last: whatever is asked is decided at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct HostClock(Arc<Times>);

#[derive(Debug, Default)]
struct Times {
    /// In milliseconds since 1970, as the host says it.
    now: AtomicU64,
    /// The same, but never back.
    latest: AtomicU64,
}

impl HostClock {
    /// Takes the time, in milliseconds since 1970, in two halves: a number of JavaScript holds both exactly, and
    /// halves cross over without an allocation.
    pub(crate) fn tell(&self, high: u32, low: u32) {
        let now = u64::from(high) << 32 | u64::from(low);
        self.0.now.store(now, Ordering::Relaxed);
        self.0.latest.fetch_max(now, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_beyond_all_calendars_is_late_and_not_early() {
        let clock = HostClock::default();
        clock.tell(u32::MAX, u32::MAX);
        assert_eq!(clock.now().millis(), LAST);
    }

    #[test]
    fn time_that_passes_never_runs_backwards() {
        let clock = HostClock::default();
        clock.tell(1, 2);
        clock.tell(0, 7);
        assert_eq!(clock.now().millis(), 7);
        assert_eq!(clock.elapsed(), Duration::from_millis((1 << 32) + 2));
    }
}
