//! Values that live as long as a snapshot, side by side in a few large pieces of memory.

use std::cmp::Ordering;

use cedar_policy_core::ast::{self, Literal, PartialValue, ValueKind};

use super::extension::{self, Address, Extension};
use crate::engine::names::{KeyId, Names, UidId};

/// A value that lives in a pool.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stored {
    Bool(bool),
    Long(i64),
    Text {
        start: u32,
        length: u32,
    },
    Entity(UidId),
    Decimal(i64),
    DateTime(i64),
    Duration(i64),
    /// Its place among the addresses.
    Address(u32),
    Set(StoredSet),
    Record(Fields),
    /// A value with no form here: what comes to it is left to the official evaluator.
    Opaque,
}

/// A run of elements.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredSet {
    start: u32,
    length: u32,
}

/// A run of fields, in the order of their keys.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fields {
    start: u32,
    length: u32,
}

/// An attribute, a tag or a part of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) key: KeyId,
    pub(super) value: Stored,
}

#[derive(Debug, Default)]
pub(super) struct Pool {
    text: String,
    elements: Vec<Stored>,
    fields: Vec<Field>,
    addresses: Vec<Address>,
}

impl Pool {
    pub(super) fn text(&self, start: u32, length: u32) -> &str {
        let (start, length) = (start as usize, length as usize);
        self.text.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    pub(super) fn address(&self, at: u32) -> Option<Address> {
        self.addresses.get(at as usize).copied()
    }

    /// Elements of a set: literals first and in their order, each once.
    pub(super) fn elements(&self, set: StoredSet) -> &[Stored] {
        let (start, length) = (set.start as usize, set.length as usize);
        self.elements.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    pub(super) fn fields(&self, fields: Fields) -> &[Field] {
        let (start, length) = (fields.start as usize, fields.length as usize);
        self.fields.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    pub(super) fn field(&self, fields: Fields, key: KeyId) -> Option<Stored> {
        let fields = self.fields(fields);
        let found = match fields.len() {
            0..=8 => fields.iter().find(|field| field.key == key),
            _ => {
                let at = fields.binary_search_by_key(&key, |field| field.key).ok();
                at.and_then(|at| fields.get(at))
            }
        };
        found.map(|field| field.value)
    }

    /// Takes a value in.
    pub(super) fn add(&mut self, value: &ast::Value, names: &mut Names) -> Stored {
        self.try_add(value, names).unwrap_or(Stored::Opaque)
    }

    fn try_add(&mut self, value: &ast::Value, names: &mut Names) -> Option<Stored> {
        Some(match value.value_kind() {
            ValueKind::Lit(Literal::Bool(value)) => Stored::Bool(*value),
            ValueKind::Lit(Literal::Long(value)) => Stored::Long(*value),
            ValueKind::Lit(Literal::String(text)) => {
                let (start, length) =
                    (u32::try_from(self.text.len()).ok()?, u32::try_from(text.len()).ok()?);
                self.text.push_str(text);
                Stored::Text { start, length }
            }
            ValueKind::Lit(Literal::EntityUID(uid)) => Stored::Entity(names.add_uid(uid)?),
            ValueKind::Set(set) => {
                let elements = set.iter().map(|element| self.add(element, names));
                let mut elements: Vec<Stored> = elements.collect();
                if elements.iter().any(|element| matches!(element, Stored::Opaque)) {
                    return None;
                }
                elements.sort_by(|one, two| self.compare(one, two));
                let start = u32::try_from(self.elements.len()).ok()?;
                let length = u32::try_from(elements.len()).ok()?;
                self.elements.append(&mut elements);
                Stored::Set(StoredSet { start, length })
            }
            ValueKind::Record(record) => {
                let fields = record.iter().map(|(key, value)| (key.as_str(), value));
                Stored::Record(self.add_fields(fields, names)?)
            }
            ValueKind::ExtensionValue(value) => match extension::read(value)? {
                Extension::Decimal(value) => Stored::Decimal(value),
                Extension::DateTime(value) => Stored::DateTime(value),
                Extension::Duration(value) => Stored::Duration(value),
                Extension::Address(address) => {
                    let at = u32::try_from(self.addresses.len()).ok()?;
                    self.addresses.push(address);
                    Stored::Address(at)
                }
            },
        })
    }

    /// Takes the attributes or tags of an entity in.
    pub(super) fn add_partial<'v>(
        &mut self,
        values: impl Iterator<Item = (&'v str, &'v PartialValue)>,
        names: &mut Names,
    ) -> Option<Fields> {
        let mut fields = Vec::new();
        for (key, value) in values {
            let value = match value {
                PartialValue::Value(value) => self.add(value, names),
                PartialValue::Residual(_) => Stored::Opaque,
            };
            fields.push(Field { key: names.add_key(key)?, value });
        }
        self.push_fields(fields)
    }

    fn add_fields<'v>(
        &mut self,
        values: impl Iterator<Item = (&'v str, &'v ast::Value)>,
        names: &mut Names,
    ) -> Option<Fields> {
        let mut fields = Vec::new();
        for (key, value) in values {
            let value = self.add(value, names);
            fields.push(Field { key: names.add_key(key)?, value });
        }
        self.push_fields(fields)
    }

    fn push_fields(&mut self, mut fields: Vec<Field>) -> Option<Fields> {
        fields.sort_unstable_by_key(|field| field.key);
        let start = u32::try_from(self.fields.len()).ok()?;
        let length = u32::try_from(fields.len()).ok()?;
        self.fields.append(&mut fields);
        Some(Fields { start, length })
    }

    /// Literals before others; among others, as they come.
    fn compare(&self, one: &Stored, two: &Stored) -> Ordering {
        match (one, two) {
            (Stored::Bool(one), Stored::Bool(two)) => one.cmp(two),
            (Stored::Long(one), Stored::Long(two)) => one.cmp(two),
            (
                Stored::Text { start, length },
                Stored::Text { start: other, length: other_length },
            ) => self.text(*start, *length).cmp(self.text(*other, *other_length)),
            (Stored::Entity(one), Stored::Entity(two)) => one.cmp(two),
            _ => one.rank().cmp(&two.rank()),
        }
    }
}

impl Stored {
    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Long(_) => 1,
            Self::Text { .. } => 2,
            Self::Entity(_) => 3,
            _ => 4,
        }
    }
}
