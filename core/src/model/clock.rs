//! Where time comes from.

use std::fmt::Debug;
use std::time::Duration;

use super::Timestamp;

/// Where time comes from.
pub trait Clock: Debug + Send + Sync {
    /// The moment by the calendar.
    fn now(&self) -> Timestamp;

    /// Time since some fixed start; never runs backwards.
    fn elapsed(&self) -> Duration;
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
