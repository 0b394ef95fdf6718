//! A world in Rego, in both ways in which it is written.

use serde_json::{Map, Value, json};

use crate::cedar::{action, dataset_id, group_id, namespace_id, person_id};
use crate::world::{Policy, Question, World};

/// What is evaluated.
pub const ENTRY: &str = "data.notegate.allow";

const PACKAGE: &str = "package notegate

import rego.v1
";

const HEAD: &str = "package notegate

import rego.v1

default allow := false

allow if {
\tpermitted
\tnot forbidden
}

principal := data.people[input.principal]

resource := data.datasets[input.resource]
";

const GRANTED: &str = "
permitted if {
\tinput.mfa
\tsome grant in data.permits[principal.group][input.action][resource.namespace]
\tresource.rank <= grant
\tresource.rank <= principal.clearance
}

forbidden if {
\tsome grant in data.forbids[principal.group][input.action][resource.namespace]
\tresource.rank >= grant
}
";

/// Rules of one module; an evaluator bounds how long a module is.
const MODULE: usize = 1_000;

/// A rule for each policy, as policies with conditions of their own are written; a text for each
/// module.
#[must_use]
pub fn rules(world: &World) -> Vec<String> {
    // A world of few policies may forbid nothing.
    let head = [HEAD, "\nforbidden if false\n\npermitted if false\n"].concat();
    let modules = world.policies.chunks(MODULE).map(|policies| {
        let mut text = PACKAGE.to_owned();
        text.extend(policies.iter().map(rule));
        text
    });
    [head].into_iter().chain(modules).collect()
}

/// One rule over policies that are data, which is possible only where all have the same condition.
#[must_use]
pub fn rule_over_data() -> Vec<String> {
    vec![[HEAD, GRANTED].concat()]
}

/// People and datasets, and policies by group, action and namespace.
#[must_use]
pub fn data(world: &World) -> Value {
    let people = (0..).zip(&world.people).map(|(at, one)| {
        (person_id(at), json!({"group": group_id(one.group), "clearance": one.clearance}))
    });
    let datasets = (0..).zip(&world.datasets).map(|(at, one)| {
        (dataset_id(at), json!({"namespace": namespace_id(one.namespace), "rank": one.rank}))
    });
    json!({
        "people": people.collect::<Map<_, _>>(),
        "datasets": datasets.collect::<Map<_, _>>(),
        "permits": grants(world, false),
        "forbids": grants(world, true),
    })
}

/// A question as input.
#[must_use]
pub fn input(question: &Question) -> Value {
    let Question { person, writes, dataset, mfa } = *question;
    let (principal, resource) = (person_id(person), dataset_id(dataset));
    json!({"principal": principal, "action": action(writes), "resource": resource, "mfa": mfa})
}

fn rule(policy: &Policy) -> String {
    let Policy { group, writes, namespace, forbids, rank } = *policy;
    let (name, than) = if forbids { ("forbidden", ">=") } else { ("permitted", "<=") };
    let cleared =
        if forbids { "" } else { "\tresource.rank <= principal.clearance\n\tinput.mfa\n" };
    let (group, action, namespace) = (group_id(group), action(writes), namespace_id(namespace));
    format!(
        "\n{name} if {{\n\tprincipal.group == \"{group}\"\n\tinput.action == \"{action}\"\n\
         \tresource.namespace == \"{namespace}\"\n\tresource.rank {than} {rank}\n{cleared}}}\n"
    )
}

fn grants(world: &World, forbids: bool) -> Value {
    let mut all = json!({});
    for policy in world.policies.iter().filter(|policy| policy.forbids == forbids) {
        let path = [
            group_id(policy.group),
            action(policy.writes).to_owned(),
            namespace_id(policy.namespace),
        ];
        let mut at = &mut all;
        for key in path {
            let Value::Object(fields) = at else { break };
            at = fields.entry(key).or_insert_with(|| json!({}));
        }
        match at {
            Value::Array(ranks) => ranks.push(json!(policy.rank)),
            other => *other = json!([policy.rank]),
        }
    }
    all
}
