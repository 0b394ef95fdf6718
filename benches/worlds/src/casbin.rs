//! A world for Casbin: groups are roles, and facts come with the request.

use std::fmt::Write as _;

use crate::cedar::{action, group_id, namespace_id, person_id};
use crate::world::{Policy, Question, World};

/// The model; ranks are single digits, so that they compare as text. What rules out most comes first.
pub const MODEL: &str = "[request_definition]
r = sub, act, ns, rank, clearance, mfa

[policy_definition]
p = sub, act, ns, eft, rank

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = r.ns == p.ns && r.act == p.act && g(r.sub, p.sub) && \
((p.eft == \"deny\" && r.rank >= p.rank) || \
(p.eft == \"allow\" && r.rank <= p.rank && r.rank <= r.clearance && r.mfa == \"yes\"))
";

/// Policies and roles, a line for each.
#[must_use]
pub fn lines(world: &World) -> String {
    let mut text = String::new();
    for policy in &world.policies {
        let Policy { group, writes, namespace, forbids, rank } = *policy;
        let (group, action, namespace) = (group_id(group), action(writes), namespace_id(namespace));
        let effect = if forbids { "deny" } else { "allow" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "p, {group}, {action}, {namespace}, {effect}, {rank}");
    }
    for (at, person) in world.people.iter().enumerate() {
        let _ = writeln!(text, "g, {}, {}", person_id(at), group_id(person.group));
    }
    text
}

/// A question in the order of the model; `None` about what is not stored.
#[must_use]
pub fn request(world: &World, question: &Question) -> Option<[String; 6]> {
    let person = world.people.get(question.person)?;
    let dataset = world.datasets.get(question.dataset)?;
    Some([
        person_id(question.person),
        action(question.writes).to_owned(),
        namespace_id(dataset.namespace),
        dataset.rank.to_string(),
        person.clearance.to_string(),
        if question.mfa { "yes" } else { "no" }.to_owned(),
    ])
}
