//! A world in Cedar's JSON.

use serde_json::{Map, Value, json};

use crate::world::{Dataset, Person, Policy, Question, World};

/// The policy set.
#[must_use]
pub fn policies(world: &World) -> String {
    let policies = world.policies.iter().enumerate();
    let policies: Map<String, Value> =
        policies.map(|(at, policy)| (policy_id(at), statement(at, policy))).collect();
    json!({"staticPolicies": policies, "templates": {}, "templateLinks": []}).to_string()
}

/// People, groups, datasets and namespaces.
#[must_use]
pub fn entities(world: &World) -> String {
    let spec = &world.spec;
    let people = (0..).zip(&world.people).map(|(at, one)| person(world, at, one));
    let datasets = (0..).zip(&world.datasets).map(|(at, one)| dataset(at, one));
    let groups = (0..spec.groups()).flat_map(|group| {
        (1..=spec.depth).map(move |step| {
            let parents: Vec<Value> = (step > 1)
                .then(|| uid(GROUP, &step_id(group, step.saturating_sub(1))))
                .into_iter()
                .collect();
            json!({"uid": uid(GROUP, &step_id(group, step)), "attrs": {}, "parents": parents})
        })
    });
    let namespaces = (0..spec.namespaces())
        .map(|at| json!({"uid": uid(NAMESPACE, &namespace_id(at)), "attrs": {}, "parents": []}));
    let mut text = String::from("[");
    // One at a time: a million of them as values are many times their text.
    for (at, one) in people.chain(datasets).chain(groups).chain(namespaces).enumerate() {
        text.push_str(if at == 0 { "" } else { "," });
        text.push_str(&one.to_string());
    }
    text.push(']');
    text
}

/// The type of principals.
pub const USER: &str = "Notebook::User";
/// The type of actions.
pub const ACTION: &str = "Notebook::Action";
/// The type of resources.
pub const DATASET: &str = "Notebook::Dataset";
const GROUP: &str = "Notebook::Group";
const NAMESPACE: &str = "Notebook::Namespace";

/// The moment at which everything is asked, in milliseconds since 1970.
pub const NOW_MILLIS: i64 = 1_795_420_800_000;

/// The same moment as text.
pub const NOW: &str = "2026-11-23T08:00:00Z";

/// A question in the JSON of requests.
#[must_use]
pub fn request(question: &Question) -> String {
    let Question { person, writes, dataset, mfa } = *question;
    json!({
        "principal": uid(USER, &person_id(person)),
        "action": uid(ACTION, action(writes)),
        "resource": uid(DATASET, &dataset_id(dataset)),
        "context": {"now": NOW, "mfa": mfa},
    })
    .to_string()
}

/// The id of the person of this number.
#[must_use]
pub fn person_id(at: usize) -> String {
    format!("u{at}")
}

/// The id of the dataset of this number.
#[must_use]
pub fn dataset_id(at: usize) -> String {
    format!("d{at}")
}

/// The id of the group of this number.
#[must_use]
pub fn group_id(at: usize) -> String {
    format!("g{at}")
}

/// The id of the namespace of this number.
#[must_use]
pub fn namespace_id(at: usize) -> String {
    format!("n{at}")
}

/// The id of the action.
#[must_use]
pub fn action(writes: bool) -> &'static str {
    if writes { "data:write" } else { "data:read" }
}

/// The group that policies name, and the smaller ones in it.
fn step_id(group: usize, step: usize) -> String {
    match step {
        1 => group_id(group),
        _ => format!("g{group}/{step}"),
    }
}

fn uid(type_name: &str, id: &str) -> Value {
    json!({"type": type_name, "id": id})
}

fn person(world: &World, at: usize, person: &Person) -> Value {
    json!({
        "uid": uid(USER, &person_id(at)),
        "attrs": {"clearance": sensitivity(person.clearance)},
        "parents": [uid(GROUP, &step_id(person.group, world.spec.depth))],
    })
}

fn dataset(at: usize, dataset: &Dataset) -> Value {
    json!({
        "uid": uid(DATASET, &dataset_id(at)),
        "attrs": {"sensitivity": sensitivity(dataset.rank)},
        "parents": [uid(NAMESPACE, &namespace_id(dataset.namespace))],
    })
}

fn sensitivity(rank: u8) -> Value {
    let labels = ["public", "internal", "confidential", "restricted"];
    json!({"rank": rank, "label": labels.get(usize::from(rank))})
}

fn policy_id(at: usize) -> String {
    format!("p{at}")
}

fn statement(at: usize, policy: &Policy) -> Value {
    let var = |name: &str| json!({"Var": name});
    let attr = |of: Value, name: &str| json!({".": {"left": of, "attr": name}});
    let has = |of: &str, name: &str| json!({"has": {"left": var(of), "attr": name}});
    let rank = |of: &str, name: &str| attr(attr(var(of), name), "rank");
    let two = |op: &str, left: Value, right: Value| json!({op: {"left": left, "right": right}});
    let sensitivity = || rank("resource", "sensitivity");
    let condition = if policy.forbids {
        two(">=", sensitivity(), json!({"Value": policy.rank}))
    } else {
        let low = two("<=", sensitivity(), json!({"Value": policy.rank}));
        let cleared = two("<=", sensitivity(), rank("principal", "clearance"));
        let cleared = two("&&", has("principal", "clearance"), cleared);
        let second_factor = two("&&", has("context", "mfa"), attr(var("context"), "mfa"));
        two("&&", two("&&", low, cleared), second_factor)
    };
    let group = uid(GROUP, &group_id(policy.group));
    json!({
        "annotations": {"id": policy_id(at)},
        "effect": if policy.forbids { "forbid" } else { "permit" },
        "principal": {"op": "is", "entity_type": USER, "in": {"entity": group}},
        "action": {"op": "==", "entity": uid(ACTION, action(policy.writes))},
        "resource": {"op": "in", "entity": uid(NAMESPACE, &namespace_id(policy.namespace))},
        "conditions": [{"kind": "when", "body": condition}],
    })
}
