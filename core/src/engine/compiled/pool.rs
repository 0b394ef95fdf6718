//! Values that live as long as a snapshot, side by side in a few large pieces of memory.

use std::cmp::Ordering;

use cedar_policy_core::ast::{self, Literal, PartialValue, ValueKind};

use super::extension::{self, Address, Extension};
use crate::engine::names::{KeyId, Names, UidId};

/// A value that lives in a pool.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Stored {
    Bool(bool),
    Long(Whole),
    Text {
        start: u32,
        length: u32,
    },
    Entity(UidId),
    Decimal(Whole),
    DateTime(Whole),
    Duration(Whole),
    /// Its place among the addresses.
    Address(u32),
    Set(StoredSet),
    Record(Fields),
    /// A value with no form here: what comes to it is left to the official evaluator.
    Opaque,
}

/// A whole number, laid out so that what has one is no larger than it need be: millions are kept.
#[derive(Debug, Clone, Copy)]
#[repr(Rust, packed(4))]
pub(in crate::engine) struct Whole(i64);

impl Whole {
    #[inline]
    pub(in crate::engine) fn new(number: i64) -> Self {
        Self(number)
    }

    #[inline]
    pub(in crate::engine) fn get(self) -> i64 {
        self.0
    }
}

/// A run of elements.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct StoredSet {
    start: u32,
    length: u32,
}

/// A run of fields, in the order of their keys.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Fields {
    pub(super) start: u32,
    pub(super) length: u32,
}

/// An attribute, a tag or a part of a record.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Field {
    pub(in crate::engine) key: KeyId,
    pub(in crate::engine) value: Stored,
}

#[derive(Debug, Default)]
pub(in crate::engine) struct Pool {
    text: String,
    elements: Vec<Stored>,
    fields: Vec<Field>,
    addresses: Vec<Address>,
}

/// How far a pool was filled.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Mark([usize; 4]);

impl Pool {
    #[inline]
    pub(in crate::engine) fn text(&self, start: u32, length: u32) -> &str {
        let (start, length) = (start as usize, length as usize);
        self.text.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    pub(super) fn address(&self, at: u32) -> Option<Address> {
        self.addresses.get(at as usize).copied()
    }

    /// Elements of a set: literals first and in their order, each once.
    #[inline]
    pub(in crate::engine) fn elements(&self, set: StoredSet) -> &[Stored] {
        let (start, length) = (set.start as usize, set.length as usize);
        self.elements.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    #[inline]
    pub(in crate::engine) fn fields(&self, fields: Fields) -> &[Field] {
        let (start, length) = (fields.start as usize, fields.length as usize);
        self.fields.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    #[inline]
    pub(in crate::engine) fn field(&self, fields: Fields, key: KeyId) -> Option<&Stored> {
        let fields = self.fields(fields);
        let found = match fields.len() {
            0..=8 => fields.iter().find(|field| field.key == key),
            _ => {
                let at = fields.binary_search_by_key(&key, |field| field.key).ok();
                at.and_then(|at| fields.get(at))
            }
        };
        found.map(|field| &field.value)
    }

    /// Takes a value in.
    pub(super) fn add(&mut self, value: &ast::Value, names: &mut Names) -> Stored {
        self.try_add(value, names).unwrap_or(Stored::Opaque)
    }

    fn try_add(&mut self, value: &ast::Value, names: &mut Names) -> Option<Stored> {
        Some(match value.value_kind() {
            ValueKind::Lit(Literal::Bool(value)) => Stored::Bool(*value),
            ValueKind::Lit(Literal::Long(value)) => Stored::Long(Whole::new(*value)),
            ValueKind::Lit(Literal::String(text)) => self.add_text(text)?,
            ValueKind::Lit(Literal::EntityUID(uid)) => Stored::Entity(names.add_uid(uid)?),
            ValueKind::Set(set) => {
                let elements = set.iter().map(|element| self.try_add(element, names));
                let mut elements = elements.collect::<Option<Vec<Stored>>>()?;
                elements.sort_by(|one, two| self.compare(one, two));
                self.push_elements(elements)?
            }
            ValueKind::Record(record) => {
                let fields = record.iter().map(|(key, value)| (key.as_str(), value));
                Stored::Record(self.add_fields(fields, names)?)
            }
            ValueKind::ExtensionValue(value) => self.add_extension(extension::read(value)?)?,
        })
    }

    /// Takes a text in; `None` when there is more than can be numbered, as with the next.
    pub(in crate::engine) fn add_text(&mut self, text: &str) -> Option<Stored> {
        let start = u32::try_from(self.text.len()).ok()?;
        let length = u32::try_from(text.len()).ok()?;
        self.text.push_str(text);
        Some(Stored::Text { start, length })
    }

    pub(in crate::engine) fn add_extension(&mut self, value: Extension) -> Option<Stored> {
        Some(match value {
            Extension::Decimal(value) => Stored::Decimal(Whole::new(value)),
            Extension::DateTime(value) => Stored::DateTime(Whole::new(value)),
            Extension::Duration(value) => Stored::Duration(Whole::new(value)),
            Extension::Address(address) => {
                let at = u32::try_from(self.addresses.len()).ok()?;
                self.addresses.push(address);
                Stored::Address(at)
            }
        })
    }

    /// Takes in a set of these literals, of which there may be some more than once; `None` when one
    /// of them is none.
    pub(in crate::engine) fn add_literals(&mut self, mut elements: Vec<Stored>) -> Option<Stored> {
        if elements.iter().any(|element| element.rank() == NO_LITERAL) {
            return None;
        }
        elements.sort_by(|one, two| self.compare(one, two));
        elements.dedup_by(|one, two| self.compare(one, two).is_eq());
        self.push_elements(elements)
    }

    fn push_elements(&mut self, mut elements: Vec<Stored>) -> Option<Stored> {
        let start = u32::try_from(self.elements.len()).ok()?;
        let length = u32::try_from(elements.len()).ok()?;
        self.elements.append(&mut elements);
        Some(Stored::Set(StoredSet { start, length }))
    }

    /// How far it is filled.
    pub(in crate::engine) fn mark(&self) -> Mark {
        let (text, elements) = (self.text.len(), self.elements.len());
        Mark([text, elements, self.fields.len(), self.addresses.len()])
    }

    /// Forgets what was taken in since.
    pub(in crate::engine) fn rewind(&mut self, Mark([text, elements, fields, addresses]): Mark) {
        self.text.truncate(text);
        self.elements.truncate(elements);
        self.fields.truncate(fields);
        self.addresses.truncate(addresses);
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.text.shrink_to_fit();
        self.elements.shrink_to_fit();
        self.fields.shrink_to_fit();
        self.addresses.shrink_to_fit();
    }

    /// The fields of an entity's attributes or tags, of which the values are taken in; `None` when one
    /// of them cannot be.
    pub(super) fn fields_of<'v>(
        &mut self,
        values: impl Iterator<Item = (&'v str, &'v PartialValue)>,
        names: &mut Names,
    ) -> Option<Vec<Field>> {
        let mut fields = Vec::new();
        for (key, value) in values {
            let PartialValue::Value(value) = value else { return None };
            let value = self.try_add(value, names)?;
            fields.push(Field { key: names.add_key(key)?, value });
        }
        Some(fields)
    }

    fn add_fields<'v>(
        &mut self,
        values: impl Iterator<Item = (&'v str, &'v ast::Value)>,
        names: &mut Names,
    ) -> Option<Fields> {
        let mut fields = Vec::new();
        for (key, value) in values {
            let value = self.try_add(value, names)?;
            fields.push(Field { key: names.add_key(key)?, value });
        }
        self.push_fields(fields)
    }

    /// Takes fields in, each key once.
    pub(in crate::engine) fn push_fields(&mut self, mut fields: Vec<Field>) -> Option<Fields> {
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
            (Stored::Long(one), Stored::Long(two)) => one.get().cmp(&two.get()),
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
            _ => NO_LITERAL,
        }
    }
}

const NO_LITERAL: u8 = 4;
