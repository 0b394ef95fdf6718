//! The time at which a request came.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use notegate::model::Timestamp;
use notegate::pdp::Clock;

use crate::Host;

/// Shows the time at which the host was asked last: a whole request is decided at one moment.
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
    pub(crate) fn new(host: &dyn Host) -> Self {
        let clock = Self::default();
        clock.ask(host);
        clock
    }

    pub(crate) fn ask(&self, host: &dyn Host) {
        let now = u64::try_from(host.now().as_millis()).unwrap_or(u64::MAX);
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
