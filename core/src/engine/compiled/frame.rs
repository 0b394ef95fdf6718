//! All that evaluating a policy can look at.

use bumpalo::Bump;

use super::node::Key;
use super::overlay::{Over, Overlay};
use super::pool::{Fields, Pool};
use super::record::Record;
use super::store::Store;
use super::value::{Deferred, Value};
use crate::engine::index::Asked;
use crate::engine::names::{EntityRow, KeyId, Names, Uid};
use crate::engine::standing::{Ancestors, Standing};

/// All that evaluating a policy can look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) store: &'a Store,
    /// The values that policies write out.
    pub(super) constants: &'a Pool,
    pub(super) overlay: Option<&'a Overlay<'a>>,
    pub(super) arena: &'a Bump,
    pub(super) asked: &'a Asked<'a>,
    pub(super) context: Record<'a>,
}

/// What an attribute or tag is looked up in.
enum Under<'a> {
    Nothing,
    Stored(Fields),
    /// The request's own entity, and what it lies over unless it is whole.
    Over(&'a Over<'a>, Option<Fields>),
}

impl<'a> Frame<'a> {
    #[inline]
    pub(super) fn new(
        store: &'a Store,
        constants: &'a Pool,
        overlay: Option<&'a Overlay<'a>>,
        arena: &'a Bump,
        asked: &'a Asked<'a>,
        context: Record<'a>,
    ) -> Self {
        let mut frame = Self { store, constants, overlay, arena, asked, context };
        if overlay.is_some() {
            frame.asked = arena.alloc(Asked {
                principal: frame.standing(asked.principal.uid),
                action: frame.standing(asked.action.uid),
                resource: frame.standing(asked.resource.uid),
            });
        }
        frame
    }

    pub(super) fn standing(&self, uid: Uid<'a>) -> Standing<'a> {
        let standing = self.store.standing(uid);
        match self.overlay {
            None => standing,
            Some(overlay) => Standing {
                ancestors: self.ancestors(uid),
                attributes: standing.attributes.filter(|_| overlay.over(uid).is_none()),
                ..standing
            },
        }
    }

    pub(super) fn names(&self) -> &'a Names {
        &self.store.names
    }

    pub(super) fn ancestors(&self, uid: Uid<'a>) -> Ancestors<'a> {
        match (self.overlay, uid) {
            (Some(overlay), _) => overlay.ancestors(uid, self),
            (None, Uid::Known(id)) => Ancestors::Stored(self.store.ancestors_of(id)),
            (None, _) => Ancestors::Stored(&[]),
        }
    }

    /// Whether an entity is this one or below it.
    pub(super) fn is_in(&self, uid: Uid<'a>, ancestor: Uid<'a>) -> bool {
        uid.is(ancestor) || self.ancestors(uid).contain(ancestor)
    }

    /// An attribute, when there are the entity and the attribute.
    pub(super) fn attribute(
        &self,
        uid: Uid<'a>,
        key: Option<KeyId>,
        text: &str,
    ) -> Result<Option<Value<'a>>, Deferred> {
        match self.under(uid, EntityRow::attributes) {
            Under::Nothing => Ok(None),
            Under::Stored(fields) => self.field(fields, key),
            Under::Over(over, fields) => match over.attribute(text, self)? {
                Some(value) => Ok(Some(value)),
                None => fields.map_or(Ok(None), |fields| self.field(fields, key)),
            },
        }
    }

    /// Whether there are the entity and the attribute.
    pub(super) fn has_attribute(&self, uid: Uid<'a>, key: &Key) -> Result<bool, Deferred> {
        match self.under(uid, EntityRow::attributes) {
            Under::Nothing => Ok(false),
            Under::Stored(fields) => Ok(self.store.pool().field(fields, key.id).is_some()),
            Under::Over(..) => Ok(self.attribute(uid, Some(key.id), &key.text)?.is_some()),
        }
    }

    /// A tag, when there are the entity and the tag.
    pub(super) fn tag(&self, uid: Uid<'a>, text: &str) -> Result<Option<Value<'a>>, Deferred> {
        let key = self.names().key_id(text);
        match self.under(uid, EntityRow::tags) {
            Under::Nothing => Ok(None),
            Under::Stored(fields) => self.field(fields, key),
            Under::Over(over, fields) => match over.tag(text, self)? {
                Some(value) => Ok(Some(value)),
                None => fields.map_or(Ok(None), |fields| self.field(fields, key)),
            },
        }
    }

    fn under(&self, uid: Uid<'a>, part: impl Fn(&EntityRow) -> Fields) -> Under<'a> {
        let stored = match uid {
            Uid::Known(id) => self.store.row(id).map(part),
            Uid::Written(_) | Uid::Parsed(_) => None,
        };
        match (self.overlay.and_then(|overlay| overlay.over(uid)), stored) {
            (Some(over), stored) => Under::Over(over, stored.filter(|_| !over.is_whole())),
            (None, Some(fields)) => Under::Stored(fields),
            (None, None) => Under::Nothing,
        }
    }

    fn field(&self, fields: Fields, key: Option<KeyId>) -> Result<Option<Value<'a>>, Deferred> {
        let pool = self.store.pool();
        let found = key.and_then(|key| pool.field(fields, key));
        found.map(|stored| Value::stored(*stored, pool)).transpose()
    }
}
