//! What an enforcement point must do when it obeys a decision.

use std::collections::BTreeMap;
use std::fmt;

/// What an enforcement point must do when it obeys a decision: names with their values.
///
/// An obligation is an annotation `@obligation_<name>("value")` on a policy. Those of the
/// determining policies are merged, name by name:
///
/// | Name | Value | When two policies differ |
/// |---|---|---|
/// | `max_cpu` (millicores), `max_memory` (bytes), `max_gpu`, `max_servers` | a whole number | the smaller holds |
/// | `token_lifetime`, `session_lifetime`, `idle_timeout` | a duration such as `1h30m` | the shorter holds |
/// | any other | any text | a conflict: the decision is Deny |
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Obligations(BTreeMap<String, Obligation>);

/// The value of one obligation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligation {
    text: String,
    /// What is compared when the smaller value holds.
    measure: Option<u64>,
}

const PREFIX: &str = "obligation_";
const NUMBERS: [&str; 4] = ["max_cpu", "max_memory", "max_gpu", "max_servers"];
const DURATIONS: [&str; 3] = ["token_lifetime", "session_lifetime", "idle_timeout"];

impl Obligations {
    /// The obligations in a policy's annotations; the others are passed over.
    ///
    /// # Errors
    /// [`InvalidObligation`] when a value is not what its name asks for.
    pub fn from_annotations<'a>(
        annotations: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidObligation> {
        let mut obligations = BTreeMap::new();
        for (key, text) in annotations {
            if let Some(name) = key.strip_prefix(PREFIX) {
                obligations.insert(name.to_owned(), Obligation::new(name, text)?);
            }
        }
        Ok(Self(obligations))
    }

    /// Takes over the obligations of another determining policy.
    ///
    /// # Errors
    /// [`Conflict`] when a name that has no order has two values. What was taken over stays.
    pub fn merge(&mut self, other: &Self) -> Result<(), Conflict> {
        let mut conflict = None;
        for (name, theirs) in &other.0 {
            match self.0.get_mut(name) {
                None => _ = self.0.insert(name.clone(), theirs.clone()),
                Some(ours) if ours.text == theirs.text => {}
                Some(ours) => match (ours.measure, theirs.measure) {
                    (Some(one), Some(two)) if two < one => *ours = theirs.clone(),
                    (Some(_), Some(_)) => {}
                    _ => conflict = Some(Conflict { name: name.clone() }),
                },
            }
        }
        conflict.map_or(Ok(()), Err)
    }

    /// The value of the obligation `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|obligation| obligation.text.as_str())
    }

    /// Names with their values, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, obligation)| (name.as_str(), obligation.text.as_str()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Obligation {
    fn new(name: &str, text: &str) -> Result<Self, InvalidObligation> {
        let (measure, expected) = if NUMBERS.contains(&name) {
            (text.parse().ok(), "a whole number")
        } else if DURATIONS.contains(&name) {
            (duration_millis(text), "a duration such as 1h30m")
        } else {
            return Ok(Self { text: text.to_owned(), measure: None });
        };
        match measure {
            Some(_) => Ok(Self { text: text.to_owned(), measure }),
            None => {
                Err(InvalidObligation { name: name.to_owned(), value: text.to_owned(), expected })
            }
        }
    }
}

/// Reads the language's own duration form, such as `2h30m`, without a sign.
fn duration_millis(text: &str) -> Option<u64> {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let mut units = units.into_iter();
    let (mut rest, mut total) = (text, 0_u64);
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|char: char| !char.is_ascii_lowercase()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        // Units come in falling order, each at most once, so each search goes on from the last.
        let (_, millis) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(millis)?)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

/// Two determining policies give an obligation without an order two values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    name: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the determining policies give obligation `{}` different values", self.name)
    }
}

impl std::error::Error for Conflict {}

/// The value of an obligation is not what its name asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidObligation {
    name: String,
    value: String,
    expected: &'static str,
}

impl fmt::Display for InvalidObligation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.escape_debug();
        write!(f, "obligation `{}` has value `{value}`, expected {}", self.name, self.expected)
    }
}

impl std::error::Error for InvalidObligation {}

#[cfg(test)]
mod tests {
    use super::*;

    fn obligations(pairs: &[(&str, &str)]) -> Obligations {
        Obligations::from_annotations(pairs.iter().copied()).unwrap()
    }

    #[test]
    fn the_smaller_number_and_the_shorter_duration_hold() {
        let mut merged = obligations(&[("obligation_max_cpu", "4000"), ("id", "x")]);
        let other = [("obligation_max_cpu", "500"), ("obligation_token_lifetime", "1h")];
        merged.merge(&obligations(&other)).unwrap();
        merged.merge(&obligations(&[("obligation_token_lifetime", "59m59s")])).unwrap();
        merged.merge(&obligations(&[("obligation_token_lifetime", "1d")])).unwrap();
        let expected = [("max_cpu", "500"), ("token_lifetime", "59m59s")];
        assert_eq!(merged.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn other_names_conflict_when_they_differ_and_agree_when_they_do_not() {
        let mut merged = obligations(&[("obligation_service_account", "reader")]);
        assert_eq!(merged.merge(&merged.clone()), Ok(()));
        let other = [("obligation_max_gpu", "1"), ("obligation_service_account", "writer")];
        assert!(merged.merge(&obligations(&other)).is_err());
        assert_eq!(merged.value("service_account"), Some("reader"));
        assert_eq!(merged.value("max_gpu"), Some("1"));
    }

    #[test]
    fn a_value_that_is_not_what_its_name_asks_for_is_refused() {
        for bad in ["", "-1", "1.5", "lots"] {
            assert!(Obligations::from_annotations([("obligation_max_cpu", bad)]).is_err());
        }
        for bad in ["", "1", "h", "1m1h", "1h1h", "1y", "99999999999999999999d"] {
            assert!(Obligations::from_annotations([("obligation_idle_timeout", bad)]).is_err());
        }
    }
}
