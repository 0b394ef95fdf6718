//! A bundle, checked and indexed, never changing.

use std::sync::{Arc, OnceLock};

use cedar_policy::Entities;

use super::admission::Admission;
use super::compiled::{Program, Store};
use super::fit::Fit;
use super::names::Names;
use super::policies::{Earlier, Policies};
use super::{ErrorMode, Evaluator, Options, PolicyInfo, entities, schema, sensitivity};
use crate::bundle::{Bundle, Member, Model};
use crate::model::{
    Decision, DecisionError, Effect, Limits, LoadError, LoadErrorKind, Obligations, Outcome,
    Problem, Revision, Schema, Timestamp,
};
use crate::request::Shape;

/// A bundle, checked and indexed, never changing.
///
/// A decision is taken against exactly one snapshot. Sharing one between threads is free.
#[derive(Debug)]
pub struct Snapshot {
    pub(super) policies: Arc<Policies>,
    pub(super) schema: Option<Arc<Schema>>,
    /// What the schema asks of questions.
    pub(super) fit: Option<Arc<Fit>>,
    /// The same by the numbers of the names.
    pub(super) admission: Option<Admission>,
    /// What the bundle adds to the shipped schema, or has in its place.
    pub(super) own_schema: Option<Member>,
    /// Sensitivity labels by rank; those of entities must agree.
    sensitivity: Arc<[String]>,
    pub(super) store: Store,
    /// The digest of the text that they were read from.
    entities_digest: Option<Revision>,
    /// The stored entities in the language's own form, once they were asked for.
    official: OnceLock<Result<Entities, String>>,
    /// None when the official authorizer decides.
    pub(super) program: Option<Arc<Program>>,
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
        Self::next(None, bundle, options)
    }

    /// Reads, checks and indexes the bundle that comes after this one, with the same options.
    ///
    /// Gives what [`Snapshot::build`] gives. Files that stay the same are not parsed again, policies of
    /// a shape that was valid are not validated again, and entities that stay the same are shared, so
    /// that a small change takes time in proportion to itself, to the number of policies and to the
    /// number of names.
    ///
    /// # Errors
    /// As [`Snapshot::build`].
    pub fn rebuild(&self, bundle: &Bundle) -> Result<Self, LoadError> {
        Self::next(Some(self), bundle, self.options)
    }

    fn next(earlier: Option<&Self>, bundle: &Bundle, options: Options) -> Result<Self, LoadError> {
        let limits = &options.limits;
        let model = bundle.manifest().model;
        let text = |member: Option<&Member>| member.map(|member| Arc::clone(&member.text));
        let same_schema = earlier.filter(|earlier| {
            earlier.model == model && text(earlier.own_schema.as_ref()) == text(bundle.schema())
        });
        let schema = match same_schema {
            Some(earlier) => earlier.schema.clone(),
            None => schema::read(bundle, limits)?.map(Arc::new),
        };
        let fit = match same_schema {
            Some(earlier) => earlier.fit.clone(),
            None => schema.as_deref().map(|schema| Arc::new(Fit::new(schema.as_ref()))),
        };
        let strict = model == Model::Notebook || options.validation.of_policies();
        let policies = Policies::read(
            bundle,
            schema.as_deref().filter(|_| strict),
            limits,
            earlier.map(|earlier| Earlier {
                policies: &earlier.policies,
                same_schema: same_schema.is_some(),
            }),
        )?;
        let sensitivity: Arc<[String]> = bundle.manifest().sensitivity.as_slice().into();
        let same_entities = same_schema.filter(|earlier| {
            earlier.entities_digest == digest(bundle.entities())
                && earlier.sensitivity == sensitivity
        });
        let kept = same_entities.and_then(|earlier| Some((earlier, earlier.store.more_names()?)));
        let (kept, mut names) = match kept {
            Some((earlier, names)) => (Some(&earlier.store), names),
            None => (None, Names::new()),
        };
        let program = match options.evaluator {
            Evaluator::Compiled => {
                let program = Program::build(&policies, schema.as_deref(), &mut names)?;
                Some(Arc::new(program))
            }
            Evaluator::Reference => None,
        };
        let read_by = ReadBy { schema: schema.as_deref(), limits, model, labels: &sensitivity };
        let store = match kept {
            Some(store) => store.with_names(names),
            None => read_by.store(bundle.entities(), names)?,
        };
        let snapshot = Self {
            admission: fit.as_deref().map(|fit| Admission::new(fit, &store.names)),
            store,
            entities_digest: digest(bundle.entities()),
            official: OnceLock::new(),
            program,
            policies: Arc::new(policies),
            schema,
            fit,
            own_schema: bundle.schema().cloned(),
            sensitivity,
            options,
            model,
            revision: bundle.revision(),
        };
        if options.evaluator == Evaluator::Reference {
            snapshot.official().map_err(|message| {
                let problem = Problem::error("entities.invalid", message);
                LoadError::new(LoadErrorKind::Entities, problem)
            })?;
        }
        Ok(snapshot)
    }

    /// The same policies over other entities.
    ///
    /// # Errors
    /// When the entities are refused, as in [`Snapshot::build`].
    pub fn with_entities(&self, entities: &Member) -> Result<Self, LoadError> {
        let (schema, limits) = (self.schema.as_deref(), &self.options.limits);
        let read_by = ReadBy { schema, limits, model: self.model, labels: &self.sensitivity };
        let store = read_by.store(Some(entities), self.store.names.without_entities())?;
        Ok(Self {
            admission: self.fit.as_deref().map(|fit| Admission::new(fit, &store.names)),
            store,
            entities_digest: digest(Some(entities)),
            official: OnceLock::new(),
            program: self.program.clone(),
            policies: Arc::clone(&self.policies),
            schema: self.schema.clone(),
            fit: self.fit.clone(),
            own_schema: self.own_schema.clone(),
            sensitivity: Arc::clone(&self.sensitivity),
            ..*self
        })
    }

    /// The stored entities in the language's own form; takes the time and the memory of making it
    /// when it is first asked for.
    pub(super) fn official(&self) -> Result<&Entities, String> {
        self.official.get_or_init(|| self.store.official()).as_ref().map_err(Clone::clone)
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

    /// Whether a question is given `context.now` when it has none.
    #[must_use]
    pub fn gives_now(&self) -> bool {
        self.model == Model::Notebook
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
        self.store.len()
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

fn digest(member: Option<&Member>) -> Option<Revision> {
    member.map(|member| Revision::of(std::iter::once(("", member.text.as_bytes()))))
}

/// What entities are read by.
struct ReadBy<'a> {
    schema: Option<&'a Schema>,
    limits: &'a Limits,
    model: Model,
    /// Sensitivity labels by rank.
    labels: &'a [String],
}

impl ReadBy<'_> {
    fn store(&self, member: Option<&Member>, names: Names) -> Result<Store, LoadError> {
        let store = entities::read(member, self.schema, names, self.limits)?;
        if self.model == Model::Notebook {
            sensitivity::check(&store, self.labels, member)?;
        }
        Ok(store)
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
