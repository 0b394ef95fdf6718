//! What is said of an entity.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::{Entity, EntityUid, RequestError, RequestErrorKind, RestrictedExpression, Value};

/// Attributes, tags or facts by their names, each once.
pub type Fields = Vec<(Cow<'static, str>, Value)>;

/// What is said of an entity: attributes and, where it is all there is to say, parents and tags.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// Of which entity.
    pub uid: EntityUid,
    /// Its attributes.
    pub attributes: Fields,
    /// What it is in.
    pub parents: Vec<EntityUid>,
    /// Its tags.
    pub tags: Fields,
}

impl Described {
    /// An entity of which nothing is said yet.
    #[must_use]
    pub fn new(uid: EntityUid) -> Self {
        Self { uid, attributes: Vec::new(), parents: Vec::new(), tags: Vec::new() }
    }

    /// The whole entity, in the language's own form.
    ///
    /// # Errors
    /// When a value cannot be made, such as a time out of the language's range.
    pub fn to_entity(&self) -> Result<Entity, RequestError> {
        let parents: HashSet<EntityUid> = self.parents.iter().cloned().collect();
        let (attributes, tags) = (expressions(&self.attributes)?, expressions(&self.tags)?);
        Entity::new_with_tags(self.uid.clone(), attributes, parents, tags)
            .map_err(|error| RequestError::new(RequestErrorKind::Entities, error.to_string()))
    }
}

/// Sets a field, over what it was set to before.
pub(super) fn set(fields: &mut Fields, name: impl Into<Cow<'static, str>>, value: Value) {
    let name = name.into();
    match fields.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = value,
        None => fields.push((name, value)),
    }
}

fn expressions(fields: &Fields) -> Result<HashMap<String, RestrictedExpression>, RequestError> {
    let refused = |message| RequestError::new(RequestErrorKind::Entities, message);
    let expressions = fields.iter().map(|(name, value)| {
        let value = value.to_expression().map_err(refused)?;
        Ok((name.clone().into_owned(), value))
    });
    expressions.collect()
}
