//! A request's own entities and attributes, over the stored entities and without copying them.

use cedar_policy_core::ast::{Entity, PartialValue};

use super::frame::Frame;
use super::store::Store;
use super::value::{Deferred, Value};
use crate::engine::names::{EntityRow, Uid, same};
use crate::engine::standing::Ancestors;
use crate::request::{Fields, Request, Sent};

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
    whole: Option<Source<'a>>,
    /// Over whatever is below.
    attributes: Option<Source<'a>>,
    ancestors: Vec<Uid<'a>>,
}

/// What was sent of an entity.
#[derive(Debug, Clone, Copy)]
enum Source<'a> {
    Parsed(&'a Entity),
    Given(&'a Sent<'a>),
}

/// So many entities are looked at one by one.
const FEW: usize = 8;

/// The entities of a request close the hierarchy to a cycle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cycle;

impl<'a> Overlay<'a> {
    pub(super) fn of_request(request: &'a Request, store: &'a Store) -> Result<Self, Cycle> {
        let entities = request.entities().iter().map(|entity| Source::Parsed(entity.as_ref()));
        let attributes = request.attributes().iter();
        let attributes = attributes.map(|one| Source::Parsed(one.as_entity().as_ref()));
        Self::new(entities, attributes, store)
    }

    pub(super) fn of_question(sent: &'a [Sent<'a>], store: &'a Store) -> Result<Self, Cycle> {
        let entities = sent.iter().filter(|one| one.whole.is_some()).map(Source::Given);
        let attributes = sent.iter().filter(|one| one.whole.is_none()).map(Source::Given);
        Self::new(entities, attributes, store)
    }

    fn new(
        entities: impl Iterator<Item = Source<'a>>,
        attributes: impl Iterator<Item = Source<'a>>,
        store: &'a Store,
    ) -> Result<Self, Cycle> {
        let over = |source: Source<'a>| Over {
            uid: source.uid(store),
            whole: None,
            attributes: None,
            ancestors: Vec::new(),
        };
        let mut entities: Vec<Over<'a>> =
            entities.map(|entity| Over { whole: Some(entity), ..over(entity) }).collect();
        entities.sort_by(|one, two| one.uid.compare(two.uid));
        let sent = entities.len();
        for attributes in attributes {
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
        let brings_parents = |over: &Over<'_>| over.whole.is_some_and(Source::has_parents);
        if !overlay.entities.iter().any(brings_parents) {
            return Ok(overlay);
        }
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
        if self.entities.len() <= FEW {
            return self.entities.iter().find(|over| over.uid.is(uid));
        }
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
            Some(source) => source.parents(store, parents),
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
        for source in [self.attributes, self.whole].into_iter().flatten() {
            if let Some(value) = source.attribute(name, frame)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// What the request itself says of a tag.
    pub(super) fn tag(&self, name: &str, frame: &Frame<'a>) -> Result<Option<Value<'a>>, Deferred> {
        self.whole.map_or(Ok(None), |source| source.tag(name, frame))
    }
}

impl<'a> Source<'a> {
    fn uid(self, store: &Store) -> Uid<'a> {
        match self {
            Self::Parsed(entity) => store.names.parsed(entity.uid()),
            Self::Given(sent) => {
                let [uid] = store.names.written([&sent.uid]);
                uid
            }
        }
    }

    fn has_parents(self) -> bool {
        match self {
            Self::Parsed(entity) => entity.parents().next().is_some(),
            Self::Given(sent) => sent.whole.is_some_and(|rest| !rest.parents.is_empty()),
        }
    }

    fn parents(self, store: &Store, parents: &mut Vec<Uid<'a>>) {
        match self {
            Self::Parsed(entity) => {
                parents.extend(entity.parents().map(|uid| store.names.parsed(uid)));
            }
            Self::Given(sent) => {
                let given = sent.whole.map_or(&[][..], |rest| rest.parents);
                parents.extend(given.iter().flat_map(|parent| store.names.written([parent])));
            }
        }
    }

    fn attribute(self, name: &str, frame: &Frame<'a>) -> Result<Option<Value<'a>>, Deferred> {
        match self {
            Self::Parsed(entity) => parsed(entity.get(name), frame),
            Self::Given(sent) => given(sent.attributes, name, frame),
        }
    }

    fn tag(self, name: &str, frame: &Frame<'a>) -> Result<Option<Value<'a>>, Deferred> {
        match self {
            Self::Parsed(entity) => parsed(entity.get_tag(name), frame),
            Self::Given(sent) => given(sent.whole.unwrap_or_default().tags, name, frame),
        }
    }
}

fn stored<'a>(uid: Uid<'_>, store: &'a Store) -> Option<&'a EntityRow> {
    match uid {
        Uid::Known(id) => store.row(id),
        Uid::Written(_) | Uid::Parsed(_) => None,
    }
}

fn parsed<'a>(
    value: Option<&'a PartialValue>,
    frame: &Frame<'a>,
) -> Result<Option<Value<'a>>, Deferred> {
    match value {
        None => Ok(None),
        Some(PartialValue::Value(value)) => Value::parsed(value, frame).map(Some),
        Some(PartialValue::Residual(_)) => Err(Deferred),
    }
}

fn given<'a>(
    fields: Fields<'a>,
    name: &str,
    frame: &Frame<'a>,
) -> Result<Option<Value<'a>>, Deferred> {
    let found = fields.iter().find(|(key, _)| same(key.as_bytes(), name.as_bytes()));
    found.map(|(_, given)| Value::given(given, frame)).transpose()
}
