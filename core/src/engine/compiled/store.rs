//! Stored entities in compiled form.

use super::pool::{Fields, Pool};
use crate::engine::names::{EntityRow, Names, TypeName, Uid, UidId};

/// Stored entities, by the number of their uid.
#[derive(Debug)]
pub(in crate::engine) struct Store {
    pub(in crate::engine) names: Names,
    pub(in crate::engine) pool: Pool,
    /// Of each entity the ancestors in rising order, and behind them the parents.
    pub(super) uids: Vec<UidId>,
    pub(super) count: usize,
}

impl Store {
    /// How many entities are stored.
    pub(in crate::engine) fn len(&self) -> usize {
        self.count
    }

    /// The stored entities of a type.
    pub(in crate::engine) fn of_type(
        &self,
        type_name: TypeName<'_>,
    ) -> impl Iterator<Item = UidId> {
        let entity_type = self.names.type_id(type_name);
        let stored = entity_type.is_some().then(|| self.names.entities()).into_iter().flatten();
        stored.filter(move |uid| self.names.type_of(Uid::Known(*uid)) == entity_type)
    }

    /// The id of a uid, without its type.
    pub(in crate::engine) fn id_text(&self, uid: UidId) -> &str {
        self.names.id_text(uid)
    }

    /// What a stored entity is in, in rising order.
    pub(in crate::engine) fn ancestors_of(&self, uid: UidId) -> &[UidId] {
        self.row(uid).map_or(&[], |row| self.ancestors(row))
    }

    #[inline]
    pub(super) fn row(&self, uid: UidId) -> Option<&EntityRow> {
        self.names.entity(uid)
    }

    /// In rising order.
    #[inline]
    pub(super) fn ancestors(&self, row: &EntityRow) -> &[UidId] {
        self.slice(row.uids, row.ancestors)
    }

    pub(super) fn parents(&self, row: &EntityRow) -> &[UidId] {
        self.slice(row.uids.saturating_add(row.ancestors), row.parents)
    }

    #[inline]
    fn slice(&self, start: u32, length: u32) -> &[UidId] {
        let (start, length) = (start as usize, length as usize);
        self.uids.get(start..start.saturating_add(length)).unwrap_or_default()
    }
}

impl EntityRow {
    #[inline]
    pub(in crate::engine) fn attributes(&self) -> Fields {
        Fields { start: self.fields, length: self.attributes }
    }

    #[inline]
    pub(in crate::engine) fn tags(&self) -> Fields {
        Fields { start: self.fields.saturating_add(self.attributes), length: self.tags }
    }
}
