//! A moment, given by the caller or by the door's clock.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat, Utc};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(
    /// INVARIANT: one of the calendar's.
    i64,
);

impl Timestamp {
    /// The moment `millis` milliseconds after 1970-01-01T00:00:00Z, when it can be represented.
    #[must_use]
    pub fn from_millis(millis: i64) -> Option<Self> {
        CALENDAR.contains(&millis).then_some(Self(millis))
    }

    /// Reads an RFC 3339 moment such as `2026-12-01T16:00:00Z`.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] when the text is something else.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .and_then(|moment| Self::from_millis(moment.timestamp_millis()))
            .ok_or_else(|| InvalidTimestamp(text.to_owned()))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }
}

impl From<SystemTime> for Timestamp {
    fn from(moment: SystemTime) -> Self {
        let since = moment.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Self(i64::try_from(since).unwrap_or(LAST).min(LAST))
    }
}

/// What the calendar has.
const CALENDAR: RangeInclusive<i64> =
    DateTime::<Utc>::MIN_UTC.timestamp_millis()..=DateTime::<Utc>::MAX_UTC.timestamp_millis();

/// The last millisecond of the year 9999: no clock is right beyond it, and none before 1970.
const LAST: i64 = 253_402_300_799_999;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        f.write_str(&moment.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// A text that is not an RFC 3339 moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTimestamp(String);

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a moment in the form 2026-12-01T16:00:00Z", self.0.escape_debug())
    }
}

impl std::error::Error for InvalidTimestamp {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_one_that_the_calendar_has() {
        for bound in [*CALENDAR.start(), *CALENDAR.end(), i64::MIN, i64::MAX, 0] {
            for millis in [-1, 0, 1].map(|by| bound.saturating_add(by)) {
                let known = DateTime::<Utc>::from_timestamp_millis(millis).is_some();
                assert_eq!(Timestamp::from_millis(millis).is_some(), known, "{millis}");
            }
        }
    }
}
