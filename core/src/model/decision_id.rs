//! The name of one decision.

use std::fmt;

use uuid::{Builder, Uuid};

use super::Timestamp;

/// The name of one decision, unique and ordered by time: a version 7 UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DecisionId(Uuid);

impl DecisionId {
    /// The id of the `count`th decision of the instance named by `seed`, made at `now`.
    ///
    /// Ids of one instance do not repeat within 2⁶² decisions: that many low bits of the UUID are
    /// the count, starting from the seed.
    #[must_use]
    pub fn new(now: Timestamp, seed: u64, count: u64) -> Self {
        let millis = u64::try_from(now.millis()).unwrap_or_default();
        let [.., first, second] = seed.rotate_left(16).to_be_bytes();
        let [a, b, c, d, e, f, g, h] = seed.wrapping_add(count).to_be_bytes();
        let random = [first, second, a, b, c, d, e, f, g, h];
        Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_of_one_instance_differ_and_sort_by_time() {
        let early = Timestamp::from_millis(1_000).unwrap();
        let late = Timestamp::from_millis(2_000).unwrap();
        let ids = (0..1_000).map(|count| DecisionId::new(early, u64::MAX - 5, count));
        assert_eq!(ids.collect::<BTreeSet<_>>().len(), 1_000);
        assert!(DecisionId::new(early, 9, 9) < DecisionId::new(late, 1, 1));
    }
}
