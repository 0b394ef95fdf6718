//! Types, attribute keys and entity uids as small numbers.
//!
//! Hashing is keyed, since uids come from outside, and what a hash finds is compared in full.

mod table;
mod uid;

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use cedar_policy_core::ast::{Eid, EntityType, EntityUID};
use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

pub(super) use self::table::{Table, same};
pub(super) use self::uid::{KeyId, TypeId, TypeName, Uid, UidId};

/// The names of a snapshot.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// The same in names that were added to these: a number means the same in all of them.
    lineage: Arc<()>,
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
    hash: u64,
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
            lineage: Arc::new(()),
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

    #[inline]
    pub(super) fn type_id(&self, name: TypeName<'_>) -> Option<TypeId> {
        name.with_bytes(|text| self.find_type(self.hash(text), text))
    }

    #[inline]
    fn find_type(&self, hash: u64, text: &[u8]) -> Option<TypeId> {
        let is = |number| same(self.type_text(TypeId(number)).as_bytes(), text);
        self.types_by_text.find(fold(hash), is).map(TypeId)
    }

    #[inline]
    pub(super) fn key_id(&self, text: &str) -> Option<KeyId> {
        let is = |number| same(self.key_text(KeyId(number)).as_bytes(), text.as_bytes());
        self.keys_by_text.find(fold(self.hash(text.as_bytes())), is).map(KeyId)
    }

    /// The uid of this hash, of a type with this name, with this id.
    #[inline]
    fn find_uid(&self, hash: u32, type_name: &[u8], id: &str) -> Option<UidId> {
        let is = |number| {
            let row = self.uids.get(number as usize);
            row.is_some_and(|row| {
                same(self.id_bytes(row), id.as_bytes())
                    && same(self.type_text(row.entity_type).as_bytes(), type_name)
            })
        };
        self.uids_by_parts.find(hash, is).map(UidId)
    }

    #[inline]
    pub(super) fn type_text(&self, id: TypeId) -> &str {
        self.types.get(id.0 as usize).map_or("", |row| &row.text)
    }

    /// The type as the language's own value.
    pub(super) fn type_name(&self, id: TypeId) -> Option<&EntityType> {
        self.types.get(id.0 as usize).map(|row| &row.name)
    }

    #[inline]
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

    /// Stores an entity; whether there was none of its uid, which stays otherwise.
    pub(super) fn store(&mut self, id: UidId, entity: EntityRow) -> bool {
        match self.uids.get_mut(id.place()) {
            Some(row @ UidRow { entity: None, .. }) => {
                row.entity = Some(entity);
                true
            }
            _ => false,
        }
    }

    /// Where the facts of a stored entity lie, to change it.
    pub(super) fn entity_mut(&mut self, id: UidId) -> Option<&mut EntityRow> {
        self.uids.get_mut(id.place())?.entity.as_mut()
    }

    /// The same names without entities.
    pub(super) fn without_entities(&self) -> Self {
        let mut names = self.clone();
        names.uids.iter_mut().for_each(|row| row.entity = None);
        names
    }

    /// What makes a number of these names known again.
    pub(super) fn lineage(&self) -> &Arc<()> {
        &self.lineage
    }

    /// The uids that these parts name.
    ///
    /// All are hashed before any is looked for, so that the processor can wait for what it reads of
    /// them together.
    #[inline]
    pub(super) fn written<'a, const N: usize>(
        &self,
        all: [&'a (&'a str, &'a str); N],
    ) -> [Uid<'a>; N] {
        let hashed =
            all.map(|parts| (parts, self.uid_hash(self.hash(parts.0.as_bytes()), parts.1)));
        hashed.map(|(parts, hash)| {
            let known = self.find_uid(hash, parts.0.as_bytes(), parts.1);
            known.map_or(Uid::Written(parts), Uid::Known)
        })
    }

    /// The uid that the language's own value names.
    pub(super) fn parsed<'a>(&self, uid: &'a EntityUID) -> Uid<'a> {
        let name = TypeName::Parsed(uid.entity_type());
        let id: &str = uid.eid().as_ref();
        let known =
            name.with_bytes(|name| self.find_uid(self.uid_hash(self.hash(name), id), name, id));
        known.map_or(Uid::Parsed(uid), Uid::Known)
    }

    /// Adds a type; `None` when there are too many.
    pub(super) fn add_type(&mut self, name: &EntityType) -> Option<TypeId> {
        TypeName::Parsed(name).with_bytes(|text| {
            let hash = self.hash(text);
            if let Some(id) = self.find_type(hash, text) {
                return Some(id);
            }
            let number = number(self.types.len())?;
            self.types.push(TypeRow { text: name.to_string().into(), name: name.clone(), hash });
            self.types_by_text.insert(fold(hash), number);
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
        self.keys_by_text.insert(fold(self.hash(text.as_bytes())), number);
        Some(KeyId(number))
    }

    /// Adds a uid; `None` when there are too many, or their text is too long.
    pub(super) fn add_uid(&mut self, uid: &EntityUID) -> Option<UidId> {
        let entity_type = self.add_type(uid.entity_type())?;
        self.add_uid_of(entity_type, uid.eid().as_ref())
    }

    /// Adds a uid of a type that is known; `None` as above.
    pub(super) fn add_uid_of(&mut self, entity_type: TypeId, id: &str) -> Option<UidId> {
        let hash = self.uid_hash(self.types.get(entity_type.0 as usize)?.hash, id);
        let is = |number| {
            let row = self.uids.get(number as usize);
            row.is_some_and(|row| {
                row.entity_type == entity_type && same(self.id_bytes(row), id.as_bytes())
            })
        };
        if let Some(known) = self.uids_by_parts.find(hash, is) {
            return Some(UidId(known));
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
    fn hash(&self, bytes: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(bytes);
        hasher.finish()
    }

    /// Of a uid, from the hash of the name of its type.
    #[inline]
    fn uid_hash(&self, type_name: u64, id: &str) -> u32 {
        fold(self.hash(id.as_bytes()) ^ type_name.rotate_left(23))
    }
}

#[inline]
fn fold(hash: u64) -> u32 {
    u32::try_from((hash ^ (hash >> 32)) & u64::from(u32::MAX)).unwrap_or_default()
}

/// INVARIANT: below the largest, which stands for a free place in a table.
fn number(count: usize) -> Option<u32> {
    u32::try_from(count).ok().filter(|number| *number < u32::MAX)
}
