//! Attributes that go over those of a stored entity.

use std::collections::{HashMap, HashSet};

use crate::model::{
    Described, Entity, EntityUid, RequestError, RequestErrorKind, RestrictedExpression,
};

/// Attributes sent with a request, over those of the entity of this uid.
///
/// What they do not name stays as it is stored: other attributes, tags, parents. When neither the
/// request nor the store has the entity, it is one with these attributes and nothing else.
#[derive(Debug, Clone)]
pub struct EntityAttributes(Entity);

impl EntityAttributes {
    /// These attributes for the entity of this uid.
    ///
    /// # Errors
    /// When a value cannot be made, such as an address that is none.
    pub fn new(
        uid: EntityUid,
        attributes: impl IntoIterator<Item = (String, RestrictedExpression)>,
    ) -> Result<Self, RequestError> {
        let attributes = attributes.into_iter().collect::<HashMap<_, _>>();
        Entity::new(uid, attributes, HashSet::new())
            .map(Self)
            .map_err(|error| RequestError::new(RequestErrorKind::Entities, error.to_string()))
    }

    /// The attributes of what is said of an entity.
    ///
    /// # Errors
    /// When a value cannot be made, such as an address that is none.
    pub fn of(described: &Described) -> Result<Self, RequestError> {
        described.to_entity().map(Self)
    }

    pub(crate) fn from_entity(entity: Entity) -> Self {
        Self(entity)
    }

    /// Whose they are.
    #[must_use]
    pub fn uid(&self) -> EntityUid {
        self.0.uid()
    }

    /// An entity of that uid that has these attributes and nothing else.
    #[must_use]
    pub fn as_entity(&self) -> &Entity {
        &self.0
    }
}
