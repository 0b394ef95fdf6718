//! Values while a policy is evaluated: borrowed from the snapshot, the request or the arena.

use std::cmp::Ordering;

use cedar_policy_core::ast::{self, Literal, ValueKind};

use super::extension::{self, Address, Extension};
use super::frame::Frame;
use super::pool::{Pool, Stored};
use super::record::Record;
use super::set::Set;
use crate::engine::names::Uid;
use crate::request::Given;

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
            Stored::Long(value) => Self::Long(value.get()),
            Stored::Text { start, length } => Self::Text(pool.text(start, length)),
            Stored::Entity(uid) => Self::Entity(Uid::Known(uid)),
            Stored::Decimal(value) => Self::Decimal(value.get()),
            Stored::DateTime(value) => Self::DateTime(value.get()),
            Stored::Duration(value) => Self::Duration(value.get()),
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
            Given::Entity(parts) => {
                let [uid] = frame.names().written([parts]);
                Self::Entity(uid)
            }
            Given::Decimal(value) => Self::Decimal(*value),
            Given::DateTime(value) => Self::DateTime(*value),
            Given::Duration(value) => Self::Duration(*value),
            Given::Address { address, prefix } => {
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
    pub(super) fn compare_literals(self, other: Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Bool(one), Self::Bool(two)) => one.cmp(&two),
            (Self::Long(one), Self::Long(two)) => one.cmp(&two),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Entity(one), Self::Entity(two)) => one.compare(two),
            _ => self.literal_rank()?.cmp(&other.literal_rank()?),
        })
    }

    pub(super) fn literal_rank(self) -> Option<u8> {
        match self {
            Self::Bool(_) => Some(0),
            Self::Long(_) => Some(1),
            Self::Text(_) => Some(2),
            Self::Entity(_) => Some(3),
            _ => None,
        }
    }
}

/// Whether any of these is so, looking no further than the first that is.
pub(super) fn any(mut all: impl Iterator<Item = Result<bool, Deferred>>) -> Result<bool, Deferred> {
    all.find_map(|one| match one {
        Ok(false) => None,
        other => Some(other),
    })
    .unwrap_or(Ok(false))
}
