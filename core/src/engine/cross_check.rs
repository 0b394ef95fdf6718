//! Comparing the two evaluators while they are in use.

use std::num::NonZeroU32;

use crate::model::{Outcome, Revision};
use crate::request::Request;

/// Which evaluator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Evaluator {
    /// The index and the lowered form of conditions, with the official evaluator for what has none
    /// and for whatever errs, so that errors are its own.
    ///
    /// | Expression | Lowered |
    /// |---|---|
    /// | literals, variables, slots of links | yes |
    /// | `&&`, <code>\|\|</code>, `!`, `if` | yes |
    /// | `==`, `!=`, `<`, `<=`, `>`, `>=`, `+`, `-`, `*`, negation | yes |
    /// | `in` an entity or a set, `is`, `is … in` | yes |
    /// | attributes of entities and records, `has` of one or more steps | yes |
    /// | tags: `hasTag`, `getTag` | yes |
    /// | `like` | yes |
    /// | `contains`, `containsAll`, `containsAny`, `isEmpty` | yes |
    /// | sets and records built in place | yes |
    /// | `ip`, `decimal`, `datetime`, `duration` of a literal, and their methods | yes |
    /// | `ip`, `decimal`, `datetime`, `duration` of another text | yes; the official constructor reads the text |
    /// | an expression nested more than 200 deep | no |
    #[default]
    Compiled,
    /// The official authorizer; takes time in proportion to all policies.
    Reference,
}

/// How many decisions of the compiled evaluator are compared with the official authorizer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CrossCheck {
    /// None.
    #[default]
    Off,
    /// One in so many.
    OneIn(NonZeroU32),
    /// Every one.
    Always,
}

impl CrossCheck {
    /// Whether the decision of this number, counted by the caller, is compared.
    #[must_use]
    pub fn takes(self, number: u64) -> bool {
        match self {
            Self::Off => false,
            Self::OneIn(every) => number.checked_rem(u64::from(every.get())) == Some(0),
            Self::Always => true,
        }
    }
}

/// The two evaluators do not agree: a fault of this library.
///
/// The decision was Deny. Writing it down gives away what is in the request and in the entities
/// that it reaches.
#[derive(Debug, Clone)]
pub struct Mismatch {
    /// The bundle in force.
    pub revision: Revision,
    /// What was asked.
    pub request: Request,
    /// What the compiled evaluator says.
    pub compiled: Outcome,
    /// What the official authorizer says.
    pub reference: Outcome,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_three_takes_every_third_from_the_first() {
        let check = CrossCheck::OneIn(NonZeroU32::new(3).unwrap());
        let taken = (0..7).filter(|number| check.takes(*number)).collect::<Vec<_>>();
        assert_eq!(taken, [0, 3, 6]);
        assert!(!CrossCheck::Off.takes(0) && CrossCheck::Always.takes(1));
    }
}
