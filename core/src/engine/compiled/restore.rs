//! Stored entities as the language's own values, for what is left to the official evaluator.

use std::collections::HashSet;

use cedar_policy::Entities;
use cedar_policy_core::ast::{Entity, EntityUID, PartialValue, Value};
use cedar_policy_core::entities::{Entities as CoreEntities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::extensions::Extensions;
use smol_str::SmolStr;

use super::extension::Extension;
use super::pool::{Fields, Stored};
use super::store::Store;
use crate::engine::names::{Uid, UidId};

impl Store {
    /// The stored entity of this uid, with its ancestors.
    pub(in crate::engine) fn entity(&self, uid: &EntityUID) -> Option<Entity> {
        match self.names.parsed(uid) {
            Uid::Known(id) => self.restored(id),
            Uid::Written(_) | Uid::Parsed(_) => None,
        }
    }

    /// What a stored entity is directly in.
    pub(in crate::engine) fn parents_of(&self, uid: &EntityUID) -> Vec<EntityUID> {
        let Uid::Known(id) = self.names.parsed(uid) else { return Vec::new() };
        let parents = self.names.entity(id).map_or(&[][..], |row| self.parents(row));
        parents.iter().filter_map(|parent| self.names.language_uid(*parent)).collect()
    }

    /// All stored entities.
    ///
    /// # Errors
    /// When one of them has no such form: then nothing may be decided by what is left.
    pub(in crate::engine) fn official(&self) -> Result<Entities, String> {
        let entities = self.names.entities().map(|id| {
            self.restored(id).ok_or_else(|| {
                let uid = self.names.language_uid(id).map(|uid| uid.to_string());
                format!("entity `{}` has no form in the language", uid.unwrap_or_default())
            })
        });
        let entities = entities.collect::<Result<Vec<_>, _>>()?;
        let (schema, assume) = (None::<&NoEntitiesSchema>, TCComputation::AssumeAlreadyComputed);
        let extensions = Extensions::all_available();
        CoreEntities::from_entities(entities, schema, assume, extensions)
            .map(Entities::from)
            .map_err(|error| error.to_string())
    }

    /// The stored entity of this number, with its ancestors.
    pub(in crate::engine) fn restored(&self, id: UidId) -> Option<Entity> {
        let row = self.names.entity(id)?;
        let uids = |ids: &[UidId]| -> Option<HashSet<EntityUID>> {
            ids.iter().map(|id| self.names.language_uid(*id)).collect()
        };
        let parents = uids(self.parents(row))?;
        let mut indirect = uids(self.ancestors(row))?;
        indirect.retain(|uid| !parents.contains(uid));
        let (attributes, tags) = (self.fields(row.attributes())?, self.fields(row.tags())?);
        let uid = self.names.language_uid(id)?;
        Some(Entity::new_with_attr_partial_value(uid, attributes, indirect, parents, tags))
    }

    fn fields(&self, fields: Fields) -> Option<Vec<(SmolStr, PartialValue)>> {
        let fields = self.pool().fields(fields).iter();
        let fields = fields.map(|field| {
            let value = self.value(field.value)?;
            Some((SmolStr::from(self.names.key_text(field.key)), PartialValue::Value(value)))
        });
        fields.collect()
    }

    fn value(&self, stored: Stored) -> Option<Value> {
        Some(match stored {
            Stored::Bool(value) => value.into(),
            Stored::Long(value) => value.get().into(),
            Stored::Text { start, length } => self.pool().text(start, length).into(),
            Stored::Entity(uid) => self.names.language_uid(uid)?.into(),
            Stored::Decimal(value) => Extension::Decimal(value.get()).to_value()?,
            Stored::DateTime(value) => Extension::DateTime(value.get()).to_value()?,
            Stored::Duration(value) => Extension::Duration(value.get()).to_value()?,
            Stored::Address(at) => Extension::Address(self.pool().address(at)?).to_value()?,
            Stored::Set(set) => {
                let elements = self.pool().elements(set).iter().map(|element| self.value(*element));
                Value::set(elements.collect::<Option<Vec<_>>>()?, None)
            }
            Stored::Record(fields) => {
                let fields = self.pool().fields(fields).iter().map(|field| {
                    Some((SmolStr::from(self.names.key_text(field.key)), self.value(field.value)?))
                });
                Value::record(fields.collect::<Option<Vec<_>>>()?, None)
            }
            Stored::Opaque => return None,
        })
    }
}
