use std::collections::HashMap;
use std::str::FromStr;

use cedar_policy::{
    Context, Entity, EntityId, EntityTypeName, EntityUid, PolicyId, RestrictedExpression,
};
use notegate::Request;
use notegate::bundle::{Bundle, Loose};
use notegate::engine::{ErrorMode, Options, PolicyInfo, Snapshot, Validation};
use notegate::model::{
    Decision, DecisionError, Effect, Limits, LoadError, Obligations, Outcome, RequestError,
};
use notegate::request::{EntityAttributes, Shape};
use serde_json::Value;

use super::requests::Parts;
use super::{Case, Overlay, Uid, quoted};

/// A bundle under both error modes.
pub(crate) struct Ours {
    pub(crate) skipping: Snapshot,
    pub(crate) denying: Snapshot,
    shape: Shape,
    known: HashMap<PolicyId, PolicyInfo>,
    overlays: Vec<(Vec<Entity>, Vec<EntityAttributes>)>,
}

impl Ours {
    /// # Errors
    /// When the bundle is refused.
    pub(crate) fn open(case: &Case) -> Result<Self, LoadError> {
        let skipping = snapshot(case, ErrorMode::CedarSkip)?;
        let denying = match earlier(case).and_then(|case| snapshot(&case, ErrorMode::Deny).ok()) {
            Some(earlier) => earlier.rebuild(&bundle(case)?)?,
            None => snapshot(case, ErrorMode::Deny)?,
        };
        let infos = skipping.policies().iter();
        Ok(Self {
            shape: skipping.shape(None),
            known: infos.map(|info| (info.id.clone(), info.clone())).collect(),
            overlays: case.asked.overlays.iter().map(overlay).collect(),
            skipping,
            denying,
        })
    }

    /// # Errors
    /// When the request is refused.
    pub(crate) fn request(
        &self,
        parts: &Parts,
        context: &Context,
    ) -> Result<Request, RequestError> {
        let [principal, action, resource] =
            [parts.principal, parts.action, parts.resource].map(uid);
        let mut builder = Request::builder(principal, action, resource).context(context.clone());
        let (entities, attributes) = match parts.overlay {
            Some(at) => (&*self.overlays[at].0, &*self.overlays[at].1),
            None => (&[][..], &[][..]),
        };
        for entity in entities {
            builder = builder.entity(entity.clone());
        }
        for attributes in attributes {
            builder = builder.attributes(attributes.clone());
        }
        builder.build(&self.shape)
    }

    /// What the default error mode makes of an outcome: an erring forbid denies, and so do
    /// obligations that conflict. That is all.
    pub(crate) fn stated_difference(&self, skipped: &Outcome) -> Outcome {
        let info = |id: &PolicyId| self.known.get(id);
        let forbids = |id: &PolicyId| info(id).is_some_and(|info| info.effect == Effect::Forbid);
        let mut outcome = skipped.clone();
        let erring = skipped.errors.iter().filter_map(|error| error.policy_id.as_ref());
        if outcome.decision == Decision::Allow && erring.into_iter().any(forbids) {
            outcome.decision = Decision::Deny;
            outcome.reason.clear();
            outcome.obligations = Obligations::default();
        }
        let mut merged = Obligations::default();
        for info in outcome.reason.iter().filter_map(info) {
            if let Err(conflict) = merged.merge(&info.obligations) {
                let (policy_id, message) = (Some(info.id.clone()), conflict.to_string());
                outcome.errors.push(DecisionError { policy_id, message });
                outcome.decision = Decision::Deny;
            }
        }
        outcome
    }
}

/// The case's texts as a bundle.
///
/// # Errors
/// When a limit is exceeded.
pub(crate) fn bundle(case: &Case) -> Result<Bundle, LoadError> {
    let member = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let loose = Loose {
        policies: vec![member("policies.cedar", &case.policies)],
        links: Some(member("links.json", &case.links)),
        schema: case.schema.as_deref().map(|text| member("schema.cedarschema", text)),
        entities: Some(member("entities.json", &case.entities)),
    };
    Bundle::from_loose(loose, &Limits::default())
}

/// The case's bundle, checked and indexed.
///
/// # Errors
/// When the bundle is refused.
pub(crate) fn snapshot(case: &Case, error_mode: ErrorMode) -> Result<Snapshot, LoadError> {
    let validation = if case.validated { Validation::All } else { Validation::None };
    let options = Options { validation, error_mode, ..Options::default() };
    Snapshot::build(&bundle(case)?, options)
}

/// A bundle that a case may come after: it shares files with it, and names, or nothing but types.
fn earlier(case: &Case) -> Option<Case> {
    let first = |text: &str, end: &str| match text.find(end) {
        Some(at) => text[..at + end.len()].to_owned(),
        None => String::new(),
    };
    match case.policies.len() % 5 {
        0 => None,
        1 => Some(Case {
            policies: first(&case.policies, ";\n"),
            links: "[]".to_owned(),
            ..case.clone()
        }),
        2 => Some(Case { entities: "[]".to_owned(), ..case.clone() }),
        3 => Some(Case { schema: None, validated: false, ..case.clone() }),
        _ => Some(Case { policies: case.unscoped.clone(), links: "[]".to_owned(), ..case.clone() }),
    }
}

fn overlay(overlay: &Overlay) -> (Vec<Entity>, Vec<EntityAttributes>) {
    let entities = overlay.entities.iter().map(|json| {
        Entity::from_json_value(json.clone(), None).expect("an entity that the generator wrote")
    });
    let attributes = overlay.attributes.iter().map(|(name, attributes)| {
        let fields = attributes.as_object().expect("attributes are a record").iter();
        let fields = fields.map(|(name, value)| {
            let value = RestrictedExpression::from_str(&written(value)).expect("a value");
            (name.clone(), value)
        });
        EntityAttributes::new(uid(*name), fields).expect("attributes that the generator wrote")
    });
    (entities.collect(), attributes.collect())
}

pub(crate) fn uid((name, id): Uid) -> EntityUid {
    let name = EntityTypeName::from_str(name).expect("a type that the generator knows");
    EntityUid::from_type_name_and_id(name, EntityId::new(id))
}

/// A JSON value as an expression of the language.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::Null => "{}".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            if let Some(entity) = fields.get("__entity") {
                let part = |name: &str| entity[name].as_str().unwrap_or_default().to_owned();
                return format!("{}::{}", part("type"), quoted(&part("id")));
            }
            if let Some(made) = fields.get("__extn") {
                return call(made);
            }
            let fields =
                fields.iter().map(|(name, value)| format!("{}: {}", quoted(name), written(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

fn call(made: &Value) -> String {
    let name = made["fn"].as_str().unwrap_or_default();
    let Some(arguments) = made["args"].as_array() else {
        return format!("{name}({})", written(&made["arg"]));
    };
    let arguments: Vec<String> = arguments.iter().map(written).collect();
    match (name, arguments.as_slice()) {
        ("offset", [of, by]) => format!("{of}.offset({by})"),
        _ => format!("{name}({})", arguments.join(", ")),
    }
}
