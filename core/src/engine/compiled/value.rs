//! Values while a policy is evaluated: borrowed from the snapshot, the request or the arena.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use cedar_policy_core::ast::{self, Literal, ValueKind};

use super::extension::{self, Address, Extension};
use super::frame::Frame;
use super::pool::{Fields, Pool, Stored};
use crate::engine::names::{KeyId, Uid};
use crate::engine::question::Given;

/// Left to the official evaluator, which knows what the error is or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deferred;

/// A value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Bool(bool),
    Long(i64),
    Text(&'a str),
    Entity(Uid<'a>),
    Decimal(i64),
    DateTime(i64),
    Duration(i64),
    Address(Address),
    Set(Set<'a>),
    Record(Record<'a>),
}

/// A set. Literals come first and in their order, each once.
#[derive(Debug, Clone, Copy)]
pub(super) enum Set<'a> {
    Stored { pool: &'a Pool, elements: &'a [Stored] },
    Built(&'a [Value<'a>]),
}

/// A record.
#[derive(Debug, Clone, Copy)]
pub(super) enum Record<'a> {
    Stored { pool: &'a Pool, fields: Fields },
    Built(&'a [(&'a str, Value<'a>)]),
    Given(&'a [(&'a str, Given<'a>)]),
    Parsed(&'a Attributes),
}

/// How the language holds a record; the key is a string type of its own.
type Attributes = BTreeMap<Key, ast::Value>;

/// The key type of the language's records.
pub(super) type Key = smol_str::SmolStr;

/// Nested sets are compared pair by pair; beyond so many pairs, that is left to the official
/// evaluator, which sorts them.
const PAIRS: usize = 1 << 12;

impl<'a> Value<'a> {
    pub(super) fn bool(self) -> Result<bool, Deferred> {
        match self {
            Self::Bool(value) => Ok(value),
            _ => Err(Deferred),
        }
    }

    pub(super) fn long(self) -> Result<i64, Deferred> {
        match self {
            Self::Long(value) => Ok(value),
            _ => Err(Deferred),
        }
    }

    pub(super) fn text(self) -> Result<&'a str, Deferred> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(Deferred),
        }
    }

    pub(super) fn entity(self) -> Result<Uid<'a>, Deferred> {
        match self {
            Self::Entity(uid) => Ok(uid),
            _ => Err(Deferred),
        }
    }

    pub(super) fn set(self) -> Result<Set<'a>, Deferred> {
        match self {
            Self::Set(set) => Ok(set),
            _ => Err(Deferred),
        }
    }

    /// A value of the snapshot's.
    pub(super) fn stored(stored: Stored, pool: &'a Pool) -> Result<Self, Deferred> {
        Ok(match stored {
            Stored::Bool(value) => Self::Bool(value),
            Stored::Long(value) => Self::Long(value),
            Stored::Text { start, length } => Self::Text(pool.text(start, length)),
            Stored::Entity(uid) => Self::Entity(Uid::Known(uid)),
            Stored::Decimal(value) => Self::Decimal(value),
            Stored::DateTime(value) => Self::DateTime(value),
            Stored::Duration(value) => Self::Duration(value),
            Stored::Address(at) => Self::Address(pool.address(at).ok_or(Deferred)?),
            Stored::Set(set) => Self::Set(Set::Stored { pool, elements: pool.elements(set) }),
            Stored::Record(fields) => Self::Record(Record::Stored { pool, fields }),
            Stored::Opaque => return Err(Deferred),
        })
    }

    /// A value of the language's own.
    pub(super) fn parsed(value: &'a ast::Value, frame: &Frame<'a>) -> Result<Self, Deferred> {
        Ok(match value.value_kind() {
            ValueKind::Lit(Literal::Bool(value)) => Self::Bool(*value),
            ValueKind::Lit(Literal::Long(value)) => Self::Long(*value),
            ValueKind::Lit(Literal::String(text)) => Self::Text(text),
            ValueKind::Lit(Literal::EntityUID(uid)) => Self::Entity(frame.names().parsed(uid)),
            ValueKind::Set(set) => {
                let elements = set.iter().map(|element| Self::parsed(element, frame));
                Self::Set(Set::build(elements, set.len(), frame)?)
            }
            ValueKind::Record(record) => Self::Record(Record::Parsed(record)),
            ValueKind::ExtensionValue(value) => {
                Self::extension(extension::read(value).ok_or(Deferred)?)
            }
        })
    }

    /// A value of a question.
    pub(super) fn given(given: &'a Given<'a>, frame: &Frame<'a>) -> Result<Self, Deferred> {
        Ok(match given {
            Given::Bool(value) => Self::Bool(*value),
            Given::Long(value) => Self::Long(*value),
            Given::Text(text) => Self::Text(text),
            Given::Entity(parts) => Self::Entity(frame.names().written(parts)),
            Given::Decimal(value) => Self::Decimal(*value),
            Given::DateTime(value) => Self::DateTime(*value),
            Given::Duration(value) => Self::Duration(*value),
            Given::Address { address, prefix } => {
                if *prefix > if address.is_ipv4() { 32 } else { 128 } {
                    return Err(Deferred);
                }
                Self::Address(Address { address: *address, prefix: *prefix })
            }
            Given::Set(given) => {
                let elements = given.iter().map(|given| Self::given(given, frame));
                Self::Set(Set::build(elements, given.len(), frame)?)
            }
            Given::Record(fields) => Self::Record(Record::Given(fields)),
        })
    }

    pub(super) fn extension(extension: Extension) -> Self {
        match extension {
            Extension::Decimal(value) => Self::Decimal(value),
            Extension::DateTime(value) => Self::DateTime(value),
            Extension::Duration(value) => Self::Duration(value),
            Extension::Address(address) => Self::Address(address),
        }
    }

    pub(super) fn equals(self, other: Self, frame: &Frame<'a>) -> Result<bool, Deferred> {
        Ok(match (self, other) {
            (Self::Decimal(one), Self::Decimal(two))
            | (Self::DateTime(one), Self::DateTime(two))
            | (Self::Duration(one), Self::Duration(two)) => one == two,
            (Self::Address(one), Self::Address(two)) => one == two,
            (Self::Set(one), Self::Set(two)) => {
                one.len() == two.len() && one.is_subset(two, frame)?
            }
            (Self::Record(one), Self::Record(two)) => one.equals(two, frame)?,
            _ => self.compare_literals(other) == Some(Ordering::Equal),
        })
    }

    /// The order of two literals; `None` when one of them is none.
    fn compare_literals(self, other: Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Bool(one), Self::Bool(two)) => one.cmp(&two),
            (Self::Long(one), Self::Long(two)) => one.cmp(&two),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Entity(one), Self::Entity(two)) => one.compare(two),
            _ => self.literal_rank()?.cmp(&other.literal_rank()?),
        })
    }

    fn literal_rank(self) -> Option<u8> {
        match self {
            Self::Bool(_) => Some(0),
            Self::Long(_) => Some(1),
            Self::Text(_) => Some(2),
            Self::Entity(_) => Some(3),
            _ => None,
        }
    }
}

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

impl<'a> Record<'a> {
    pub(super) fn field(
        self,
        key: Option<KeyId>,
        text: &str,
        frame: &Frame<'a>,
    ) -> Result<Option<Value<'a>>, Deferred> {
        match self {
            Self::Stored { pool, fields } => {
                let found = key.and_then(|key| pool.field(fields, key));
                found.map(|stored| Value::stored(stored, pool)).transpose()
            }
            Self::Built(fields) => {
                Ok(fields.iter().find(|(key, _)| *key == text).map(|(_, value)| *value))
            }
            Self::Given(fields) => {
                let found = fields.iter().find(|(key, _)| *key == text);
                found.map(|(_, given)| Value::given(given, frame)).transpose()
            }
            Self::Parsed(fields) => {
                fields.get(text).map(|value| Value::parsed(value, frame)).transpose()
            }
        }
    }

    /// The same record with its values read, so that reading them again costs nothing.
    pub(super) fn built(self, frame: &Frame<'a>) -> Result<Self, Deferred> {
        let Self::Parsed(fields) = self else { return Ok(self) };
        let mut built = bumpalo::collections::Vec::with_capacity_in(fields.len(), frame.arena);
        for (key, value) in fields {
            let value = match Value::parsed(value, frame)? {
                Value::Record(record) => Value::Record(record.built(frame)?),
                value => value,
            };
            built.push((key.as_str(), value));
        }
        Ok(Self::Built(built.into_bump_slice()))
    }

    pub(super) fn has(self, key: Option<KeyId>, text: &str) -> bool {
        match self {
            Self::Stored { pool, fields } => {
                key.is_some_and(|key| pool.field(fields, key).is_some())
            }
            Self::Built(fields) => fields.iter().any(|(key, _)| *key == text),
            Self::Given(fields) => fields.iter().any(|(key, _)| *key == text),
            Self::Parsed(fields) => fields.contains_key(text),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Stored { pool, fields } => pool.fields(fields).len(),
            Self::Built(fields) => fields.len(),
            Self::Given(fields) => fields.len(),
            Self::Parsed(fields) => fields.len(),
        }
    }

    fn equals(self, other: Self, frame: &Frame<'a>) -> Result<bool, Deferred> {
        if self.len() != other.len() {
            return Ok(false);
        }
        let same = |key: Option<KeyId>, text: &str, value: Result<Value<'a>, Deferred>| {
            let key = key.or_else(|| frame.names().key_id(text));
            match other.field(key, text, frame)? {
                Some(other) => value?.equals(other, frame),
                None => Ok(false),
            }
        };
        let differ = match self {
            Self::Stored { pool, fields } => any(pool.fields(fields).iter().map(|field| {
                let text = frame.names().key_text(field.key);
                same(Some(field.key), text, Value::stored(field.value, pool)).map(|same| !same)
            })),
            Self::Built(fields) => {
                any(fields.iter().map(|(key, value)| same(None, key, Ok(*value)).map(|same| !same)))
            }
            Self::Given(fields) => any(fields
                .iter()
                .map(|(key, given)| same(None, key, Value::given(given, frame)).map(|same| !same))),
            Self::Parsed(fields) => any(fields.iter().map(|(key, value)| {
                same(None, key, Value::parsed(value, frame)).map(|same| !same)
            })),
        };
        differ.map(|differ| !differ)
    }
}

/// Whether any of these is so, looking no further than the first that is.
fn any(mut all: impl Iterator<Item = Result<bool, Deferred>>) -> Result<bool, Deferred> {
    all.find_map(|one| match one {
        Ok(false) => None,
        other => Some(other),
    })
    .unwrap_or(Ok(false))
}
