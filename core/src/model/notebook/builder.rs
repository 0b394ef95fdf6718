//! Attributes, parents and tags of an entity in the making.

use super::super::described::{Described, set};
use super::super::{Entity, EntityUid, RequestError, Value};

/// What every builder of an entity can do.
pub trait Builder: Sized {
    #[doc(hidden)]
    fn described_mut(&mut self) -> &mut Described;

    /// All that was said of it.
    fn described(self) -> Described;

    /// The uid alone.
    fn uid(&self) -> EntityUid;

    /// Puts the entity in another: a user in a group, a server in a namespace.
    #[must_use]
    fn parent(mut self, parent: EntityUid) -> Self {
        let parents = &mut self.described_mut().parents;
        if !parents.contains(&parent) {
            parents.push(parent);
        }
        self
    }

    /// Sets a tag.
    #[must_use]
    fn tag(mut self, key: &str, value: &str) -> Self {
        set(&mut self.described_mut().tags, key.to_owned(), Value::Text(value.into()));
        self
    }

    /// The whole entity.
    ///
    /// # Errors
    /// When a value cannot be made, such as a time out of the language's range.
    fn entity(self) -> Result<Entity, RequestError> {
        self.described().to_entity()
    }
}
