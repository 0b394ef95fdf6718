//! A request's own entities and attributes, over the stored entities and without copying them.

use cedar_policy_core::ast::{Entity, PartialValue};

use super::frame::Frame;
use super::store::Store;
use super::value::{Deferred, Value};
use crate::engine::names::{EntityRow, Uid};
use crate::engine::standing::Ancestors;
use crate::request::Request;

/// A request's own entities and attributes.
#[derive(Debug)]
pub(super) struct Overlay<'a> {
    /// In the order of their uids.
    entities: Vec<Over<'a>>,
    /// Whether any of them takes the place of a whole entity.
    replaces: bool,
}

/// What a request says of one entity.
#[derive(Debug)]
pub(super) struct Over<'a> {
    uid: Uid<'a>,
    /// In the place of the stored entity.
    whole: Option<&'a Entity>,
    /// Over whatever is below.
    attributes: Option<&'a Entity>,
    ancestors: Vec<Uid<'a>>,
}

/// The entities of a request close the hierarchy to a cycle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cycle;

impl<'a> Overlay<'a> {
    pub(super) fn new(request: &'a Request, store: &'a Store) -> Result<Self, Cycle> {
        let over = |entity: &'a Entity| Over {
            uid: store.names.parsed(entity.uid()),
            whole: None,
            attributes: None,
            ancestors: Vec::new(),
        };
        let mut entities: Vec<Over<'a>> = Vec::new();
        for entity in request.entities() {
            let entity: &Entity = entity.as_ref();
            entities.push(Over { whole: Some(entity), ..over(entity) });
        }
        entities.sort_by(|one, two| one.uid.compare(two.uid));
        let sent = entities.len();
        for attributes in request.attributes() {
            let attributes: &Entity = attributes.as_entity().as_ref();
            let new = over(attributes);
            let found = entities.get(..sent).unwrap_or_default();
            let found = found.binary_search_by(|one| one.uid.compare(new.uid)).ok();
            let stored = stored(new.uid, store).is_some();
            match found.and_then(|at| entities.get_mut(at)) {
                Some(under) => under.attributes = Some(attributes),
                None if stored => entities.push(Over { attributes: Some(attributes), ..new }),
                None => entities.push(Over { whole: Some(attributes), ..new }),
            }
        }
        entities.sort_by(|one, two| one.uid.compare(two.uid));
        let replaces = entities.iter().any(|over| over.whole.is_some());
        let mut overlay = Self { entities, replaces };
        let walked = overlay.entities.iter().map(|over| match over.whole {
            Some(_) => overlay.walk(over.uid, store),
            None => Ok(Vec::new()),
        });
        let walked = walked.collect::<Result<Vec<_>, _>>()?;
        for (over, ancestors) in overlay.entities.iter_mut().zip(walked) {
            over.ancestors = ancestors;
        }
        Ok(overlay)
    }

    pub(super) fn over(&self, uid: Uid<'_>) -> Option<&Over<'a>> {
        let at = self.entities.binary_search_by(|over| over.uid.compare(uid)).ok()?;
        self.entities.get(at)
    }

    /// The ancestors of an entity once the overlay is in place.
    pub(super) fn ancestors(&'a self, uid: Uid<'a>, frame: &Frame<'a>) -> Ancestors<'a> {
        if let Some(over) = self.over(uid).filter(|over| over.whole.is_some()) {
            return Ancestors::Walked(&over.ancestors);
        }
        let store = frame.store;
        let stored = stored(uid, store).map_or(&[][..], |row| store.ancestors(row));
        let replaced = |over: &Over<'_>| match over.uid {
            Uid::Known(id) if over.whole.is_some() => stored.binary_search(&id).is_ok(),
            _ => false,
        };
        if !self.replaces || !self.entities.iter().any(replaced) {
            return Ancestors::Stored(stored);
        }
        // INVARIANT: every cycle goes through an entity of the request, where it was looked for.
        let walked = self.walk(uid, store).unwrap_or_default();
        Ancestors::Walked(frame.arena.alloc_slice_copy(&walked))
    }

    /// All that is above an entity, walking up parent by parent.
    fn walk(&self, from: Uid<'a>, store: &'a Store) -> Result<Vec<Uid<'a>>, Cycle> {
        let mut seen: Vec<Uid<'a>> = Vec::new();
        let mut waiting: Vec<Uid<'a>> = Vec::new();
        self.parents(from, store, &mut waiting);
        while let Some(uid) = waiting.pop() {
            if uid.is(from) {
                return Err(Cycle);
            }
            if let Err(at) = seen.binary_search_by(|one| one.compare(uid)) {
                seen.insert(at, uid);
                self.parents(uid, store, &mut waiting);
            }
        }
        Ok(seen)
    }

    fn parents(&self, uid: Uid<'a>, store: &'a Store, parents: &mut Vec<Uid<'a>>) {
        match self.over(uid).and_then(|over| over.whole) {
            Some(entity) => parents.extend(entity.parents().map(|uid| store.names.parsed(uid))),
            None => {
                let stored = stored(uid, store).map_or(&[][..], |row| store.parents(row));
                parents.extend(stored.iter().copied().map(Uid::Known));
            }
        }
    }
}

impl<'a> Over<'a> {
    /// Whether it says all there is to say of the entity.
    pub(super) fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    /// What the request itself says of an attribute.
    pub(super) fn attribute(
        &self,
        name: &str,
        frame: &Frame<'a>,
    ) -> Result<Option<Value<'a>>, Deferred> {
        let over = self.attributes.and_then(|entity| entity.get(name));
        let found = over.or_else(|| self.whole.and_then(|entity| entity.get(name)));
        found.map(|value| parsed(value, frame)).transpose()
    }

    /// What the request itself says of a tag.
    pub(super) fn tag(&self, name: &str, frame: &Frame<'a>) -> Result<Option<Value<'a>>, Deferred> {
        let found = self.whole.and_then(|entity| entity.get_tag(name));
        found.map(|value| parsed(value, frame)).transpose()
    }
}

fn stored<'a>(uid: Uid<'_>, store: &'a Store) -> Option<&'a EntityRow> {
    match uid {
        Uid::Known(id) => store.row(id),
        Uid::Written(_) | Uid::Parsed(_) => None,
    }
}

fn parsed<'a>(value: &'a PartialValue, frame: &Frame<'a>) -> Result<Value<'a>, Deferred> {
    match value {
        PartialValue::Value(value) => Value::parsed(value, frame),
        PartialValue::Residual(_) => Err(Deferred),
    }
}
