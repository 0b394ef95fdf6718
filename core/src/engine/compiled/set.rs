//! Sets while a policy is evaluated.

use std::cmp::Ordering;

use super::frame::Frame;
use super::pool::{Pool, Stored};
use super::value::{Deferred, Value, any};

/// A set. Literals come first and in their order, each once.
#[derive(Debug, Clone, Copy)]
pub(super) enum Set<'a> {
    Stored { pool: &'a Pool, elements: &'a [Stored] },
    Built(&'a [Value<'a>]),
}

/// Nested sets are compared pair by pair; beyond so many pairs, that is left to the official
/// evaluator, which sorts them.
const PAIRS: usize = 1 << 12;

impl<'a> Set<'a> {
    /// A set of these elements, of which there may be some more than once.
    pub(super) fn build(
        elements: impl Iterator<Item = Result<Value<'a>, Deferred>>,
        length: usize,
        frame: &Frame<'a>,
    ) -> Result<Self, Deferred> {
        let mut built = bumpalo::collections::Vec::with_capacity_in(length, frame.arena);
        for element in elements {
            built.push(element?);
        }
        built.sort_by(|one, two| {
            one.compare_literals(*two)
                .unwrap_or_else(|| one.literal_rank().is_none().cmp(&two.literal_rank().is_none()))
        });
        built.dedup_by(|one, two| one.compare_literals(*two) == Some(Ordering::Equal));
        let literals = built.iter().take_while(|value| value.literal_rank().is_some()).count();
        let others = built.len().saturating_sub(literals);
        if others.saturating_mul(others) > PAIRS {
            return Err(Deferred);
        }
        let mut at = literals;
        while let Some(value) = built.get(at).copied() {
            let earlier = built.get(literals..at).unwrap_or_default();
            if any(earlier.iter().map(|other| value.equals(*other, frame)))? {
                built.remove(at);
            } else {
                at = at.saturating_add(1);
            }
        }
        Ok(Self::Built(built.into_bump_slice()))
    }

    pub(super) fn len(self) -> usize {
        match self {
            Self::Stored { elements, .. } => elements.len(),
            Self::Built(elements) => elements.len(),
        }
    }

    fn element(self, at: usize) -> Result<Value<'a>, Deferred> {
        match self {
            Self::Stored { pool, elements } => {
                Value::stored(*elements.get(at).ok_or(Deferred)?, pool)
            }
            Self::Built(elements) => elements.get(at).copied().ok_or(Deferred),
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Result<Value<'a>, Deferred>> {
        (0..self.len()).map(move |at| self.element(at))
    }

    pub(super) fn contains(self, value: Value<'a>, frame: &Frame<'a>) -> Result<bool, Deferred> {
        if value.literal_rank().is_some() && self.len() > 8 {
            return self.contains_literal(value);
        }
        any(self.iter().map(|element| element?.equals(value, frame)))
    }

    fn contains_literal(self, value: Value<'a>) -> Result<bool, Deferred> {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from.midpoint(to);
            // Every literal is before whatever is none.
            match self.element(middle)?.compare_literals(value).unwrap_or(Ordering::Greater) {
                Ordering::Equal => return Ok(true),
                Ordering::Less => from = middle.saturating_add(1),
                Ordering::Greater => to = middle,
            }
        }
        Ok(false)
    }

    pub(super) fn is_subset(self, other: Self, frame: &Frame<'a>) -> Result<bool, Deferred> {
        self.bound_pairs(other)?;
        Ok(!any(self.iter().map(|element| Ok(!other.contains(element?, frame)?)))?)
    }

    pub(super) fn meets(self, other: Self, frame: &Frame<'a>) -> Result<bool, Deferred> {
        self.bound_pairs(other)?;
        any(self.iter().map(|element| other.contains(element?, frame)))
    }

    fn bound_pairs(self, other: Self) -> Result<(), Deferred> {
        let nested = |set: Self| match set.len().checked_sub(1) {
            Some(last) => set.element(last).map(|last| last.literal_rank().is_none()),
            None => Ok(false),
        };
        let pairs = self.len().saturating_mul(other.len());
        if pairs > PAIRS && nested(self)? && nested(other)? {
            return Err(Deferred);
        }
        Ok(())
    }
}
