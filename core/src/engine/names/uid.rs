//! Names as they are asked for, and what they are when they are known.

use std::cmp::Ordering;

use cedar_policy_core::ast::{EntityType, EntityUID};
use smallvec::SmallVec;

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

impl<'a> TypeName<'a> {
    /// Calls back with the bytes of the whole name.
    #[inline]
    pub(super) fn with_bytes<T>(self, call: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::Written(text) => call(text.as_bytes()),
            Self::Parsed(name) => {
                let mut joined: SmallVec<[u8; 64]> = SmallVec::new();
                let name = name.name().as_ref();
                for part in name.namespace_components() {
                    joined.extend_from_slice(AsRef::<str>::as_ref(part).as_bytes());
                    joined.extend_from_slice(b"::");
                }
                joined.extend_from_slice(AsRef::<str>::as_ref(name.basename()).as_bytes());
                call(&joined)
            }
        }
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
                    (Some(one), Some(two)) => one.parts().cmp(two.parts()),
                    _ => Ordering::Equal,
                })
            }
        }
    }

    #[inline]
    pub(in crate::engine) fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Known(one), Self::Known(two)) => one == two,
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
