//! Why a request was decided as it was: policy by policy, down to the values.

use cedar_policy::Policy;
use cedar_policy_core::ast::{self, EntityUIDEntry, Expr};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;
use serde::{Serialize, Serializer};

use super::conditions::{ClauseKind, conditions};
use super::deciding::{Deciding, Probe, shown, span_of, text_of, truth};
use super::{PolicyInfo, Snapshot};
use crate::model::{Decision, Effect, Outcome, Place, Span};
use crate::request::Request;

/// How many near misses are listed.
const NEAR_MISSES: usize = 20;

/// Why a request was decided as it was.
///
/// Texts and values are cut at about 200 characters, and shown with control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Explanation {
    /// `allow` or `deny`.
    #[cfg_attr(test, ts(type = "\"allow\" | \"deny\""))]
    pub decision: &'static str,
    /// The ids of the determining policies; none for a Deny by default.
    pub reason: Vec<String>,
    /// What went wrong while deciding.
    pub errors: Vec<ExplainedError>,
    /// What the denied person may read.
    pub message: Option<String>,
    /// The policies whose scope matches the request, in the order of the policy set.
    pub candidates: Vec<Candidate>,
    /// For a Deny by default, the first permits that missed the request by one part of their scope.
    pub near_misses: Vec<NearMiss>,
    /// How many such permits there are.
    pub near_miss_count: usize,
    /// How many policies are not candidates, the near misses among them.
    pub others: usize,
}

/// Something that went wrong while deciding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExplainedError {
    /// The id of the policy it happened in, when it happened in one.
    pub policy_id: Option<String>,
    /// What happened, in words.
    pub message: String,
}

/// A policy whose scope matches the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// `permit` or `forbid`.
    #[cfg_attr(test, ts(type = "\"permit\" | \"forbid\""))]
    pub effect: &'static str,
    /// Where it stands; in JSON its file, line and column.
    #[serde(serialize_with = "place")]
    #[cfg_attr(test, ts(as = "PlaceShape<'static>"))]
    pub place: Place,
    /// Whether its conditions hold.
    pub status: Status,
    /// The first condition that does not hold.
    pub clause: Option<Clause>,
}

/// Whether the conditions of a policy hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "CandidateStatus"))]
pub enum Status {
    /// All of them hold.
    Satisfied,
    /// One does not hold.
    NotSatisfied,
    /// One cannot be evaluated.
    Errored,
}

/// A condition that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Clause {
    /// `when` or `unless`.
    pub kind: ClauseKind,
    /// Its text between the braces.
    pub text: String,
    /// Where that text stands in the file of the policy; absent for a policy in JSON form.
    #[serde(serialize_with = "span")]
    #[cfg_attr(test, ts(as = "Option<SpanShape>"))]
    pub span: Option<Span>,
    /// Why it cannot be evaluated, when it cannot.
    pub error: Option<String>,
    /// The smallest expressions in it that made it so.
    pub deciding: Vec<Deciding>,
}

/// A permit that missed the request by one part of its scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NearMiss {
    /// Its id.
    pub id: String,
    /// Where it stands.
    #[serde(serialize_with = "place")]
    #[cfg_attr(test, ts(as = "PlaceShape<'static>"))]
    pub place: Place,
    /// `principal`, `action` or `resource`.
    pub part: &'static str,
    /// What that part asks for.
    pub asks_for: String,
    /// What the request has there.
    pub found: String,
}

impl Snapshot {
    /// Explains how a request is decided.
    ///
    /// Takes time in proportion to all policies and much longer than deciding; it is for people.
    #[must_use]
    pub fn explain(&self, request: &Request) -> Explanation {
        let outcome = self.evaluate(request);
        let default_deny = self.is_default_deny(&outcome);
        let mut explanation = Explanation::of(outcome, self.policies().len());
        // What cannot be merged is denied, and the error in the outcome says why.
        let Ok(entities) = self.reached(request) else { return explanation };
        let entities = entities.as_ref();
        let extensions = Extensions::all_available();
        let evaluator = Evaluator::new(asked(request), entities, extensions);
        for info in self.policies() {
            let Some(policy) = self.policies.set.policy(&info.id) else { continue };
            let parsed: &ast::Policy = policy.as_ref();
            let probe = Probe { evaluator: &evaluator, slots: parsed.env(), entities };
            match missed(parsed, &probe).as_slice() {
                [] => {
                    explanation.others = explanation.others.saturating_sub(1);
                    explanation.candidates.push(candidate(info, policy, &probe));
                }
                [(part, asks_for)] if default_deny && info.effect == Effect::Permit => {
                    explanation.near_miss_count = explanation.near_miss_count.saturating_add(1);
                    if explanation.near_misses.len() < NEAR_MISSES {
                        explanation.near_misses.push(near_miss(info, part, asks_for, request));
                    }
                }
                _ => {}
            }
        }
        explanation
    }

    /// Whether nothing denied but the absence of a permit.
    fn is_default_deny(&self, outcome: &Outcome) -> bool {
        let by_permit = |id| {
            let at = self.policies.order.get(id).and_then(|at| self.policies.infos.get(*at));
            at.is_some_and(|info| info.effect == Effect::Permit)
        };
        outcome.decision == Decision::Deny
            && outcome.reason.is_empty()
            && outcome.errors.iter().all(|error| error.policy_id.as_ref().is_some_and(by_permit))
    }
}

impl Explanation {
    fn of(outcome: Outcome, policies: usize) -> Self {
        let errors = outcome.errors.into_iter().map(|error| ExplainedError {
            policy_id: error.policy_id.map(|id| shown(id.as_ref())),
            message: shown(&error.message),
        });
        Self {
            decision: match outcome.decision {
                Decision::Allow => "allow",
                Decision::Deny => "deny",
            },
            reason: outcome.reason.iter().map(|id| shown(id.as_ref())).collect(),
            errors: errors.collect(),
            message: outcome.message,
            candidates: Vec::new(),
            near_misses: Vec::new(),
            near_miss_count: 0,
            others: policies,
        }
    }
}

fn asked(request: &Request) -> ast::Request {
    let known = |uid: &crate::model::EntityUid| {
        EntityUIDEntry::known(AsRef::<ast::EntityUID>::as_ref(uid).clone(), None)
    };
    let context = request.context().as_ref().clone();
    let (principal, action) = (known(request.principal()), known(request.action()));
    ast::Request::new_unchecked(principal, action, known(request.resource()), Some(context))
}

/// The parts of a policy's scope that the request is outside of, with what they ask for.
fn missed(policy: &ast::Policy, probe: &Probe<'_>) -> Vec<(&'static str, String)> {
    let (principal, resource) = (policy.principal_constraint(), policy.resource_constraint());
    let action = policy.action_constraint();
    let holds = |expr: &Expr| probe.interpret(expr).is_ok_and(|value| truth(&value) == Some(true));
    let mut missed = Vec::new();
    if !holds(&principal.as_expr()) {
        missed.push(("principal", principal.to_string()));
    }
    if !holds(&action.as_expr()) {
        missed.push(("action", action.to_string()));
    }
    if !holds(&resource.as_expr()) {
        missed.push(("resource", resource.to_string()));
    }
    missed
}

fn near_miss(info: &PolicyInfo, part: &'static str, asks_for: &str, request: &Request) -> NearMiss {
    let found = match part {
        "principal" => request.principal(),
        "action" => request.action(),
        _ => request.resource(),
    };
    let (id, place) = (shown(info.id.as_ref()), info.place.clone());
    NearMiss { id, place, part, asks_for: shown(asks_for), found: shown(&found.to_string()) }
}

fn candidate(info: &PolicyInfo, policy: &Policy, probe: &Probe<'_>) -> Candidate {
    let conditions = conditions(policy);
    let mut failed = conditions.iter().filter_map(|(kind, body)| clause(*kind, body, probe));
    let clause = failed.next();
    let status = match &clause {
        None => Status::Satisfied,
        Some(clause) if clause.error.is_some() => Status::Errored,
        Some(_) => Status::NotSatisfied,
    };
    let effect = match info.effect {
        Effect::Permit => "permit",
        Effect::Forbid => "forbid",
    };
    Candidate { id: shown(info.id.as_ref()), effect, place: info.place.clone(), status, clause }
}

/// The condition as it stands, when it does not hold.
fn clause(kind: ClauseKind, body: &Expr, probe: &Probe<'_>) -> Option<Clause> {
    let error = match probe.interpret(body) {
        Ok(value) => match truth(&value) {
            Some(value) if value == (kind == ClauseKind::When) => return None,
            Some(_) => None,
            None => Some(format!("it is not a boolean but `{}`", shown(&value.to_string()))),
        },
        Err(error) => Some(shown(&error.to_string())),
    };
    let (text, span, deciding) = (text_of(body), span_of(body), probe.deciding(body));
    Some(Clause { kind, text, span, error, deciding })
}

/// A place in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Place"))]
struct PlaceShape<'a> {
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
}

fn place<S: Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
    let (line, column) = place.line_and_column().unzip();
    PlaceShape { file: &place.file, line, column }.serialize(serializer)
}

/// A part of a text in JSON, in bytes.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "TextSpan"))]
pub(super) struct SpanShape {
    offset: usize,
    length: usize,
}

pub(super) fn span<S: Serializer>(span: &Option<Span>, serializer: S) -> Result<S::Ok, S::Error> {
    let shape = span.as_ref().map(|span| SpanShape { offset: span.offset, length: span.length });
    shape.serialize(serializer)
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
