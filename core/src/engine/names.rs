//! Types, attribute keys and entity uids as small numbers.
//!
//! Hashing is keyed, since uids come from outside, and what a hash finds is compared in full.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hasher};

use cedar_policy_core::ast::{EntityType, EntityUID, InternalName};
use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;
use hashbrown::HashTable;

/// A type of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TypeId(pub(super) u32);

/// The name of an attribute or tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyId(pub(super) u32);

/// An entity uid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UidId(pub(super) u32);

impl UidId {
    /// Its place in a table that has a row for every uid.
    pub(super) fn place(self) -> usize {
        self.0 as usize
    }
}

/// The name of an entity type, as a caller wrote it or as the language parsed it.
#[derive(Debug, Clone, Copy)]
pub(super) enum TypeName<'a> {
    Written(&'a str),
    Parsed(&'a EntityType),
}

/// An entity uid: one of the snapshot's, or one that no policy and no stored entity names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Uid<'a> {
    Known(UidId),
    /// INVARIANT: not in the snapshot's names, as the next.
    Written(&'a (&'a str, &'a str)),
    Parsed(&'a EntityUID),
}

/// The names of a snapshot.
#[derive(Debug, Clone)]
pub(super) struct Names {
    hasher: SeedableRandomState,
    types: Vec<Box<str>>,
    /// Types by the last part of their name: all that both forms of a name have in one piece.
    types_by_last: HashTable<TypeId>,
    keys: Vec<Box<str>>,
    keys_by_text: HashTable<KeyId>,
    uids: Vec<UidRow>,
    uids_by_parts: HashTable<UidId>,
    /// The ids of all uids, one after the other.
    text: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct UidRow {
    entity_type: TypeId,
    start: u32,
    length: u32,
}

impl Names {
    pub(super) fn new() -> Self {
        // The standard library's source of keys, drawn once.
        let seed = std::hash::RandomState::new().build_hasher().finish();
        Self {
            hasher: SeedableRandomState::with_seed(seed, SharedSeed::global_random()),
            types: Vec::new(),
            types_by_last: HashTable::new(),
            keys: Vec::new(),
            keys_by_text: HashTable::new(),
            uids: Vec::new(),
            uids_by_parts: HashTable::new(),
            text: Vec::new(),
        }
    }

    /// How many uids there are.
    pub(super) fn uid_count(&self) -> usize {
        self.uids.len()
    }

    /// How many types there are.
    pub(super) fn type_count(&self) -> usize {
        self.types.len()
    }

    pub(super) fn type_id(&self, name: TypeName<'_>) -> Option<TypeId> {
        let hash = self.hasher.hash_one(name.last());
        self.types_by_last.find(hash, |id| name.is(self.type_text(*id))).copied()
    }

    pub(super) fn key_id(&self, text: &str) -> Option<KeyId> {
        let hash = self.hasher.hash_one(text);
        self.keys_by_text.find(hash, |id| self.key_text(*id) == text).copied()
    }

    pub(super) fn uid_id(&self, type_name: TypeName<'_>, id: &str) -> Option<UidId> {
        let entity_type = self.type_id(type_name)?;
        let hash = self.hash_uid(entity_type, id.as_bytes());
        self.uids_by_parts.find(hash, |known| self.is_uid(*known, entity_type, id)).copied()
    }

    pub(super) fn type_text(&self, id: TypeId) -> &str {
        self.types.get(id.0 as usize).map_or("", AsRef::as_ref)
    }

    pub(super) fn key_text(&self, id: KeyId) -> &str {
        self.keys.get(id.0 as usize).map_or("", AsRef::as_ref)
    }

    /// The id part of a uid.
    pub(super) fn id_text(&self, id: UidId) -> &str {
        std::str::from_utf8(self.id_bytes(id)).unwrap_or_default()
    }

    fn id_bytes(&self, id: UidId) -> &[u8] {
        let Some(row) = self.uids.get(id.place()) else { return &[] };
        let start = row.start as usize;
        self.text.get(start..start.saturating_add(row.length as usize)).unwrap_or_default()
    }

    /// The type of a uid; none when no policy and no entity of the snapshot names the type.
    pub(super) fn type_of(&self, uid: Uid<'_>) -> Option<TypeId> {
        match uid {
            Uid::Known(id) => self.uids.get(id.place()).map(|row| row.entity_type),
            Uid::Written((type_name, _)) => self.type_id(TypeName::Written(type_name)),
            Uid::Parsed(uid) => self.type_id(TypeName::Parsed(uid.entity_type())),
        }
    }

    /// The uid that these parts name.
    pub(super) fn written<'a>(&self, parts: &'a (&'a str, &'a str)) -> Uid<'a> {
        let known = self.uid_id(TypeName::Written(parts.0), parts.1);
        known.map_or(Uid::Written(parts), Uid::Known)
    }

    /// The uid that the language's own value names.
    pub(super) fn parsed<'a>(&self, uid: &'a EntityUID) -> Uid<'a> {
        let known = self.uid_id(TypeName::Parsed(uid.entity_type()), uid.eid().as_ref());
        known.map_or(Uid::Parsed(uid), Uid::Known)
    }

    /// Adds a type; `None` when there are too many.
    pub(super) fn add_type(&mut self, name: TypeName<'_>) -> Option<TypeId> {
        if let Some(id) = self.type_id(name) {
            return Some(id);
        }
        let id = TypeId(u32::try_from(self.types.len()).ok()?);
        self.types.push(name.text());
        let (types, hasher) = (&self.types, &self.hasher);
        let last = |id: &TypeId| types.get(id.0 as usize).map_or("", |text| last_part(text));
        let hash = hasher.hash_one(name.last());
        self.types_by_last.insert_unique(hash, id, |id| hasher.hash_one(last(id)));
        Some(id)
    }

    /// Adds a key; `None` when there are too many.
    pub(super) fn add_key(&mut self, text: &str) -> Option<KeyId> {
        if let Some(id) = self.key_id(text) {
            return Some(id);
        }
        let id = KeyId(u32::try_from(self.keys.len()).ok()?);
        self.keys.push(text.into());
        let (keys, hasher) = (&self.keys, &self.hasher);
        let text_of = |id: &KeyId| keys.get(id.0 as usize).map_or("", AsRef::as_ref);
        self.keys_by_text
            .insert_unique(hasher.hash_one(text), id, |id| hasher.hash_one(text_of(id)));
        Some(id)
    }

    /// Adds a uid; `None` when there are too many, or their text is too long.
    pub(super) fn add_uid(&mut self, uid: &EntityUID) -> Option<UidId> {
        let entity_type = self.add_type(TypeName::Parsed(uid.entity_type()))?;
        let id: &str = uid.eid().as_ref();
        let hash = self.hash_uid(entity_type, id.as_bytes());
        let is = |known: &UidId| self.is_uid(*known, entity_type, id);
        if let Some(known) = self.uids_by_parts.find(hash, is) {
            return Some(*known);
        }
        let new = UidId(u32::try_from(self.uids.len()).ok()?);
        let start = u32::try_from(self.text.len()).ok()?;
        let length = u32::try_from(id.len()).ok()?;
        self.text.extend_from_slice(id.as_bytes());
        self.uids.push(UidRow { entity_type, start, length });
        let mut table = std::mem::take(&mut self.uids_by_parts);
        table.insert_unique(hash, new, |known| {
            let row = self.uids.get(known.place());
            self.hash_uid(row.map_or(TypeId(0), |row| row.entity_type), self.id_bytes(*known))
        });
        self.uids_by_parts = table;
        Some(new)
    }

    fn hash_uid(&self, entity_type: TypeId, id: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u32(entity_type.0);
        hasher.write(id);
        hasher.finish()
    }

    fn is_uid(&self, known: UidId, entity_type: TypeId, id: &str) -> bool {
        self.uids.get(known.place()).is_some_and(|row| row.entity_type == entity_type)
            && self.id_bytes(known) == id.as_bytes()
    }
}

impl<'a> TypeName<'a> {
    fn last(self) -> &'a str {
        match self {
            Self::Written(text) => last_part(text),
            Self::Parsed(name) => name.name().basename_as_ref().as_ref(),
        }
    }

    /// Whether this is the name, of which the last part is known to be one of its own.
    fn is(self, text: &str) -> bool {
        match self {
            Self::Written(written) => written == text,
            Self::Parsed(name) => {
                let name: &InternalName = name.name().as_ref();
                let rest = name.namespace_components().try_fold(text, |rest, part| {
                    rest.strip_prefix(AsRef::<str>::as_ref(part))?.strip_prefix("::")
                });
                rest == Some(name.basename().as_ref())
            }
        }
    }

    fn text(self) -> Box<str> {
        match self {
            Self::Written(text) => text.into(),
            Self::Parsed(name) => name.to_string().into(),
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
    /// A total order in which equal uids are equal.
    pub(super) fn compare(self, other: Self) -> Ordering {
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

    pub(super) fn is(self, other: Self) -> bool {
        self.compare(other).is_eq()
    }

    fn parts(self) -> (Option<TypeName<'a>>, &'a str) {
        match self {
            Self::Known(_) => (None, ""),
            Self::Written((type_name, id)) => (Some(TypeName::Written(type_name)), id),
            Self::Parsed(uid) => (Some(TypeName::Parsed(uid.entity_type())), uid.eid().as_ref()),
        }
    }
}

fn last_part(text: &str) -> &str {
    // Names have single colons nowhere; looking for one is faster than for two.
    text.rsplit_once(':').map_or(text, |(_, last)| last)
}
