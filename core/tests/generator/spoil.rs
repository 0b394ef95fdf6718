use serde_json::{Value, json};

use super::entities::uid;
use super::world::{ACTIONS, DECLARED, IDS, KINDS, World};
use super::{Choices, quoted};

/// Names of types that are none, or are written as the language does not print them.
const NAMES: [&str; 9] = [
    "__cedar::User",
    "Lab :: Doc",
    "Lab::Doc::",
    "::User",
    "",
    "User ",
    "if",
    "Lab::\u{e9}",
    "Set",
];

/// Writes some values in the short forms that a schema allows.
pub(crate) fn shorten(choices: &mut Choices<'_>, entities: &mut [Value]) {
    for entity in entities {
        for part in ["attrs", "tags"] {
            for value in entity[part].as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
                shorten_value(choices, value);
            }
        }
        if choices.chance(20) {
            let name = entity["uid"].clone();
            entity["uid"] = json!({"__entity": name});
        }
        if entity["attrs"].as_object().is_some_and(serde_json::Map::is_empty) && choices.chance(10)
        {
            entity["tags"] = json!({});
        }
    }
}

fn shorten_value(choices: &mut Choices<'_>, value: &mut Value) {
    match value {
        Value::Array(elements) => {
            elements.iter_mut().for_each(|element| shorten_value(choices, element));
        }
        Value::Object(fields) => {
            let short = match (fields.get("__entity"), fields.get("__extn")) {
                (Some(entity), _) => Some(entity.clone()),
                (_, Some(made)) if choices.chance(50) => Some(made["arg"].clone()),
                (_, Some(made)) => Some(made.clone()),
                _ => None,
            };
            match short {
                Some(short) if choices.chance(50) => *value = short,
                Some(_) => {}
                None => fields.values_mut().for_each(|field| shorten_value(choices, field)),
            }
        }
        _ => {}
    }
}

/// Makes one thing of the entities wrong, or odd.
pub(crate) fn entities(choices: &mut Choices<'_>, world: &World, entities: &mut Vec<Value>) {
    let count = entities.len();
    if count == 0 {
        return entities.push(odd(choices));
    }
    let at = choices.below(count);
    if !entities[at].is_object() {
        return;
    }
    match choices.below(15) {
        14 => chain(choices, entities),
        0 => entities.push(entities[at].clone()),
        1 => {
            let mut twin = entities[at].clone();
            set(&mut twin["attrs"], "n", json!(choices.below(3)));
            entities.push(twin);
        }
        2 => {
            let part = choices.one(&["uid", "attrs", "parents", "tags"]);
            entities[at].as_object_mut().into_iter().for_each(|fields| _ = fields.remove(part));
        }
        3 => entities[at][choices.one(&["more", "Attrs", "__entity"])] = odd(choices),
        4 | 5 => {
            let fields = entities[at]["attrs"].as_object_mut();
            let mut values: Vec<&mut Value> =
                fields.into_iter().flat_map(serde_json::Map::values_mut).collect();
            let place = choices.below(values.len());
            if let Some(value) = values.get_mut(place) {
                let kind = KINDS[choices.below(KINDS.len())];
                **value = match choices.chance(40) {
                    true => world.loose(choices, kind, 2),
                    false => odd(choices),
                };
            }
        }
        6 => {
            let fields = entities[at]["attrs"].as_object_mut();
            if let Some(fields) = fields {
                let names: Vec<String> = fields.keys().cloned().collect();
                names.get(choices.below(names.len())).map(|name| fields.remove(name));
            }
        }
        7 => {
            let name = choices.one(&["new", "n", "__extn", ""]);
            set(&mut entities[at]["attrs"], name, odd(choices));
        }
        8 | 9 => {
            let parent = match choices.below(8) {
                0 => entities[at]["uid"].clone(),
                1 => odd(choices),
                2 => json!({"__entity": uid(world.uid(choices))}),
                3 => uid(ACTIONS[choices.below(ACTIONS.len())]),
                4 => json!(format!("{}::{}", DECLARED[choices.below(5)], quoted(IDS[0]))),
                _ => uid(world.uid(choices)),
            };
            match entities[at]["parents"].as_array_mut() {
                Some(parents) => parents.push(parent),
                None => entities[at]["parents"] = parent,
            }
        }
        10 => {
            entities[at]["uid"] = match choices.below(6) {
                0 => odd(choices),
                1 => json!("User::\"a\""),
                2 => json!({"__entity": uid(world.uid(choices))}),
                3 => json!({"type": choices.one(&NAMES), "id": "a"}),
                4 => json!({"type": "User", "id": "a".repeat(4_090 + choices.below(12))}),
                _ => uid(world.uid(choices)),
            }
        }
        11 => {
            let action = &world.actions[choices.below(world.actions.len())];
            let groups = match choices.below(3) {
                0 => json!([]),
                _ => action.groups.iter().map(|group| uid(ACTIONS[*group])).collect(),
            };
            let attributes = if choices.chance(30) { json!({"n": 1}) } else { json!({}) };
            let name = uid(ACTIONS[action.place]);
            entities.push(json!({"uid": name, "attrs": attributes, "parents": groups}));
        }
        12 => {
            let part = choices.one(&["attrs", "parents", "tags"]);
            entities[at][part] = odd(choices);
        }
        _ => {
            let name = choices.one(&["a", "new", ""]);
            set(&mut entities[at]["tags"], name, odd(choices));
        }
    }
}

/// Puts a field into what is an object.
fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

/// A chain about as long as is allowed, now and then closed to a cycle.
fn chain(choices: &mut Choices<'_>, entities: &mut Vec<Value>) {
    let length = 60 + choices.below(10);
    let name = |at: usize| json!({"type": DECLARED[1], "id": format!("g{at}")});
    let closed = choices.chance(30);
    for at in 0..length {
        let parents: Vec<Value> = match at + 1 < length {
            true => vec![name(at + 1)],
            false if closed => vec![name(0)],
            false => Vec::new(),
        };
        entities.push(json!({"uid": name(at), "attrs": {}, "parents": parents}));
    }
}

/// A value that is seldom one.
fn odd(choices: &mut Choices<'_>) -> Value {
    match choices.below(30) {
        0 => Value::Null,
        1 => json!(1.5),
        2 => json!(1e3),
        3 => json!(u64::MAX),
        4 => json!(i64::MIN),
        5 => (0..36).fold(json!(1), |inside, _| json!([inside])),
        6 => json!({"__expr": "User::\"a\""}),
        7 => json!({"__extn": {"fn": "unknown", "arg": "x"}}),
        8 => json!({"__extn": {"fn": "ip"}}),
        9 => json!({"__extn": "ip(\"::1\")"}),
        10 => json!({"__extn": {"fn": "ip", "arg": 1}}),
        11 => json!({"__entity": {"type": "User"}}),
        12 => json!({"__entity": {"type": "no type", "id": "a"}}),
        13 => json!({"__entity": {"type": "User", "id": "a", "more": 1}}),
        14 => json!({"__extn": {"fn": "decimal", "arg": "1.23456"}}),
        15 => json!({"__extn": {"fn": "duration", "arg": "1d"}, "more": 1}),
        16 => json!({"type": "User", "id": "a"}),
        17 => json!({"__extn": {"fn": "offset", "args": [
            {"__extn": {"fn": "datetime", "arg": "2024-10-15"}},
            {"__extn": {"fn": "duration", "arg": "1h"}},
        ]}}),
        18 => json!([1, "a", {"__entity": {"type": "Ghost", "id": ""}}]),
        19 => json!({"n": {"n": {"n": {}}}}),
        20 => json!({"__extn": {"fn": "lessThan", "args": [
            {"__extn": {"fn": "decimal", "arg": "1.0"}}, {"__extn": {"fn": "decimal", "arg": "1.5"}},
        ]}}),
        21 => {
            json!([{"__extn": {"fn": "ip", "arg": "10.0.0.0/8"}}, {"__extn": {"fn": "ip", "arg": "10.0.0.0/8"}}])
        }
        22 => json!(""),
        23 => {
            json!([{"__extn": {"fn": "decimal", "arg": "1.5"}}, {"__extn": {"fn": "decimal", "arg": "1.50"}}])
        }
        24 => json!({"__entity": {"__entity": {"type": "User", "id": "a"}}}),
        25 => json!({"__entity": {"type": choices.one(&NAMES), "id": "a"}}),
        26 => json!({"fn": "ip", "arg": "10.0.0.1"}),
        27 => json!({"n": {"__more": 1}}),
        28 => json!(-0.0),
        _ => json!({"": 1, "__": 2}),
    }
}

/// Makes the text itself wrong, or odd.
pub(crate) fn text(choices: &mut Choices<'_>, text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = (choices.below(256) * 256 + choices.below(256)) % (chars.len() + 1);
    let (before, after): (String, String) =
        (chars[..at].iter().collect(), chars[at..].iter().collect());
    let rest = |from: usize| chars[from.min(chars.len())..].iter().collect::<String>();
    match choices.below(10) {
        0 => format!("{before}{}", rest(at + 1)),
        1 => format!(
            "{before}{}{after}",
            rest(at).chars().take(choices.below(9)).collect::<String>()
        ),
        2 | 3 => {
            let chars = ["{", "}", "[", "]", ",", ":", "\"", "\\", "e", "0", "-", "\u{0}", "é"];
            format!("{before}{}{after}", choices.one(&chars))
        }
        4 => before,
        5 => format!("\u{feff}{text}"),
        6 => format!("{text}{}", choices.one(&["]", " \n", "1", "[]", "//"])),
        7 => text.replacen("\"attrs\":{", "\"attrs\":{},\"attrs\":{", 1),
        8 => text.replacen("\"n\":", "\"\\u006e\":1,\"n\":", 1),
        _ => text.replacen("\"n\":", "\"\\u006e\":", 1),
    }
}
