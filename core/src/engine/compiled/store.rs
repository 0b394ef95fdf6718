//! Stored entities in compiled form.

use cedar_policy_core::ast::Entity;

use super::pool::{Fields, Pool};
use crate::engine::names::{Names, TypeName, Uid, UidId};

/// Stored entities, by the number of their uid.
#[derive(Debug)]
pub(in crate::engine) struct Store {
    pub(super) names: Names,
    pub(super) pool: Pool,
    rows: Vec<Option<Row>>,
    uids: Vec<UidId>,
}

/// One stored entity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) attributes: Fields,
    pub(super) tags: Fields,
    ancestors: Uids,
    parents: Uids,
}

#[derive(Debug, Clone, Copy)]
struct Uids {
    start: u32,
    length: u32,
}

impl Store {
    /// Takes in entities that know all their ancestors, next to what `names` has.
    ///
    /// `None` when there are more than can be numbered.
    pub(in crate::engine) fn build<'e>(
        names: Names,
        entities: impl Iterator<Item = &'e Entity>,
    ) -> Option<Self> {
        let mut store = Self { names, pool: Pool::default(), rows: Vec::new(), uids: Vec::new() };
        for entity in entities {
            let uid = store.names.add_uid(entity.uid())?;
            let attributes = entity.attrs().map(|(key, value)| (key.as_str(), value));
            let attributes = store.pool.add_partial(attributes, &mut store.names)?;
            let tags = entity.tags().map(|(key, value)| (key.as_str(), value));
            let tags = store.pool.add_partial(tags, &mut store.names)?;
            let ancestors = store.add_uids(entity.ancestors())?;
            let parents = store.add_uids(entity.parents())?;
            let row = Row { attributes, tags, ancestors, parents };
            if store.rows.len() <= uid.place() {
                store.rows.resize(uid.place().checked_add(1)?, None);
            }
            *store.rows.get_mut(uid.place())? = Some(row);
        }
        store.rows.shrink_to_fit();
        store.uids.shrink_to_fit();
        Some(store)
    }

    fn add_uids<'e>(
        &mut self,
        uids: impl Iterator<Item = &'e cedar_policy_core::ast::EntityUID>,
    ) -> Option<Uids> {
        let start = u32::try_from(self.uids.len()).ok()?;
        let from = self.uids.len();
        for uid in uids {
            let uid = self.names.add_uid(uid)?;
            self.uids.push(uid);
        }
        let added = self.uids.get_mut(from..)?;
        added.sort_unstable();
        Some(Uids { start, length: u32::try_from(added.len()).ok()? })
    }

    /// The stored entities of a type.
    pub(in crate::engine) fn of_type(
        &self,
        type_name: TypeName<'_>,
    ) -> impl Iterator<Item = UidId> {
        let entity_type = self.names.type_id(type_name);
        let stored = self.rows.iter().zip(0_u32..).filter(|(row, _)| row.is_some());
        let uids = stored.map(|(_, at)| UidId(at));
        uids.filter(move |uid| {
            entity_type.is_some() && self.names.type_of(Uid::Known(*uid)) == entity_type
        })
    }

    /// The id of a uid, without its type.
    pub(in crate::engine) fn id_text(&self, uid: UidId) -> &str {
        self.names.id_text(uid)
    }

    pub(super) fn row(&self, uid: UidId) -> Option<&Row> {
        self.rows.get(uid.place())?.as_ref()
    }

    /// In rising order.
    pub(super) fn ancestors(&self, row: &Row) -> &[UidId] {
        self.slice(row.ancestors)
    }

    pub(super) fn parents(&self, row: &Row) -> &[UidId] {
        self.slice(row.parents)
    }

    fn slice(&self, uids: Uids) -> &[UidId] {
        let start = uids.start as usize;
        self.uids.get(start..start.saturating_add(uids.length as usize)).unwrap_or_default()
    }
}
