//! Records while a policy is evaluated.

use std::collections::BTreeMap;

use cedar_policy_core::ast;
use smol_str::SmolStr;

use super::frame::Frame;
use super::pool::{Fields, Pool};
use super::value::{Deferred, Value, any};
use crate::engine::names::{KeyId, same};
use crate::request::Given;

/// A record.
#[derive(Debug, Clone, Copy)]
pub(super) enum Record<'a> {
    Stored { pool: &'a Pool, fields: Fields },
    Built(&'a [(&'a str, Value<'a>)]),
    Given(&'a [(&'a str, Given<'a>)]),
    Parsed(&'a BTreeMap<SmolStr, ast::Value>),
}

#[inline]
fn is(key: &str, text: &str) -> bool {
    same(key.as_bytes(), text.as_bytes())
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
                found.map(|stored| Value::stored(*stored, pool)).transpose()
            }
            Self::Built(fields) => {
                Ok(fields.iter().find(|(key, _)| is(key, text)).map(|(_, value)| *value))
            }
            Self::Given(fields) => {
                let found = fields.iter().find(|(key, _)| is(key, text));
                found.map(|(_, given)| Value::given(given, frame)).transpose()
            }
            Self::Parsed(fields) => {
                fields.get(text).map(|value| Value::parsed(value, frame)).transpose()
            }
        }
    }

    /// A boolean that is there as one; `None` is no answer.
    #[inline]
    pub(super) fn truth(self, text: &str) -> Option<bool> {
        match self {
            Self::Built(fields) => match fields.iter().find(|(key, _)| is(key, text))?.1 {
                Value::Bool(holds) => Some(holds),
                _ => None,
            },
            Self::Given(fields) => match fields.iter().find(|(key, _)| is(key, text))?.1 {
                Given::Bool(holds) => Some(holds),
                _ => None,
            },
            Self::Stored { .. } | Self::Parsed(_) => None,
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
            Self::Built(fields) => fields.iter().any(|(key, _)| is(key, text)),
            Self::Given(fields) => fields.iter().any(|(key, _)| is(key, text)),
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

    pub(super) fn equals(self, other: Self, frame: &Frame<'a>) -> Result<bool, Deferred> {
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
