use serde_json::{Value, json};

use super::expressions::value;
use super::{ATTRIBUTES, Choices, IDS, KINDS, Kind, TYPES};

/// Stored entities in the language's JSON form; with `strict`, such as the schema allows.
pub(crate) fn generate(choices: &mut Choices<'_>, strict: bool) -> Value {
    let mut entities = Vec::new();
    for (rank, name) in TYPES.iter().take(4).enumerate() {
        for (number, id) in IDS.iter().take(6).enumerate() {
            if choices.chance(60) && !(strict && rank == 3) {
                let parents = parents(choices, rank, number);
                entities.push(entity(choices, name, id, parents, strict));
            }
        }
    }
    if !strict {
        for (action, parents) in
            [("read", &["all", "group"][..]), ("write", &["group"]), ("group", &["all"])]
        {
            if choices.chance(80) {
                let parents: Vec<Value> =
                    parents.iter().map(|id| json!({"type": "Action", "id": id})).collect();
                entities.push(json!({
                    "uid": {"type": "Action", "id": action}, "attrs": {}, "parents": parents,
                }));
            }
        }
    }
    entities.into()
}

/// Parents that come before the entity in a fixed order, so that there is no cycle.
fn parents(choices: &mut Choices<'_>, rank: usize, number: usize) -> Vec<Value> {
    let mut parents: Vec<&str> = Vec::new();
    for _ in 0..choices.below(4) {
        let id = choices.below(IDS.len());
        // Groups are in groups of a lower number, everything else in any.
        if (rank != 1 || id < number) && !parents.contains(&IDS[id]) {
            parents.push(IDS[id]);
        }
    }
    parents.into_iter().map(|id| json!({"type": TYPES[1], "id": id})).collect()
}

/// One entity.
pub(crate) fn entity(
    choices: &mut Choices<'_>,
    name: &str,
    id: &str,
    parents: Vec<Value>,
    strict: bool,
) -> Value {
    let mut attributes = serde_json::Map::new();
    let allowed: &[&str] = match (strict, name) {
        (false, _) => &[],
        (true, "User") => {
            &["n", "m", "b", "s", "owner", "names", "friends", "ip", "dec", "when", "for"]
        }
        (true, "Lab::Doc") => &["n", "s", "owner", "names"],
        (true, _) => &["n", "owner"],
    };
    for (attribute, kind) in ATTRIBUTES {
        if strict && !allowed.contains(&attribute) {
            continue;
        }
        if attribute != "absent" && choices.chance(60) {
            let astray = !strict && choices.chance(4);
            let kind = if astray { KINDS[choices.below(KINDS.len())] } else { kind };
            attributes.insert(attribute.to_owned(), value(choices, kind, strict, 2));
        }
    }
    let mut tags = serde_json::Map::new();
    for tag in ["a", "b", "n", ""] {
        if choices.chance(40) {
            let kind = match (strict, name) {
                (true, "User") => Kind::Text,
                (true, "Lab::Doc") => Kind::Long,
                (true, _) => break,
                (false, _) => [Kind::Text, Kind::Entity, Kind::Long][choices.below(3)],
            };
            tags.insert(tag.to_owned(), value(choices, kind, strict, 1));
        }
    }
    json!({"uid": {"type": name, "id": id}, "attrs": attributes, "parents": parents, "tags": tags})
}
