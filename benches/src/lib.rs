//! Worlds to measure in: policies, entities and requests of the notebook model from a seed.

use cedar_policy::{Authorizer, Entities, PolicySet};
use notegate::adapters::json::RequestJson;
use notegate::bundle::Loose;
use notegate::engine::{Options, SCHEMA};
use notegate::model::Limits;
use notegate::{Bundle, Decision, Request, Snapshot};
use serde_json::{Value, json};

/// The seed of every world, printed with each measurement.
pub const SEED: u64 = 20_261_122;

/// Stored people and datasets together.
pub const ENTITIES: usize = 10_000;

/// Different requests, asked in turn.
pub const REQUESTS: usize = 4_096;

/// Policies, entities and requests that belong together.
#[derive(Debug)]
pub struct World {
    /// Ours.
    pub snapshot: Snapshot,
    /// What is asked.
    pub requests: Vec<Request>,
    /// The same for the official authorizer.
    pub official: Official,
}

/// The same policies, entities and requests as the language crate's own values.
#[derive(Debug)]
pub struct Official {
    policies: PolicySet,
    entities: Entities,
    requests: Vec<cedar_policy::Request>,
}

impl World {
    /// A world of so many policies.
    ///
    /// Each person is in one group, and each group has about six policies, half of them for the
    /// action asked for: about three policies are candidates for a request, however many there are.
    ///
    /// # Errors
    /// When what was generated is refused, with the reason.
    pub fn new(policies: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let mut random = fastrand::Rng::with_seed(SEED);
        let groups = policies.div_ceil(6);
        let policies = policy_set(policies, groups, &mut random).to_string();
        let entities = entities(groups, &mut random).to_string();
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        let loose = Loose {
            policies: vec![file("policies.json", &policies)],
            schema: Some(file("notebook.cedarschema", SCHEMA)),
            entities: Some(file("entities.json", &entities)),
            links: None,
        };
        let limits = Limits { policy_operators: usize::MAX, ..Limits::default() };
        let bundle = Bundle::from_loose(loose, &limits)?;
        let snapshot = Snapshot::build(&bundle, Options { limits, ..Options::default() })?;
        let shape = snapshot.shape(None);
        let mut requests = Vec::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            requests.push(RequestJson::read(&request(&mut random).to_string(), &shape)?);
        }
        let official = Official {
            policies: PolicySet::from_json_str(&policies)?,
            entities: Entities::from_json_str(&entities, snapshot.schema())?,
            requests: requests.iter().map(official_request).collect::<Result<_, _>>()?,
        };
        Ok(Self { snapshot, requests, official })
    }

    /// How many of the first `count` requests are allowed, when we and the official authorizer
    /// decide each of them alike.
    #[must_use]
    pub fn allowed(&self, count: usize) -> Option<usize> {
        let mut allowed = 0_usize;
        for (at, request) in self.requests.iter().take(count).enumerate() {
            let decision = self.decide(request);
            if self.official.decide(at) != Some(decision) {
                return None;
            }
            allowed = allowed.saturating_add(usize::from(decision == Decision::Allow));
        }
        Some(allowed)
    }

    /// Our decision.
    #[must_use]
    pub fn decide(&self, request: &Request) -> Decision {
        self.snapshot.evaluate(request).decision
    }
}

impl Official {
    /// The official authorizer's decision of the request at this place.
    #[must_use]
    pub fn decide(&self, at: usize) -> Option<Decision> {
        let request = self.requests.get(at)?;
        let response = Authorizer::new().is_authorized(request, &self.policies, &self.entities);
        Some(response.decision())
    }
}

fn official_request(
    request: &Request,
) -> Result<cedar_policy::Request, Box<dyn std::error::Error>> {
    let (principal, action, resource) = (request.principal(), request.action(), request.resource());
    let context = request.context().clone();
    let (principal, action, resource) = (principal.clone(), action.clone(), resource.clone());
    Ok(cedar_policy::Request::new(principal, action, resource, context, None)?)
}

fn uid(type_name: &str, id: impl ToString) -> Value {
    json!({"type": format!("Notebook::{type_name}"), "id": id.to_string()})
}

fn sensitivity(rank: usize) -> Value {
    let labels = ["public", "internal", "confidential", "restricted"];
    json!({"rank": rank, "label": labels.get(rank)})
}

/// Policies of the form: this group may take this action on datasets of this namespace, when their
/// sensitivity is within the principal's clearance and the second factor was used; one in eight
/// forbids what is restricted.
fn policy_set(count: usize, groups: usize, random: &mut fastrand::Rng) -> Value {
    let attr = |of: Value, name: &str| json!({".": {"left": of, "attr": name}});
    let var = |name: &str| json!({"Var": name});
    let has = |of: &str, name: &str| json!({"has": {"left": var(of), "attr": name}});
    let rank = |of: &str, name: &str| attr(attr(var(of), name), "rank");
    let and = |left: Value, right: Value| json!({"&&": {"left": left, "right": right}});
    let mut policies = serde_json::Map::new();
    for at in 0..count {
        let forbids = at % 8 == 7;
        let cleared = json!({"<=": {"left": rank("resource", "sensitivity"), "right": rank("principal", "clearance")}});
        let second_factor = and(has("context", "mfa"), attr(var("context"), "mfa"));
        let condition = if forbids {
            json!({">=": {"left": rank("resource", "sensitivity"), "right": {"Value": 3}}})
        } else {
            and(and(has("principal", "clearance"), cleared), second_factor)
        };
        let action = if at % 2 == 0 { "data:read" } else { "data:write" };
        let namespace = uid("Namespace", random.usize(0..8));
        policies.insert(format!("p{at}"), json!({
            "effect": if forbids { "forbid" } else { "permit" },
            "principal": {"op": "is", "entity_type": "Notebook::User", "in": {"entity": uid("Group", at % groups)}},
            "action": {"op": "==", "entity": uid("Action", action)},
            "resource": {"op": "in", "entity": namespace},
            "conditions": [{"kind": "when", "body": condition}],
        }));
    }
    json!({"staticPolicies": policies, "templates": {}, "templateLinks": []})
}

fn entities(groups: usize, random: &mut fastrand::Rng) -> Value {
    let people = ENTITIES * 4 / 5;
    let person = |at: usize, random: &mut fastrand::Rng| {
        json!({
            "uid": uid("User", at),
            "attrs": {"clearance": sensitivity(random.usize(0..4))},
            "parents": [uid("Group", random.usize(0..groups))],
        })
    };
    let dataset = |at: usize, random: &mut fastrand::Rng| {
        json!({
            "uid": uid("Dataset", at),
            "attrs": {"sensitivity": sensitivity(random.usize(0..4))},
            "parents": [uid("Namespace", random.usize(0..8))],
        })
    };
    let all =
        (0..ENTITIES).map(|at| if at < people { person(at, random) } else { dataset(at, random) });
    Value::Array(all.collect())
}

fn request(random: &mut fastrand::Rng) -> Value {
    let people = ENTITIES * 4 / 5;
    json!({
        "principal": uid("User", random.usize(0..people)),
        "action": uid("Action", if random.bool() { "data:read" } else { "data:write" }),
        "resource": uid("Dataset", random.usize(people..ENTITIES)),
        "context": {"now": "2026-11-23T08:00:00Z", "mfa": random.u8(0..4) > 0},
    })
}
