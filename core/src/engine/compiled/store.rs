//! Stored entities in compiled form.

use std::sync::Arc;

use super::pool::{Fields, Pool};
use crate::engine::index::Asked;
use crate::engine::names::{EntityRow, Names, TypeName, Uid, UidId};
use crate::engine::standing::{Ancestors, Standing};

/// Stored entities, by the number of their uid.
#[derive(Debug)]
pub(in crate::engine) struct Store {
    pub(in crate::engine) names: Names,
    facts: Arc<Facts>,
}

/// What is known of stored entities.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) pool: Pool,
    /// Of each entity the ancestors in rising order, and behind them the parents.
    pub(super) uids: Vec<UidId>,
    pub(super) count: usize,
    /// How many names there were.
    pub(super) names: usize,
}

/// How many names may be added by policies over the same entities before all is read anew, so that
/// names which nothing needs any more do not gather.
const MORE_NAMES: usize = 4_096;

impl Store {
    pub(super) fn new(names: Names, facts: Facts) -> Self {
        Self { names, facts: Arc::new(facts) }
    }

    /// The same entities next to more names.
    ///
    /// INVARIANT: `names` are those of [`Store::more_names`], with some added.
    pub(in crate::engine) fn with_names(&self, names: Names) -> Self {
        Self { names, facts: Arc::clone(&self.facts) }
    }

    /// The names, to add to; `None` when they have grown so much that they are better made anew.
    pub(in crate::engine) fn more_names(&self) -> Option<Names> {
        let most = self.facts.names.saturating_mul(2).saturating_add(MORE_NAMES);
        (self.names.uid_count() <= most).then(|| self.names.clone())
    }

    /// How many entities are stored.
    pub(in crate::engine) fn len(&self) -> usize {
        self.facts.count
    }

    #[inline]
    pub(in crate::engine) fn pool(&self) -> &Pool {
        &self.facts.pool
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

    /// A uid with its place in the hierarchy.
    #[inline]
    pub(super) fn standing<'a>(&'a self, uid: Uid<'a>) -> Standing<'a> {
        let Uid::Known(id) = uid else {
            let entity_type = self.names.type_of(uid);
            let ancestors = Ancestors::Stored(&[]);
            return Standing { uid, entity_type, ancestors, attributes: None };
        };
        match self.names.row(id) {
            Some((entity_type, Some(row))) => Standing {
                uid,
                entity_type: Some(entity_type),
                ancestors: Ancestors::Stored(self.ancestors(row)),
                attributes: Some(row.attributes()),
            },
            found => Standing {
                uid,
                entity_type: found.map(|(entity_type, _)| entity_type),
                ancestors: Ancestors::Stored(&[]),
                attributes: None,
            },
        }
    }

    /// Principal, action and resource in their places.
    #[inline]
    pub(in crate::engine) fn asked<'a>(&'a self, uids: [Uid<'a>; 3]) -> Asked<'a> {
        let [principal, action, resource] = uids;
        Asked {
            principal: self.standing(principal),
            action: self.standing(action),
            resource: self.standing(resource),
        }
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
        self.facts.uids.get(start..start.saturating_add(length)).unwrap_or_default()
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
