//! Where time comes from.

use std::fmt::Debug;
use std::time::Duration;

use crate::model::Timestamp;

/// Where time comes from.
pub trait Clock: Debug + Send + Sync {
    /// The moment by the calendar.
    fn now(&self) -> Timestamp;

    /// Time since some fixed start; never runs backwards.
    fn elapsed(&self) -> Duration;
}

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
        Timestamp::from(std::time::SystemTime::now())
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

/// A clock that stands still: for tests, and for deciding what was asked at another time.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}
