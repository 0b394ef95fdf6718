use serde_json::{Map, Value, json};

use super::world::{ACTIONS, DECLARED, IDS, KINDS, LISTED, UNDECLARED, World};
use super::{Choices, Uid};

/// Stored entities in the language's JSON form: so many of each type at the most.
pub(crate) fn stored(choices: &mut Choices<'_>, world: &World, most: usize) -> Vec<Value> {
    let mut entities = Vec::new();
    for (number, id) in IDS.iter().take(most).enumerate() {
        for (place, name) in DECLARED.iter().enumerate() {
            if (place == LISTED && world.strict && number > 2) || !choices.chance(65) {
                continue;
            }
            let parents = parents(choices, world, place, number);
            entities.push(described(choices, world, (name, id), Some(place), parents));
        }
        if !world.strict && choices.chance(30) {
            let parents = parents(choices, world, 0, number);
            entities.push(described(choices, world, (UNDECLARED[0], id), None, parents));
        }
    }
    if !world.strict {
        for action in &world.actions {
            if choices.chance(85) {
                let groups: Vec<Value> = action.groups.iter().map(|at| uid(ACTIONS[*at])).collect();
                entities.push(json!({
                    "uid": uid(ACTIONS[action.place]), "attrs": {}, "parents": groups,
                }));
            }
        }
    }
    entities
}

/// One entity; of a type that nobody declared, with attributes of any other.
pub(crate) fn described(
    choices: &mut Choices<'_>,
    world: &World,
    entity: Uid,
    place: Option<usize>,
    parents: Vec<Value>,
) -> Value {
    let kind = &world.types[place.unwrap_or_else(|| choices.below(DECLARED.len()))];
    let attributes = world.fields(choices, &kind.attributes, None);
    let mut tags = Map::new();
    if kind.tags.is_some() || !world.strict {
        for tag in ["a", "b", "n", "", "é*"] {
            if choices.chance(40) {
                let any = KINDS[choices.below(KINDS.len())];
                let tag_kind = kind.tags.filter(|_| world.strict || choices.chance(70));
                let attribute = super::world::Attribute {
                    name: tag,
                    kind: tag_kind.unwrap_or(any),
                    of: 0,
                    required: true,
                };
                tags.insert(tag.to_owned(), world.value(choices, &attribute, None));
            }
        }
    }
    json!({"uid": uid(entity), "attrs": attributes, "parents": parents, "tags": tags})
}

/// Parents that come before the entity in a fixed order, so that there is no cycle.
pub(crate) fn parents(
    choices: &mut Choices<'_>,
    world: &World,
    place: usize,
    number: usize,
) -> Vec<Value> {
    let allowed = &world.types[place].parents;
    let mut parents: Vec<Uid> = Vec::new();
    for _ in 0..choices.below(7) {
        let Some(parent) = allowed.get(choices.below(allowed.len())) else { break };
        let at = choices.below(IDS.len());
        // What is not stored has no parents, so it may be anywhere.
        let is_before = (at, *parent) < (number, place) || at == IDS.len() - 1;
        if is_before && !parents.contains(&(DECLARED[*parent], IDS[at])) {
            parents.push((DECLARED[*parent], IDS[at]));
        }
    }
    parents.into_iter().map(uid).collect()
}

/// A uid in the language's JSON form.
pub(crate) fn uid((name, id): Uid) -> Value {
    json!({"type": name, "id": id})
}
