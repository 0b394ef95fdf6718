//! A bundle, checked and indexed, never changing.

use std::collections::HashSet;
use std::sync::Arc;

use cedar_policy::Entities;
use cedar_policy_core::ast::EntityUID;

use super::compiled::{Program, Store};
use super::policies::Policies;
use super::{ErrorMode, Evaluator, Options, PolicyInfo, entities, schema, sensitivity};
use crate::bundle::{Bundle, Member, Model};
use crate::model::{
    Decision, DecisionError, Effect, Limits, LoadError, Obligations, Outcome, Problem, Revision,
    Schema, Timestamp,
};
use crate::request::Shape;

/// A bundle, checked and indexed, never changing.
///
/// A decision is taken against exactly one snapshot. Sharing one between threads is free.
#[derive(Debug)]
pub struct Snapshot {
    pub(super) policies: Arc<Policies>,
    pub(super) schema: Option<Arc<Schema>>,
    /// What the bundle adds to the shipped schema, or has in its place.
    pub(super) own_schema: Option<Member>,
    /// Sensitivity labels by rank; those of entities must agree.
    sensitivity: Arc<[String]>,
    pub(super) entities: Entities,
    /// The entities that policies write out, which a decision can reach from anywhere.
    pub(super) named: Arc<HashSet<EntityUID>>,
    /// None when the official authorizer decides.
    pub(super) program: Option<Arc<Program>>,
    pub(super) store: Option<Store>,
    pub(super) options: Options,
    pub(super) model: Model,
    revision: Revision,
}

/// What an evaluator says: exactly Cedar's answer, policies by their place in the policy set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evaluation {
    pub(super) decision: Decision,
    pub(super) reason: Vec<usize>,
    pub(super) errors: Vec<(usize, String)>,
}

impl Snapshot {
    /// Reads, checks and indexes a bundle.
    ///
    /// Takes time in proportion to the policies and to the entities with their ancestors.
    ///
    /// # Errors
    /// With every problem of the first part of the bundle that has any: schema, policies, entities.
    pub fn build(bundle: &Bundle, options: Options) -> Result<Self, LoadError> {
        let limits = &options.limits;
        let model = bundle.manifest().model;
        let schema = schema::read(bundle, limits)?;
        let strict = model == Model::Notebook || options.validation.of_policies();
        let policies = Policies::read(bundle, schema.as_ref().filter(|_| strict), limits)?;
        let entities = entities::read(bundle.entities(), schema.as_ref(), limits)?;
        let sensitivity: Arc<[String]> = bundle.manifest().sensitivity.as_slice().into();
        if model == Model::Notebook {
            sensitivity::check(&entities, &sensitivity, bundle.entities())?;
        }
        let named = policies.named();
        let program = match options.evaluator {
            Evaluator::Compiled => Program::build(&policies, schema.as_ref()).map(Arc::new),
            Evaluator::Reference => None,
        };
        Ok(Self {
            store: program.as_ref().and_then(|program| program.store(&entities)),
            program,
            policies: Arc::new(policies),
            schema: schema.map(Arc::new),
            own_schema: bundle.schema().cloned(),
            sensitivity,
            entities,
            named: Arc::new(named),
            options,
            model,
            revision: bundle.revision(),
        })
    }

    /// The same policies over other entities.
    ///
    /// # Errors
    /// When the entities are refused, as in [`Snapshot::build`].
    pub fn with_entities(&self, entities: &Member) -> Result<Self, LoadError> {
        let member = Some(entities);
        let entities = entities::read(member, self.schema.as_deref(), &self.options.limits)?;
        if self.model == Model::Notebook {
            sensitivity::check(&entities, &self.sensitivity, member)?;
        }
        let program = self.program.clone();
        Ok(Self {
            store: program.as_ref().and_then(|program| program.store(&entities)),
            program,
            policies: Arc::clone(&self.policies),
            schema: self.schema.clone(),
            own_schema: self.own_schema.clone(),
            sensitivity: Arc::clone(&self.sensitivity),
            entities,
            named: Arc::clone(&self.named),
            ..*self
        })
    }

    pub(super) fn outcome(&self, evaluation: Evaluation) -> Outcome {
        let Evaluation { mut decision, mut reason, errors } = evaluation;
        let info = |at: &usize| self.policies.infos.get(*at);
        let mut errors: Vec<DecisionError> = errors
            .into_iter()
            .map(|(at, message)| {
                let Some(info) = info(&at) else {
                    return DecisionError { policy_id: None, message };
                };
                if info.effect == Effect::Forbid && self.options.error_mode == ErrorMode::Deny {
                    if decision == Decision::Allow {
                        reason.clear();
                    }
                    decision = Decision::Deny;
                }
                DecisionError { policy_id: Some(info.id.clone()), message }
            })
            .collect();
        let mut obligations = Obligations::default();
        for info in reason.iter().filter_map(info) {
            let Err(conflict) = obligations.merge(&info.obligations) else { continue };
            if self.options.error_mode == ErrorMode::Deny {
                decision = Decision::Deny;
                let policy_id = Some(info.id.clone());
                errors.push(DecisionError { policy_id, message: conflict.to_string() });
            }
        }
        let message = match decision {
            Decision::Allow => None,
            Decision::Deny => message(reason.iter().filter_map(info)),
        };
        let reason = reason.iter().filter_map(info).map(|info| info.id.clone()).collect();
        Outcome { decision, reason, errors, obligations, message }
    }

    /// What a request must fit to be decided by this snapshot; `now` becomes `context.now` where
    /// the shipped model asks for it and the caller does not give it.
    #[must_use]
    pub fn shape(&self, now: Option<Timestamp>) -> Shape {
        let notebook = self.model == Model::Notebook;
        Shape {
            schema: self.schema.clone(),
            validate: self.options.validation.of_requests(),
            limits: self.options.limits,
            now: now.filter(|_| notebook),
            namespace: notebook.then_some(schema::NAMESPACE),
        }
    }

    /// The policies that can decide, in the order of the policy set.
    #[must_use]
    pub fn policies(&self) -> &[PolicyInfo] {
        &self.policies.infos
    }

    /// What validation warned of.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.policies.warnings
    }

    /// The schema in force.
    #[must_use]
    pub fn schema(&self) -> Option<&Schema> {
        self.schema.as_deref()
    }

    /// How many entities are stored, the actions of the schema among them.
    #[must_use]
    pub fn entity_count(&self) -> usize {
        self.entities.len()
    }

    /// Bounds on requests.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// The revision of the bundle.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }
}

/// The messages of the policies that denied, each once.
fn message<'a>(infos: impl Iterator<Item = &'a PolicyInfo>) -> Option<String> {
    let mut messages: Vec<&str> = Vec::new();
    for message in infos.filter(|info| info.effect == Effect::Forbid) {
        if let Some(message) = message.message.as_deref().filter(|one| !messages.contains(one)) {
            messages.push(message);
        }
    }
    (!messages.is_empty()).then(|| messages.join("\n"))
}

/// A Deny that no policy made.
pub(super) fn refusal(message: String) -> Outcome {
    Outcome {
        decision: Decision::Deny,
        reason: Vec::new(),
        errors: vec![DecisionError { policy_id: None, message }],
        obligations: Obligations::default(),
        message: None,
    }
}
