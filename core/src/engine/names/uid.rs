//! Names as they are asked for, and what they are when they are known.

use std::cmp::Ordering;

use cedar_policy_core::ast::{EntityType, EntityUID};

use super::table::same;

/// A type of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) struct TypeId(pub(in crate::engine) u32);

/// The name of an attribute or tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) struct KeyId(pub(in crate::engine) u32);

/// An entity uid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) struct UidId(pub(in crate::engine) u32);

impl UidId {
    /// Its place in a table that has a row for every uid.
    pub(in crate::engine) fn place(self) -> usize {
        self.0 as usize
    }
}

/// The name of an entity type, as a caller wrote it or as the language parsed it.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum TypeName<'a> {
    Written(&'a str),
    Parsed(&'a EntityType),
}

/// An entity uid: one of the snapshot's, or one that no policy and no stored entity names.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Uid<'a> {
    Known(UidId),
    /// INVARIANT: not in the snapshot's names, as the next.
    Written(&'a (&'a str, &'a str)),
    Parsed(&'a EntityUID),
}

/// The parts of a name in one piece, on the stack unless it is long.
struct Joined {
    short: [u8; Joined::SHORT],
    length: usize,
    /// All of it, once it is longer.
    long: Vec<u8>,
}

impl Joined {
    const SHORT: usize = 64;

    fn new() -> Self {
        Self { short: [0; Self::SHORT], length: 0, long: Vec::new() }
    }

    #[inline]
    fn push(&mut self, part: &str) {
        let end = self.length.saturating_add(part.len());
        match self.short.get_mut(self.length..end) {
            Some(place) if self.long.is_empty() => place.copy_from_slice(part.as_bytes()),
            _ => {
                if self.long.is_empty() {
                    self.long.extend_from_slice(self.short.get(..self.length).unwrap_or_default());
                }
                self.long.extend_from_slice(part.as_bytes());
            }
        }
        self.length = end;
    }

    fn with_bytes<T>(&self, call: impl FnOnce(&[u8]) -> T) -> T {
        match self.long.is_empty() {
            true => call(self.short.get(..self.length).unwrap_or_default()),
            false => call(&self.long),
        }
    }
}

impl<'a> TypeName<'a> {
    /// Calls back with the bytes of the whole name.
    #[inline]
    pub(super) fn with_bytes<T>(self, call: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::Written(text) => call(text.as_bytes()),
            Self::Parsed(name) => {
                let mut joined = Joined::new();
                let name = name.name().as_ref();
                for part in name.namespace_components() {
                    joined.push(AsRef::<str>::as_ref(part));
                    joined.push("::");
                }
                joined.push(AsRef::<str>::as_ref(name.basename()));
                joined.with_bytes(call)
            }
        }
    }

    fn is(self, other: Self) -> bool {
        self.with_bytes(|one| other.with_bytes(|two| one == two))
    }

    fn parts(self) -> impl Iterator<Item = &'a str> {
        let (written, parsed) = match self {
            Self::Written(text) => (Some(text.split("::")), None),
            Self::Parsed(name) => {
                let name = name.name().as_ref();
                let parts = name.namespace_components().chain([name.basename()]);
                (None, Some(parts.map(AsRef::<str>::as_ref)))
            }
        };
        written.into_iter().flatten().chain(parsed.into_iter().flatten())
    }
}

impl<'a> Uid<'a> {
    /// Its number, when the snapshot names it.
    #[inline]
    pub(in crate::engine) fn known(self) -> Option<UidId> {
        match self {
            Self::Known(id) => Some(id),
            Self::Written(_) | Self::Parsed(_) => None,
        }
    }

    /// A total order in which equal uids are equal.
    pub(in crate::engine) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Known(one), Self::Known(two)) => one.cmp(&two),
            (Self::Known(_), _) => Ordering::Less,
            (_, Self::Known(_)) => Ordering::Greater,
            _ => {
                let ((one_type, one), (two_type, two)) = (self.parts(), other.parts());
                one.cmp(two).then_with(|| match (one_type, two_type) {
                    // What is compared is nearly always the same, which whole texts tell sooner than parts.
                    (Some(one), Some(two)) if !one.is(two) => one.parts().cmp(two.parts()),
                    _ => Ordering::Equal,
                })
            }
        }
    }

    #[inline]
    pub(in crate::engine) fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Known(one), Self::Known(two)) => one == two,
            (Self::Known(_), _) | (_, Self::Known(_)) => false,
            (Self::Written(one), Self::Written(two)) => {
                std::ptr::eq(one, two)
                    || (same(one.1.as_bytes(), two.1.as_bytes())
                        && same(one.0.as_bytes(), two.0.as_bytes()))
            }
            (Self::Parsed(one), Self::Parsed(two)) => one == two,
            _ => self.compare(other).is_eq(),
        }
    }

    fn parts(self) -> (Option<TypeName<'a>>, &'a str) {
        match self {
            Self::Known(_) => (None, ""),
            Self::Written((type_name, id)) => (Some(TypeName::Written(type_name)), id),
            Self::Parsed(uid) => (Some(TypeName::Parsed(uid.entity_type())), uid.eid().as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_text_however_it_is_given() {
        let long = ["Part"; 40].join("::");
        for text in ["A", "Notebook::User", "A::B::C::D", long.as_str()] {
            let name: EntityType = text.parse().unwrap();
            TypeName::Parsed(&name).with_bytes(|bytes| assert_eq!(bytes, text.as_bytes()));
            TypeName::Written(text).with_bytes(|bytes| assert_eq!(bytes, text.as_bytes()));
        }
    }
}
