//! Types, attribute keys and entity uids as small numbers.
//!
//! Hashing is keyed, since uids come from outside, and what a hash finds is compared in full.

mod table;
mod uid;

use std::hash::{BuildHasher, Hasher};

use cedar_policy_core::ast::{Eid, EntityType, EntityUID};
use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

use self::table::Table;

pub(super) use self::uid::{KeyId, TypeId, TypeName, Uid, UidId};

/// The names of a snapshot.
#[derive(Debug, Clone)]
pub(super) struct Names {
    hasher: SeedableRandomState,
    types: Vec<TypeRow>,
    types_by_text: Table,
    keys: Vec<Box<str>>,
    keys_by_text: Table,
    uids: Vec<UidRow>,
    uids_by_parts: Table,
    /// The ids that are too long for their rows, one after the other.
    text: Vec<u8>,
}

#[derive(Debug, Clone)]
struct TypeRow {
    text: Box<str>,
    name: EntityType,
}

/// A uid, and where the facts of its entity lie: one line of the processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct UidRow {
    entity_type: TypeId,
    length: u32,
    id: [u8; SHORT],
    /// Where a longer id lies in the text.
    start: u32,
    entity: Option<EntityRow>,
}

/// The longest id that its row holds.
const SHORT: usize = 24;

/// Where the facts of a stored entity lie: its tags behind its attributes, its parents behind its
/// ancestors.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct EntityRow {
    pub(super) fields: u32,
    pub(super) attributes: u32,
    pub(super) tags: u32,
    pub(super) uids: u32,
    pub(super) ancestors: u32,
    pub(super) parents: u32,
}

impl Names {
    pub(super) fn new() -> Self {
        // The standard library's source of keys, drawn once.
        let seed = std::hash::RandomState::new().build_hasher().finish();
        Self {
            hasher: SeedableRandomState::with_seed(seed, SharedSeed::global_random()),
            types: Vec::new(),
            types_by_text: Table::default(),
            keys: Vec::new(),
            keys_by_text: Table::default(),
            uids: Vec::new(),
            uids_by_parts: Table::default(),
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

    #[inline]
    pub(super) fn type_id(&self, name: TypeName<'_>) -> Option<TypeId> {
        name.with_text(|text| self.type_id_of(text))
    }

    #[inline]
    fn type_id_of(&self, text: &str) -> Option<TypeId> {
        let is = |number| self.type_text(TypeId(number)) == text;
        self.types_by_text.find(self.hash(0, text.as_bytes()), is).map(TypeId)
    }

    #[inline]
    pub(super) fn key_id(&self, text: &str) -> Option<KeyId> {
        let is = |number| self.key_text(KeyId(number)) == text;
        self.keys_by_text.find(self.hash(0, text.as_bytes()), is).map(KeyId)
    }

    #[inline]
    pub(super) fn uid_id(&self, entity_type: TypeId, id: &str) -> Option<UidId> {
        self.find_uid(self.hash(entity_type.0, id.as_bytes()), entity_type, id)
    }

    #[inline]
    fn find_uid(&self, hash: u32, entity_type: TypeId, id: &str) -> Option<UidId> {
        let is = |number| {
            let row = self.uids.get(number as usize);
            row.is_some_and(|row| {
                row.entity_type == entity_type && self.id_bytes(row) == id.as_bytes()
            })
        };
        self.uids_by_parts.find(hash, is).map(UidId)
    }

    pub(super) fn type_text(&self, id: TypeId) -> &str {
        self.types.get(id.0 as usize).map_or("", |row| &row.text)
    }

    /// The type as the language's own value.
    pub(super) fn type_name(&self, id: TypeId) -> Option<&EntityType> {
        self.types.get(id.0 as usize).map(|row| &row.name)
    }

    pub(super) fn key_text(&self, id: KeyId) -> &str {
        self.keys.get(id.0 as usize).map_or("", AsRef::as_ref)
    }

    /// The id part of a uid.
    pub(super) fn id_text(&self, id: UidId) -> &str {
        let bytes = self.uids.get(id.place()).map_or(&[][..], |row| self.id_bytes(row));
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    #[inline]
    fn id_bytes<'a>(&'a self, row: &'a UidRow) -> &'a [u8] {
        let (start, length) = (row.start as usize, row.length as usize);
        match row.id.get(..length) {
            Some(short) => short,
            None => self.text.get(start..start.saturating_add(length)).unwrap_or_default(),
        }
    }

    /// The type of a uid; none when no policy and no entity of the snapshot names the type.
    #[inline]
    pub(super) fn type_of(&self, uid: Uid<'_>) -> Option<TypeId> {
        match uid {
            Uid::Known(id) => self.uids.get(id.place()).map(|row| row.entity_type),
            Uid::Written((type_name, _)) => self.type_id(TypeName::Written(type_name)),
            Uid::Parsed(uid) => self.type_id(TypeName::Parsed(uid.entity_type())),
        }
    }

    /// The language's own value of a uid.
    pub(super) fn language_uid(&self, id: UidId) -> Option<EntityUID> {
        let name = self.type_name(self.uids.get(id.place())?.entity_type)?;
        Some(EntityUID::from_components(name.clone(), Eid::new(self.id_text(id)), None))
    }

    /// The type of a uid, and where the facts of its entity lie when it is stored.
    #[inline]
    pub(super) fn row(&self, id: UidId) -> Option<(TypeId, Option<&EntityRow>)> {
        let row = self.uids.get(id.place())?;
        Some((row.entity_type, row.entity.as_ref()))
    }

    /// Where the facts of an entity lie, when it is stored.
    #[inline]
    pub(super) fn entity(&self, id: UidId) -> Option<&EntityRow> {
        self.uids.get(id.place())?.entity.as_ref()
    }

    /// The stored entities.
    pub(super) fn entities(&self) -> impl Iterator<Item = UidId> {
        let stored = self.uids.iter().zip(0_u32..).filter(|(row, _)| row.entity.is_some());
        stored.map(|(_, number)| UidId(number))
    }

    /// Stores an entity; whether there was none of its uid.
    pub(super) fn store(&mut self, id: UidId, entity: EntityRow) -> bool {
        let row = self.uids.get_mut(id.place());
        row.is_some_and(|row| row.entity.replace(entity).is_none())
    }

    /// The uid that these parts name.
    #[inline]
    pub(super) fn written<'a>(&self, parts: &'a (&'a str, &'a str)) -> Uid<'a> {
        let known = self.type_id_of(parts.0).and_then(|id| self.uid_id(id, parts.1));
        known.map_or(Uid::Written(parts), Uid::Known)
    }

    /// The uid that the language's own value names.
    pub(super) fn parsed<'a>(&self, uid: &'a EntityUID) -> Uid<'a> {
        let entity_type = self.type_id(TypeName::Parsed(uid.entity_type()));
        let known = entity_type.and_then(|id| self.uid_id(id, uid.eid().as_ref()));
        known.map_or(Uid::Parsed(uid), Uid::Known)
    }

    /// Adds a type; `None` when there are too many.
    pub(super) fn add_type(&mut self, name: &EntityType) -> Option<TypeId> {
        TypeName::Parsed(name).with_text(|text| {
            if let Some(id) = self.type_id_of(text) {
                return Some(id);
            }
            let number = number(self.types.len())?;
            self.types.push(TypeRow { text: text.into(), name: name.clone() });
            self.types_by_text.insert(self.hash(0, text.as_bytes()), number);
            Some(TypeId(number))
        })
    }

    /// Adds a key; `None` when there are too many.
    pub(super) fn add_key(&mut self, text: &str) -> Option<KeyId> {
        if let Some(id) = self.key_id(text) {
            return Some(id);
        }
        let number = number(self.keys.len())?;
        self.keys.push(text.into());
        self.keys_by_text.insert(self.hash(0, text.as_bytes()), number);
        Some(KeyId(number))
    }

    /// Adds a uid; `None` when there are too many, or their text is too long.
    pub(super) fn add_uid(&mut self, uid: &EntityUID) -> Option<UidId> {
        let entity_type = self.add_type(uid.entity_type())?;
        self.add_uid_of(entity_type, uid.eid().as_ref())
    }

    /// Adds a uid of a type that is known; `None` as above.
    pub(super) fn add_uid_of(&mut self, entity_type: TypeId, id: &str) -> Option<UidId> {
        let hash = self.hash(entity_type.0, id.as_bytes());
        if let Some(known) = self.find_uid(hash, entity_type, id) {
            return Some(known);
        }
        let number = number(self.uids.len())?;
        let length = u32::try_from(id.len()).ok()?;
        let (mut short, mut start) = ([0; SHORT], 0);
        match short.get_mut(..id.len()) {
            Some(short) => short.copy_from_slice(id.as_bytes()),
            None => {
                start = u32::try_from(self.text.len()).ok()?;
                self.text.extend_from_slice(id.as_bytes());
            }
        }
        self.uids.push(UidRow { entity_type, length, id: short, start, entity: None });
        self.uids_by_parts.insert(hash, number);
        Some(UidId(number))
    }

    #[inline]
    fn hash(&self, salt: u32, bytes: &[u8]) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u32(salt);
        hasher.write(bytes);
        let hash = hasher.finish();
        u32::try_from((hash ^ (hash >> 32)) & u64::from(u32::MAX)).unwrap_or_default()
    }
}

/// INVARIANT: below the largest, which stands for a free place in a table.
fn number(count: usize) -> Option<u32> {
    u32::try_from(count).ok().filter(|number| *number < u32::MAX)
}
