//! Entities and attributes of a request over the stored ones.

use std::collections::{HashMap, HashSet};

use cedar_policy::Entities;
use cedar_policy_core::ast::{Context, Entity, EntityUID, PartialValue, Value};
use cedar_policy_core::entities::{Entities as CoreEntities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::extensions::Extensions;

use super::compiled::Store;
use crate::request::Request;

/// What a request's entities and the stored ones look like together.
///
/// Deciding only ever looks at entities that it can name: those of the request, those the policies
/// write out (`named`), and those that the attributes of such entities hold. They alone are copied,
/// so the cost is that of what a request can reach and not that of the store.
///
/// # Errors
/// When the request's entities close the hierarchy to a cycle; says at which entity.
pub(super) fn merge(
    stored: &Store,
    request: &Request,
    named: &HashSet<EntityUID>,
) -> Result<Entities, String> {
    let overlay = Overlay::new(stored, request);
    overlay.check_cycles()?;
    let mut reached: HashMap<EntityUID, Entity> = HashMap::new();
    let mut waiting: Vec<EntityUID> = [request.principal(), request.action(), request.resource()]
        .map(|uid| AsRef::<EntityUID>::as_ref(uid).clone())
        .into_iter()
        .chain(named.iter().cloned())
        .collect();
    if let Context::Value(values) = request.context().as_ref() {
        waiting.extend(values.values().flat_map(Value::all_literal_uids));
    }
    while let Some(uid) = waiting.pop() {
        if reached.contains_key(&uid) {
            continue;
        }
        if let Some(entity) = overlay.entity(&uid) {
            let values = entity.attrs().chain(entity.tags()).map(|(_, value)| value);
            waiting.extend(values.filter_map(known).flat_map(Value::all_literal_uids));
            let closed = overlay.closed(&entity);
            reached.insert(uid, closed);
        }
    }
    let (schema, assume) = (None::<&NoEntitiesSchema>, TCComputation::AssumeAlreadyComputed);
    let merged = reached.into_values();
    CoreEntities::from_entities(merged, schema, assume, Extensions::all_available())
        .map(Entities::from)
        .map_err(|error| error.to_string())
}

struct Overlay<'a> {
    stored: &'a Store,
    over: HashMap<EntityUID, Entity>,
}

impl<'a> Overlay<'a> {
    fn new(stored: &'a Store, request: &Request) -> Self {
        let entities = request.entities().iter().map(|entity| -> &Entity { entity.as_ref() });
        let mut over: HashMap<EntityUID, Entity> =
            entities.map(|entity| (entity.uid().clone(), entity.clone())).collect();
        for attributes in request.attributes() {
            let attributes: &Entity = attributes.as_entity().as_ref();
            let uid = attributes.uid();
            let under = over.get(uid).cloned().or_else(|| stored.entity(uid));
            over.insert(
                uid.clone(),
                match under {
                    Some(under) => patched(under, attributes),
                    None => attributes.clone(),
                },
            );
        }
        Self { stored, over }
    }

    fn entity(&self, uid: &EntityUID) -> Option<Entity> {
        self.over.get(uid).cloned().or_else(|| self.stored.entity(uid))
    }

    /// What is stored has no cycle, so one has to go through an entity of the request.
    fn check_cycles(&self) -> Result<(), String> {
        let cyclic = self.over.values().filter(|one| self.ancestors(one).contains(one.uid()));
        // The request's entities come in no order; of several the first by name is told.
        match cyclic.map(Entity::uid).min() {
            None => Ok(()),
            Some(uid) => Err(format!(
                "the entities of the request close the hierarchy to a cycle through `{uid}`"
            )),
        }
    }

    /// The entity with the ancestors it has once the overlay is in place.
    fn closed(&self, entity: &Entity) -> Entity {
        let mut closed = entity.clone();
        if self.over.is_empty() {
            return closed;
        }
        closed.remove_all_indirect_ancestors();
        self.ancestors(entity).into_iter().for_each(|uid| closed.add_indirect_ancestor(uid));
        closed
    }

    fn ancestors(&self, entity: &Entity) -> HashSet<EntityUID> {
        let mut waiting: Vec<EntityUID> = entity.parents().cloned().collect();
        let mut ancestors = HashSet::new();
        while let Some(uid) = waiting.pop() {
            if !ancestors.contains(&uid) {
                waiting.extend(self.parents(&uid));
                ancestors.insert(uid);
            }
        }
        ancestors
    }

    fn parents(&self, uid: &EntityUID) -> Vec<EntityUID> {
        match self.over.get(uid) {
            Some(entity) => entity.parents().cloned().collect(),
            None => self.stored.parents_of(uid),
        }
    }
}

/// An entity with some of its attributes replaced.
fn patched(under: Entity, attributes: &Entity) -> Entity {
    let (uid, mut attrs, indirect, parents, tags) = under.into_inner();
    attrs.extend(attributes.attrs().map(|(name, value)| (name.clone(), value.clone())));
    Entity::new_with_attr_partial_value(uid, attrs, indirect, parents, tags)
}

fn known(value: &PartialValue) -> Option<&Value> {
    match value {
        PartialValue::Value(value) => Some(value),
        PartialValue::Residual(_) => None,
    }
}
