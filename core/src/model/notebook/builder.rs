//! Attributes, parents and tags of an entity in the making.

use std::collections::{HashMap, HashSet};

use super::super::{Entity, EntityUid, RequestError, RequestErrorKind, RestrictedExpression};

/// What every builder of an entity can do.
pub trait Builder: Sized {
    #[doc(hidden)]
    fn parts(&mut self) -> &mut Parts;

    #[doc(hidden)]
    fn into_parts(self) -> Parts;

    /// The uid alone.
    fn uid(&self) -> EntityUid;

    /// Puts the entity in another: a user in a group, a server in a namespace.
    #[must_use]
    fn parent(mut self, parent: EntityUid) -> Self {
        self.parts().parents.insert(parent);
        self
    }

    /// Sets a tag.
    #[must_use]
    fn tag(mut self, key: &str, value: &str) -> Self {
        let value = RestrictedExpression::new_string(value.to_owned());
        self.parts().tags.insert(key.to_owned(), value);
        self
    }

    /// The whole entity.
    ///
    /// # Errors
    /// When a value cannot be made, such as a time out of the language's range.
    fn entity(self) -> Result<Entity, RequestError> {
        let Parts { uid, attributes, parents, tags } = self.into_parts();
        Entity::new_with_tags(uid, attributes, parents, tags)
            .map_err(|error| RequestError::new(RequestErrorKind::Entities, error.to_string()))
    }
}

/// An entity in the making.
#[derive(Debug, Clone)]
pub struct Parts {
    pub(super) uid: EntityUid,
    pub(super) attributes: HashMap<String, RestrictedExpression>,
    pub(super) parents: HashSet<EntityUid>,
    pub(super) tags: HashMap<String, RestrictedExpression>,
}

impl Parts {
    pub(super) fn new(uid: EntityUid) -> Self {
        let (attributes, parents, tags) = (HashMap::new(), HashSet::new(), HashMap::new());
        Self { uid, attributes, parents, tags }
    }
}
