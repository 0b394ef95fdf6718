use serde_json::{Value, json};

use super::expressions::value;
use super::{ACTIONS, ATTRIBUTES, Choices, IDS, KINDS, TYPES, entities};

/// One request, in parts.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) principal: (&'static str, &'static str),
    pub(crate) action: (&'static str, &'static str),
    pub(crate) resource: (&'static str, &'static str),
    pub(crate) context: Value,
    /// Entities in the language's JSON form, each uid once.
    pub(crate) entities: Vec<Value>,
    /// Attributes of an entity, each uid once: type, id, attributes.
    pub(crate) attributes: Vec<(&'static str, &'static str, Value)>,
}

impl Asked {
    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let uid = |choices: &mut Choices<'_>| (choices.one(&TYPES), choices.one(&IDS));
        let (principal, resource) = (uid(choices), uid(choices));
        let action = match choices.below(20) {
            0 => ("User", "read"),
            _ => ("Action", choices.one(&ACTIONS)),
        };
        let mut context = serde_json::Map::new();
        for (attribute, kind) in ATTRIBUTES {
            if attribute != "absent" && choices.chance(55) {
                let kind = if choices.chance(4) { KINDS[choices.below(KINDS.len())] } else { kind };
                context.insert(attribute.to_owned(), value(choices, kind, false, 2));
            }
        }
        let mut sent: Vec<((&str, &str), Value)> = Vec::new();
        let mut attributes: Vec<(&'static str, &'static str, Value)> = Vec::new();
        if choices.chance(40) {
            for _ in 0..choices.below(4) {
                let (name, id) = near(choices, principal, resource);
                if sent.iter().all(|(other, _)| *other != (name, id)) {
                    let mut parents = Vec::new();
                    for _ in 0..choices.below(3) {
                        let (name, id) = uid(choices);
                        parents.push(json!({"type": name, "id": id}));
                    }
                    let entity = entities::entity(choices, name, id, parents, false);
                    sent.push(((name, id), entity));
                }
            }
            for _ in 0..choices.below(4) {
                let (name, id) = near(choices, principal, resource);
                if attributes.iter().all(|(one, two, _)| (*one, *two) != (name, id)) {
                    let entity = entities::entity(choices, name, id, Vec::new(), false);
                    attributes.push((name, id, entity["attrs"].clone()));
                }
            }
        }
        let entities = sent.into_iter().map(|(_, entity)| entity).collect();
        Self { principal, action, resource, context: context.into(), entities, attributes }
    }
}

/// Often an entity that the request names.
fn near(
    choices: &mut Choices<'_>,
    principal: (&'static str, &'static str),
    resource: (&'static str, &'static str),
) -> (&'static str, &'static str) {
    match choices.below(4) {
        0 => principal,
        1 => resource,
        _ => (choices.one(&TYPES), choices.one(&IDS)),
    }
}
