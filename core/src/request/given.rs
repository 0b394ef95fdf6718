//! Values and entities of a question, borrowed.

use std::borrow::Cow;
use std::net::IpAddr;

use bumpalo::Bump;

use super::question::{duplicate, uid};
use crate::model::{Described, EntityUid, RequestError, RequestErrorKind, Value, type_text};

/// A value of a context or of an attribute, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Given<'a> {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// A string.
    Text(&'a str),
    /// An entity: the name of its type, and its id.
    Entity((&'a str, &'a str)),
    /// An address with its prefix; of one address, 32 or 128.
    Address {
        /// The address.
        address: IpAddr,
        /// How many of its bits are the network's.
        prefix: u8,
    },
    /// A decimal, in ten-thousandths.
    Decimal(i64),
    /// A moment, in milliseconds since 1970.
    DateTime(i64),
    /// A duration, in milliseconds.
    Duration(i64),
    /// A set; what is there twice counts once.
    Set(&'a [Given<'a>]),
    /// A record, each key once.
    Record(Fields<'a>),
}

/// Attributes, tags or facts by their names, each once.
pub type Fields<'a> = &'a [(&'a str, Given<'a>)];

/// What a question brings of an entity, over what is stored or in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sent<'a> {
    /// The name of its type, and its id.
    pub uid: (&'a str, &'a str),
    /// Its attributes.
    pub attributes: Fields<'a>,
    /// All else there is of it, when it takes the place of the stored entity; without, the attributes go
    /// over those that are stored, and what they do not name stays.
    pub whole: Option<Rest<'a>>,
}

/// What an entity has beside attributes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rest<'a> {
    /// Its tags.
    pub tags: Fields<'a>,
    /// What it is in: the name of the type, and the id.
    pub parents: &'a [(&'a str, &'a str)],
}

impl<'a> Given<'a> {
    /// A value that is kept.
    pub fn of(value: &'a Value, arena: &'a Bump) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Long(value) => Self::Long(*value),
            Value::Text(text) => Self::Text(text),
            Value::Entity(uid) => Self::Entity(parts(uid, arena)),
            Value::Address { address, prefix } => {
                Self::Address { address: *address, prefix: *prefix }
            }
            Value::Decimal(value) => Self::Decimal(*value),
            Value::DateTime(value) => Self::DateTime(*value),
            Value::Duration(value) => Self::Duration(*value),
            Value::Set(elements) => Self::Set(
                arena.alloc_slice_fill_iter(elements.iter().map(|value| Self::of(value, arena))),
            ),
            Value::Record(fields) => Self::Record(arena.alloc_slice_fill_iter(
                fields.iter().map(|(key, value)| (&**key, Self::of(value, arena))),
            )),
        }
    }

    /// The value, to keep.
    ///
    /// # Errors
    /// When a type has no name of the language's.
    pub fn to_value(&self) -> Result<Value, RequestError> {
        self.keep(&|(type_name, id)| uid(type_name, id))
    }

    /// The value, to keep; `named` makes an entity uid of the name of a type and an id.
    pub(super) fn keep<E>(
        &self,
        named: &impl Fn((&str, &str)) -> Result<EntityUid, E>,
    ) -> Result<Value, E> {
        Ok(match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Long(value) => Value::Long(*value),
            Self::Text(text) => Value::Text((*text).into()),
            Self::Entity(parts) => Value::Entity(named(*parts)?),
            Self::Address { address, prefix } => {
                Value::Address { address: *address, prefix: *prefix }
            }
            Self::Decimal(value) => Value::Decimal(*value),
            Self::DateTime(value) => Value::DateTime(*value),
            Self::Duration(value) => Value::Duration(*value),
            Self::Set(elements) => {
                let elements = elements.iter().map(|element| element.keep(named));
                Value::Set(elements.collect::<Result<_, _>>()?)
            }
            Self::Record(fields) => {
                let fields =
                    fields.iter().map(|(key, value)| Ok(((*key).into(), value.keep(named)?)));
                Value::Record(fields.collect::<Result<_, _>>()?)
            }
        })
    }

    /// # Errors
    /// When a record in it has a key twice, or an address has a prefix that it cannot have.
    #[inline]
    pub(super) fn check(&self) -> Result<(), RequestError> {
        match self {
            Self::Set(_) | Self::Record(_) | Self::Address { .. } => self.check_whole(),
            _ => Ok(()),
        }
    }

    fn check_whole(&self) -> Result<(), RequestError> {
        match self {
            Self::Set(elements) => elements.iter().try_for_each(Self::check),
            Self::Record(fields) => check(fields),
            Self::Address { address, prefix } if *prefix > longest_prefix(address) => {
                let message = format!("address `{address}` cannot have a prefix of {prefix}");
                Err(RequestError::new(RequestErrorKind::Context, message))
            }
            _ => Ok(()),
        }
    }
}

impl<'a> Sent<'a> {
    /// An entity that takes the place of the stored one of its uid.
    #[must_use]
    pub fn entity(described: &'a Described, arena: &'a Bump) -> Self {
        let parents = described.parents.iter().map(|parent| parts(parent, arena));
        let parents = arena.alloc_slice_fill_iter(parents);
        let rest = Rest { tags: fields(&described.tags, arena), parents };
        Self { whole: Some(rest), ..Self::attributes(described, arena) }
    }

    /// Attributes that go over those of the entity of their uid.
    #[must_use]
    pub fn attributes(described: &'a Described, arena: &'a Bump) -> Self {
        let uid = parts(&described.uid, arena);
        Self { uid, attributes: fields(&described.attributes, arena), whole: None }
    }

    pub(super) fn keep<E>(
        &self,
        named: &impl Fn((&str, &str)) -> Result<EntityUid, E>,
    ) -> Result<Described, E> {
        let mut kept = Described::new(named(self.uid)?);
        kept.attributes = keep(self.attributes, named)?;
        if let Some(Rest { tags, parents }) = self.whole {
            kept.tags = keep(tags, named)?;
            kept.parents = parents.iter().copied().map(named).collect::<Result<_, _>>()?;
        }
        Ok(kept)
    }

    /// # Errors
    /// When a record in it, the attributes and tags among them, has a key twice.
    pub(super) fn check(&self) -> Result<(), RequestError> {
        check(self.attributes)?;
        self.whole.map_or(Ok(()), |rest| check(rest.tags))
    }
}

/// Fields that are kept.
pub fn fields<'a>(kept: &'a [(Cow<'static, str>, Value)], arena: &'a Bump) -> Fields<'a> {
    let fields = kept.iter().map(|(name, value)| (&**name, Given::of(value, arena)));
    arena.alloc_slice_fill_iter(fields)
}

/// The name of a uid's type, and its id.
pub fn parts<'a>(uid: &'a EntityUid, arena: &'a Bump) -> (&'a str, &'a str) {
    let type_name = match type_text(uid.type_name()) {
        Cow::Borrowed(name) => name,
        Cow::Owned(name) => arena.alloc_str(&name),
    };
    (type_name, uid.id().unescaped())
}

pub(super) fn keep<E>(
    fields: Fields<'_>,
    named: &impl Fn((&str, &str)) -> Result<EntityUid, E>,
) -> Result<crate::model::Fields, E> {
    let fields =
        fields.iter().map(|(key, value)| Ok((Cow::Owned((*key).to_owned()), value.keep(named)?)));
    fields.collect()
}

/// # Errors
/// When a key is there twice, here or in a record below.
pub(super) fn check(fields: Fields<'_>) -> Result<(), RequestError> {
    if fields.len() > 1
        && let Some(key) = twice(fields, |(key, _)| key)
    {
        return Err(duplicate(key));
    }
    fields.iter().try_for_each(|(_, given)| given.check())
}

/// What is there twice; a few are compared one by one.
pub(super) fn twice<'s, T, K: Ord>(all: &'s [T], key: impl Fn(&'s T) -> K) -> Option<K> {
    if all.len() > FEW {
        let mut sorted: Vec<K> = all.iter().map(key).collect();
        sorted.sort_unstable();
        let at = sorted.windows(2).position(|pair| matches!(pair, [one, two] if one == two))?;
        return sorted.into_iter().nth(at);
    }
    let mut rest = all;
    while let Some((one, after)) = rest.split_first() {
        if after.iter().any(|other| key(other) == key(one)) {
            return Some(key(one));
        }
        rest = after;
    }
    None
}

const FEW: usize = 16;

/// How many bits an address has.
fn longest_prefix(address: &IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}
