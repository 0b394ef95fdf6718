use std::collections::HashMap;
use std::str::FromStr;

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Entities, Entity, EntityUid, PolicyId, PolicySet,
    Request, Schema, SlotId, ValidationMode, Validator,
};
use notegate::model::{Decision, Outcome};
use serde_json::{Value, json};

use super::requests::Parts;
use super::{Case, Overlay, entities, ours};

/// The official authorizer, on the official parsers' reading of the texts.
pub(crate) struct Official {
    pub(crate) policies: PolicySet,
    pub(crate) schema: Option<Schema>,
    pub(crate) entities: Entities,
    known: HashMap<PolicyId, (usize, PolicyId)>,
    contexts: Vec<Context>,
    overlaid: Vec<Overlaid>,
}

/// Stored entities with those of a request over them.
pub(crate) enum Overlaid {
    Entities(Box<Entities>),
    Cycle,
    /// What the store cannot be told, since it does not say what an action's own parents are.
    Unable,
}

/// A response; policies in the order of the policy set.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    allowed: bool,
    reason: Vec<PolicyId>,
    errors: Vec<(PolicyId, String)>,
}

impl Official {
    /// # Errors
    /// Whatever the official parsers refuse of the texts.
    pub(crate) fn open(case: &Case) -> Result<Self, String> {
        let schema = case.schema.as_deref().map(Schema::from_cedarschema_str).transpose();
        let schema = schema.map_err(|error| format!("{error:?}"))?.map(|(schema, _)| schema);
        let policies = policies(&case.policies, &case.links)?;
        if let Some(schema) = schema.clone().filter(|_| case.validated) {
            let validated = Validator::new(schema).validate(&policies, ValidationMode::Strict);
            if let Some(error) = validated.validation_errors().next() {
                return Err(error.to_string());
            }
        }
        let entities = Entities::from_json_str(&case.entities, schema.as_ref())
            .map_err(|error| error.to_string())?;
        let known = known(&policies);
        let context = |json: &Value| Context::from_json_value(json.clone(), None);
        let contexts = case.asked.contexts.iter().map(context).collect::<Result<_, _>>();
        let contexts = contexts.map_err(|error| error.to_string())?;
        let mut official =
            Self { policies, schema, entities, known, contexts, overlaid: Vec::new() };
        if !case.asked.overlays.is_empty() {
            let stored: Vec<Value> =
                serde_json::from_str(&case.entities).map_err(|error| error.to_string())?;
            let each = case.asked.overlays.iter();
            official.overlaid = each.map(|overlay| official.overlay(overlay, &stored)).collect();
        }
        Ok(official)
    }

    /// The same entities under other policies.
    ///
    /// # Errors
    /// When the policies are refused.
    pub(crate) fn with_policies(self, text: &str) -> Result<Self, String> {
        let policies = policies(text, "[]")?;
        Ok(Self { known: known(&policies), policies, ..self })
    }

    pub(crate) fn context(&self, parts: &Parts) -> &Context {
        &self.contexts[parts.context]
    }

    pub(crate) fn overlaid(&self, at: usize) -> &Overlaid {
        &self.overlaid[at]
    }

    /// The request; an error when it does not fit the schema that is given.
    pub(crate) fn request(
        &self,
        parts: &Parts,
        schema: Option<&Schema>,
    ) -> Result<Request, String> {
        let [principal, action, resource] =
            [parts.principal, parts.action, parts.resource].map(ours::uid);
        let context = self.context(parts).clone();
        Request::new(principal, action, resource, context, schema)
            .map_err(|error| error.to_string())
    }

    pub(crate) fn decide(&self, request: &Request, entities: &Entities) -> Answer {
        let response = Authorizer::new().is_authorized(request, &self.policies, entities);
        let diagnostics = response.diagnostics();
        let mut reason: Vec<&(usize, PolicyId)> =
            diagnostics.reason().map(|id| &self.known[id]).collect();
        reason.sort_unstable_by_key(|(at, _)| *at);
        let errors = diagnostics.errors().map(|error| match error {
            AuthorizationError::PolicyEvaluationError(error) => {
                (self.known[error.policy_id()].1.clone(), error.inner().to_string())
            }
        });
        Answer {
            allowed: response.decision() == Decision::Allow,
            reason: reason.into_iter().map(|(_, id)| id.clone()).collect(),
            errors: errors.collect(),
        }
    }

    fn overlay(&self, overlay: &Overlay, stored: &[Value]) -> Overlaid {
        let mut sent = overlay.entities.clone();
        for (uid, attributes) in &overlay.attributes {
            let name = entities::uid(*uid);
            let over = sent.iter_mut().find(|entity| entity["uid"] == name);
            let entity = match over {
                Some(over) => over,
                None => {
                    let under = stored.iter().find(|entity| entity["uid"] == name).cloned();
                    if under.is_none() && self.entities.get(&ours::uid(*uid)).is_some() {
                        return Overlaid::Unable;
                    }
                    let nothing = || json!({"uid": name, "attrs": {}, "parents": []});
                    sent.push(under.unwrap_or_else(nothing));
                    sent.last_mut().expect("it was put there")
                }
            };
            let fields = attributes.as_object().expect("attributes are a record").clone();
            entity["attrs"].as_object_mut().expect("attributes are a record").extend(fields);
        }
        let read = |json: Value| Entity::from_json_value(json, None).expect("an entity");
        let sent: Vec<Entity> = sent.into_iter().map(read).collect();
        match self.entities.clone().upsert_entities(sent, None) {
            Ok(entities) => Overlaid::Entities(Box::new(entities)),
            Err(_) => Overlaid::Cycle,
        }
    }
}

impl Answer {
    /// Whether this is what an outcome says.
    pub(crate) fn is(&self, outcome: &Outcome) -> bool {
        let same = |(id, message): &(PolicyId, String), error: &notegate::model::DecisionError| {
            error.policy_id.as_ref() == Some(id) && error.message == *message
        };
        self.allowed == (outcome.decision == Decision::Allow)
            && self.reason == outcome.reason
            && self.errors.len() == outcome.errors.len()
            && self.errors.iter().zip(&outcome.errors).all(|(one, two)| same(one, two))
    }

    /// Each policy that holds or errs, with what it does.
    pub(crate) fn told(&self) -> Vec<(PolicyId, String)> {
        let holds = self.reason.iter().map(|id| (id.clone(), "holds".to_owned()));
        holds.chain(self.errors.iter().cloned()).collect()
    }

    /// How many policies hold.
    pub(crate) fn count(&self) -> usize {
        self.reason.len()
    }

    pub(crate) fn allowed(&self) -> bool {
        self.allowed
    }

    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }
}

/// What our ids of policies are, and their places.
fn known(policies: &PolicySet) -> HashMap<PolicyId, (usize, PolicyId)> {
    let known = policies.policies().enumerate().map(|(at, policy)| {
        let name = policy.annotation("id").filter(|_| policy.template_id().is_none());
        let ours = name.map_or_else(|| policy.id().clone(), PolicyId::new);
        (policy.id().clone(), (at, ours))
    });
    known.collect()
}

fn policies(text: &str, links: &str) -> Result<PolicySet, String> {
    let mut policies = PolicySet::from_str(text).map_err(|error| format!("{error:?}"))?;
    let links: Vec<Value> = serde_json::from_str(links).map_err(|error| error.to_string())?;
    if links.is_empty() {
        return Ok(policies);
    }
    let named = policies.templates().filter_map(|template| {
        Some((template.annotation("id")?.to_owned(), template.id().clone()))
    });
    let named: HashMap<String, PolicyId> = named.collect();
    for link in links {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let arguments = link["args"].as_object().ok_or("no arguments")?;
        let filled = arguments.iter().map(|(slot, uid)| {
            let slot = match slot.as_str() {
                "?principal" => SlotId::principal(),
                _ => SlotId::resource(),
            };
            (slot, EntityUid::from_str(&text(uid)).expect("a uid"))
        });
        let (template, id) = (text(&link["template_id"]), PolicyId::new(text(&link["link_id"])));
        policies
            .link(named[&template].clone(), id, filled.collect())
            .map_err(|error| error.to_string())?;
    }
    Ok(policies)
}
