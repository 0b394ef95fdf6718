//! The name of one decision.

use std::fmt;

use uuid::Uuid;

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
        // As two numbers, which takes a few instructions; byte by byte it takes fifty.
        let high = (millis << 16) | 0x7000 | ((seed >> 48) & 0x0fff);
        let low = (1 << 63) | (seed.wrapping_add(count) & (u64::MAX >> 2));
        Self(Uuid::from_u64_pair(high, low))
    }

    /// Writes it behind a text.
    pub fn push_to(self, text: &mut String) {
        text.push_str(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
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
    fn an_id_has_its_time_and_its_number_where_a_uuid_has_them() {
        for (millis, seed, count) in [
            (0, 0, 0),
            (1_764_000_000_123, 0xfedc_ba98_7654_3210, 7),
            (i64::MAX >> 16, u64::MAX, 9),
        ] {
            let now = Timestamp::from_millis(millis).unwrap();
            let [.., one, two] = (seed >> 48_u32).to_be_bytes();
            let [a, b, c, d, e, f, g, h] = u64::wrapping_add(seed, count).to_be_bytes();
            let random = [one, two, a, b, c, d, e, f, g, h];
            let millis = u64::try_from(millis).unwrap();
            let built = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
            assert_eq!(DecisionId::new(now, seed, count).0, built);
            assert_eq!(built.get_version_num(), 7);
        }
    }

    #[test]
    fn ids_of_one_instance_differ_and_sort_by_time() {
        let early = Timestamp::from_millis(1_000).unwrap();
        let late = Timestamp::from_millis(2_000).unwrap();
        let ids = (0..1_000).map(|count| DecisionId::new(early, u64::MAX - 5, count));
        assert_eq!(ids.collect::<BTreeSet<_>>().len(), 1_000);
        assert!(DecisionId::new(early, 9, 9) < DecisionId::new(late, 1, 1));
    }
}
