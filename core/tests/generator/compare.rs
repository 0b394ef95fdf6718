use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;

use bumpalo::Bump;
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicyId, PolicySet, RestrictedExpression, Schema, SlotId,
};
use notegate::Request;
use notegate::bundle::{Bundle, Loose};
use notegate::engine::{CrossCheck, ErrorMode, Options, Question, Scratch, Snapshot, Validation};
use notegate::model::{Decision, DecisionError, Effect, Limits, Obligations, Outcome};
use notegate::request::EntityAttributes;
use serde_json::Value;

use super::{Asked, Case, given, quoted};

/// What was compared.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Compared {
    /// Decisions compared.
    pub(crate) decisions: usize,
    pub(crate) allowed: usize,
    /// Decisions with an error in them.
    pub(crate) erring: usize,
    /// Decisions with entities or attributes of the request's own.
    pub(crate) overlaid: usize,
}

impl Compared {
    /// Adds what was compared elsewhere.
    pub(crate) fn add(&mut self, other: Self) {
        self.decisions += other.decisions;
        self.allowed += other.allowed;
        self.erring += other.erring;
        self.overlaid += other.overlaid;
    }
}

/// Compares all ways to decide what a case asks.
///
/// # Errors
/// Says where two of them differ.
pub(crate) fn compare(case: &Case) -> Result<Compared, String> {
    let mut compared = Compared::default();
    let Ok(skipping) = snapshot(case, ErrorMode::CedarSkip) else { return Ok(compared) };
    let denying = snapshot(case, ErrorMode::Deny).map_err(|error| format!("{error:?}"))?;
    let official = Official::new(case)?;
    for asked in &case.asked {
        let Some(request) = request(asked, &skipping) else { continue };
        let (outcome, mismatch) = skipping.evaluate_checked(&request, true);
        if let Some(mismatch) = mismatch {
            return Err(format!(
                "compiled {:#?}\nreference {:#?}\nof {asked:#?}",
                mismatch.compiled, mismatch.reference
            ));
        }
        let denied = denying.evaluate(&request);
        let expected = stated_difference(&outcome, &skipping);
        if denied != expected {
            return Err(format!("in deny mode {denied:#?}\nexpected {expected:#?}\nof {asked:#?}"));
        }
        for (snapshot, expected) in [(&skipping, &outcome), (&denying, &denied)] {
            compare_ways(asked, snapshot, &request, expected)?;
        }
        if let Some(expected) = official.decide(asked) {
            let found = Answer::of(&outcome);
            if found != expected {
                return Err(format!("found {found:#?}\nexpected {expected:#?}\nof {asked:#?}"));
            }
        }
        if compared.decisions == 0 && !request.has_overlay() {
            compare_enumerations(case, asked, &denying, &request)?;
        }
        compared.decisions += 1;
        compared.allowed += usize::from(outcome.decision == Decision::Allow);
        compared.erring += usize::from(!outcome.errors.is_empty());
        compared.overlaid += usize::from(request.has_overlay());
    }
    Ok(compared)
}

/// Compares an outcome with what the other ways to ask give.
fn compare_ways(
    asked: &Asked,
    snapshot: &Snapshot,
    request: &Request,
    expected: &Outcome,
) -> Result<(), String> {
    let scratch = Scratch::default();
    let prepared = snapshot.prepare(request, &scratch);
    let mut answers = vec![("prepared", prepared.answer()), ("again", prepared.answer())];
    let arena = Bump::new();
    if !request.has_overlay()
        && let Some(context) = given::record(&asked.context, &arena)
    {
        let question = Question::new(asked.principal, asked.action, asked.resource, context);
        answers.push(("question", snapshot.answer(&question.map_err(|error| error.to_string())?)));
    }
    for (way, answer) in answers {
        let decision = answer.decision();
        let reason: Vec<PolicyId> = answer.reason().cloned().collect();
        let outcome = answer.into_outcome();
        if outcome != *expected || decision != expected.decision || reason != expected.reason {
            return Err(format!("{way} {outcome:#?}\nexpected {expected:#?}\nof {asked:#?}"));
        }
    }
    Ok(())
}

/// Compares the enumerations with a decision for each stored entity.
fn compare_enumerations(
    case: &Case,
    asked: &Asked,
    snapshot: &Snapshot,
    request: &Request,
) -> Result<(), String> {
    let name = asked.resource.0;
    let type_name = EntityTypeName::from_str(name).expect("a type that the generator knows");
    let mut expected = (Vec::new(), Vec::new());
    for entity in case.entities.as_array().into_iter().flatten() {
        let stored = &entity["uid"];
        if stored["type"] != name {
            continue;
        }
        let parts = (name, stored["id"].as_str().unwrap_or_default());
        let with = |principal, resource| {
            let builder = Request::builder(principal, uid(asked.action), resource);
            let request = builder.context(request.context().clone());
            request.build(&snapshot.shape(None)).map_err(|error| error.to_string())
        };
        let principal = with(uid(parts), uid(asked.resource))?;
        if snapshot.evaluate(&principal).decision == Decision::Allow {
            expected.0.push(uid(parts));
        }
        let resource = with(uid(asked.principal), uid(parts))?;
        if snapshot.evaluate(&resource).decision == Decision::Allow {
            expected.1.push(uid(parts));
        }
    }
    expected.0.sort_unstable();
    expected.1.sort_unstable();
    let found = (snapshot.who_can(request, &type_name), snapshot.what_can(request, &type_name));
    if found != expected {
        return Err(format!("enumerated {found:?}\nexpected {expected:?}\nof {asked:#?}"));
    }
    Ok(())
}

/// What the default error mode makes of an outcome: an erring forbid denies, and so do obligations
/// that conflict. That is all.
fn stated_difference(skipped: &Outcome, snapshot: &Snapshot) -> Outcome {
    let info = |id: &PolicyId| snapshot.policies().iter().find(|info| info.id == *id);
    let forbids = |id: &PolicyId| info(id).is_some_and(|info| info.effect == Effect::Forbid);
    let mut outcome = skipped.clone();
    let erring = skipped.errors.iter().filter_map(|error| error.policy_id.as_ref()).any(forbids);
    if erring && outcome.decision == Decision::Allow {
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

pub(crate) fn snapshot(
    case: &Case,
    error_mode: ErrorMode,
) -> Result<Snapshot, notegate::model::LoadError> {
    let member = |name: &str, text: String| (name.to_owned(), text.into_bytes());
    let loose = Loose {
        policies: vec![member("policies.cedar", case.policies.clone())],
        links: Some(member("links.json", case.links.clone())),
        schema: case.schema.map(|text| member("schema.cedarschema", text.to_owned())),
        entities: Some(member("entities.json", case.entities.to_string())),
    };
    let options = Options {
        validation: Validation::None,
        error_mode,
        cross_check: CrossCheck::Always,
        ..Options::default()
    };
    Snapshot::build(&Bundle::from_loose(loose, &Limits::default())?, options)
}

/// The request; `None` when it cannot be built.
pub(crate) fn request(asked: &Asked, snapshot: &Snapshot) -> Option<Request> {
    let context = Context::from_json_value(asked.context.clone(), None).ok()?;
    let mut builder =
        Request::builder(uid(asked.principal), uid(asked.action), uid(asked.resource))
            .context(context);
    for entity in &asked.entities {
        builder = builder.entity(Entity::from_json_value(entity.clone(), None).ok()?);
    }
    for (name, id, attributes) in &asked.attributes {
        let attributes = attributes.as_object()?.iter().map(|(name, value)| {
            let value = RestrictedExpression::from_str(&written(value)).ok()?;
            Some((name.clone(), value))
        });
        let attributes: Vec<_> = attributes.collect::<Option<_>>()?;
        builder = builder.attributes(EntityAttributes::new(uid((name, id)), attributes).ok()?);
    }
    builder.build(&snapshot.shape(None)).ok()
}

fn uid((name, id): (&str, &str)) -> EntityUid {
    let name = EntityTypeName::from_str(name).expect("a type that the generator knows");
    EntityUid::from_type_name_and_id(name, EntityId::new(id))
}

/// A JSON value as an expression of the language.
fn written(value: &Value) -> String {
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
                let part = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
                return format!("{}({})", part("fn"), quoted(&part("arg")));
            }
            let fields =
                fields.iter().map(|(name, value)| format!("{}: {}", quoted(name), written(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The official authorizer on the official parsers' reading of the texts.
struct Official {
    policies: PolicySet,
    entities: Entities,
}

/// A response, without an order.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    allowed: bool,
    reason: BTreeSet<String>,
    errors: BTreeSet<(String, String)>,
}

impl Answer {
    fn of(outcome: &Outcome) -> Self {
        Self {
            allowed: outcome.decision == Decision::Allow,
            reason: outcome.reason.iter().map(ToString::to_string).collect(),
            errors: outcome
                .errors
                .iter()
                .map(|error| {
                    let id = error.policy_id.as_ref().map(ToString::to_string);
                    (id.unwrap_or_default(), error.message.clone())
                })
                .collect(),
        }
    }
}

impl Official {
    fn new(case: &Case) -> Result<Self, String> {
        let mut policies = PolicySet::from_str(&case.policies).map_err(|e| e.to_string())?;
        let ids: HashMap<String, PolicyId> = policies
            .templates()
            .map(|template| {
                let id = template.annotation("id").unwrap_or_default();
                (id.to_owned(), template.id().clone())
            })
            .collect();
        let links: Vec<Value> = serde_json::from_str(&case.links).map_err(|e| e.to_string())?;
        for link in links {
            let template = link["template_id"].as_str().unwrap_or_default();
            let arguments = link["args"].as_object().ok_or("no arguments")?;
            let filled = arguments.iter().map(|(slot, uid)| {
                let slot = match slot.as_str() {
                    "?principal" => SlotId::principal(),
                    _ => SlotId::resource(),
                };
                (slot, EntityUid::from_str(uid.as_str().unwrap_or_default()).expect("a uid"))
            });
            let id = PolicyId::new(link["link_id"].as_str().unwrap_or_default());
            policies
                .link(ids[template].clone(), id, filled.collect())
                .map_err(|error| error.to_string())?;
        }
        let schema =
            case.schema.map(|text| Schema::from_cedarschema_str(text).expect("a schema").0);
        let entities = Entities::from_json_value(case.entities.clone(), schema.as_ref())
            .map_err(|error| error.to_string())?;
        Ok(Self { policies, entities })
    }

    /// `None` when the request says of entities what the official store cannot be told.
    fn decide(&self, asked: &Asked) -> Option<Answer> {
        if !asked.attributes.is_empty() {
            return None;
        }
        let mut entities = self.entities.clone();
        if !asked.entities.is_empty() {
            let sent =
                asked.entities.iter().map(|json| Entity::from_json_value(json.clone(), None));
            let sent: Vec<Entity> = sent.collect::<Result<_, _>>().ok()?;
            entities = entities.upsert_entities(sent, None).ok()?;
        }
        let context = Context::from_json_value(asked.context.clone(), None).ok()?;
        let (principal, action) = (uid(asked.principal), uid(asked.action));
        let request =
            cedar_policy::Request::new(principal, action, uid(asked.resource), context, None)
                .ok()?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        let named = |id: &PolicyId| match self.policies.annotation(id, "id") {
            Some(name) if !id.to_string().starts_with("link") => name.to_owned(),
            _ => id.to_string(),
        };
        Some(Answer {
            allowed: response.decision() == Decision::Allow,
            reason: response.diagnostics().reason().map(named).collect(),
            errors: response
                .diagnostics()
                .errors()
                .map(|error| match error {
                    AuthorizationError::PolicyEvaluationError(error) => {
                        (named(error.policy_id()), error.inner().to_string())
                    }
                })
                .collect(),
        })
    }
}
