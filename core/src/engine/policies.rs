//! Policy texts into a policy set, with what the outcome needs to know of each policy.

#[cfg(not(target_os = "wasi"))]
mod loose;

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::sync::{Arc, OnceLock};

use cedar_policy::{Policy, PolicyId, PolicySet, ValidationResult};
use cedar_policy_core::ast::{self, EntityUID, Expr, ExprKind, Var};
use miette::Diagnostic;
use smol_str::SmolStr;

use super::validation::{self, Sound};
use super::{grants, nesting};
#[cfg(not(target_os = "wasi"))]
use crate::bundle::Model;
use crate::bundle::{Bundle, Member};
use crate::model::{
    Effect, Exceeded, Limits, LoadError, LoadErrorKind, Obligations, Place, Problem, Schema, Span,
};

/// The policies of a snapshot.
#[derive(Debug)]
pub(super) struct Policies {
    pub(super) set: PolicySet,
    /// One for each policy that can decide, in the order of the policy set.
    pub(super) infos: Vec<PolicyInfo>,
    pub(super) order: HashMap<PolicyId, usize>,
    /// What validation warned of.
    pub(super) warnings: Vec<Problem>,
    /// The entities that policies write out, once they were asked for.
    named: OnceLock<HashSet<EntityUID>>,
    /// The facts of the context that policies look at, once they were asked for; `None` when one looks at all.
    facts: OnceLock<Option<HashSet<SmolStr>>>,
    /// The policy files as they were parsed.
    parsed: Vec<Parsed>,
    /// The shapes of policies that are valid.
    sound: Sound,
}

/// A policy file, parsed.
#[derive(Debug, Clone)]
struct Parsed {
    text: Arc<str>,
    set: Arc<PolicySet>,
}

/// What is known of policies that were read before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earlier<'a> {
    pub(super) policies: &'a Policies,
    /// Whether the schema is the same.
    pub(super) same_schema: bool,
}

/// What is known of a policy beside its meaning.
#[derive(Debug, Clone)]
pub struct PolicyInfo {
    /// Its id.
    pub id: PolicyId,
    /// Permit or forbid.
    pub effect: Effect,
    /// The text of its `@message`.
    pub message: Option<String>,
    /// Its obligations.
    pub obligations: Obligations,
    /// Where it stands; the text of a link is its template's.
    pub place: Place,
}

impl Policies {
    pub(super) fn read(
        bundle: &Bundle,
        schema: Option<&Schema>,
        limits: &Limits,
        earlier: Option<Earlier<'_>>,
    ) -> Result<Self, LoadError> {
        let earlier_parsed = earlier.map_or(&[][..], |earlier| &earlier.policies.parsed);
        let mut reading = Reading {
            earlier: earlier_parsed,
            #[cfg(not(target_os = "wasi"))]
            loose: bundle.manifest().model == Model::Own,
            ..Reading::default()
        };
        let mut problems = Vec::new();
        for member in bundle.policies() {
            if let Err(error) = reading.member(member, limits) {
                if error.kind() != LoadErrorKind::Policy {
                    return Err(error);
                }
                problems.extend_from_slice(error.problems());
            }
        }
        LoadError::check(LoadErrorKind::Policy, problems)?;
        #[cfg(not(target_os = "wasi"))]
        if let Some(member) = bundle.links() {
            reading.links(member)?;
        }
        reading.grants(bundle)?;
        Exceeded::check("policies", limits.policies, reading.count)?;
        let sound = earlier.filter(|earlier| earlier.same_schema);
        let sound = sound.map(|earlier| earlier.policies.sound.clone()).unwrap_or_default();
        reading.finish(schema, sound)
    }

    /// The entities that the policies write out.
    pub(super) fn named(&self) -> &HashSet<EntityUID> {
        self.named.get_or_init(|| self.set.policies().flat_map(named).collect())
    }

    /// Whether a policy may look at a fact of the context.
    pub(super) fn look_at(&self, fact: &str) -> bool {
        let facts = self.facts.get_or_init(|| {
            let each: Option<Vec<_>> = self.set.policies().map(facts).collect();
            each.map(|each| each.into_iter().flatten().collect())
        });
        facts.as_ref().is_none_or(|facts| facts.contains(fact))
    }
}

/// The entities that a policy writes out, in its scope and in its conditions.
pub(super) fn named(policy: &Policy) -> impl Iterator<Item = EntityUID> {
    let scope = policy.template_links().into_iter().flat_map(HashMap::into_values);
    let literals = policy.entity_literals().into_iter().chain(scope);
    literals.map(|uid| AsRef::<EntityUID>::as_ref(&uid).clone())
}

/// The facts of the context that a policy names; `None` when it looks at the context itself.
fn facts(policy: &Policy) -> Option<HashSet<SmolStr>> {
    let condition = AsRef::<ast::Policy>::as_ref(policy).condition();
    let is_context = |expr: &Expr| matches!(expr.expr_kind(), ExprKind::Var(Var::Context));
    let (mut named, mut all) = (Vec::new(), 0_usize);
    for expr in condition.subexpressions() {
        match expr.expr_kind() {
            ExprKind::GetAttr { expr, attr } | ExprKind::HasAttr { expr, attr }
                if is_context(expr) =>
            {
                named.push(attr.clone());
            }
            ExprKind::ExtHasAttr { expr, attrs } if is_context(expr) => {
                named.push(attrs.first().clone());
            }
            _ => all = all.saturating_add(usize::from(is_context(expr))),
        }
    }
    (named.len() == all).then(|| named.into_iter().collect())
}

#[derive(Default)]
struct Reading<'a> {
    set: PolicySet,
    earlier: &'a [Parsed],
    parsed: Vec<Parsed>,
    places: HashMap<PolicyId, Place>,
    /// Whether they are in no bundle, and may have forms that a bundle has not.
    #[cfg(not(target_os = "wasi"))]
    loose: bool,
    /// Statements read so far: the number in the id of the next one that has no `@id`.
    count: usize,
}

impl Reading<'_> {
    fn member(&mut self, member: &Member, limits: &Limits) -> Result<(), LoadError> {
        #[cfg(not(target_os = "wasi"))]
        if self.loose && member.text.trim_start().starts_with('{') {
            return self.json(member);
        }
        let parsed = self.parsed(member, limits)?;
        let first = self.count;
        for template in parsed.templates() {
            let id = statement_id(template.id(), template.annotation("id"), first);
            let place = place(template.as_ref().loc(), member);
            self.add(id, place, |set, id| set.add_template(template.new_id(id)))?;
        }
        for policy in parsed.policies() {
            let id = statement_id(policy.id(), policy.annotation("id"), first);
            let place = place(policy.as_ref().loc(), member);
            self.add(id, place, |set, id| set.add(policy.new_id(id)))?;
        }
        Ok(())
    }

    /// A text is parsed once, as long as it stays the same.
    fn parsed(&mut self, member: &Member, limits: &Limits) -> Result<Arc<PolicySet>, LoadError> {
        let same = self.earlier.iter().find(|parsed| parsed.text == member.text);
        let parsed = match same {
            Some(parsed) => parsed.clone(),
            None => {
                nesting::check(&member.text, limits)
                    .map_err(|exceeded| member.exceeded(exceeded))?;
                let set: PolicySet = member
                    .text
                    .parse()
                    .map_err(|error| refused("policy.syntax", &error, member))?;
                Parsed { text: Arc::clone(&member.text), set: Arc::new(set) }
            }
        };
        let set = Arc::clone(&parsed.set);
        self.parsed.push(parsed);
        Ok(set)
    }

    fn grants(&mut self, bundle: &Bundle) -> Result<(), LoadError> {
        let Some(member) = bundle.grants_text() else { return Ok(()) };
        for grant in bundle.grants() {
            let policy = grants::policy(grant).map_err(|message| {
                let problem = Problem::error("grants.invalid", message);
                let problem = problem.file(&member.name, &member.text);
                LoadError::new(LoadErrorKind::Grants, problem)
            })?;
            self.add(policy.id().clone(), whole(member), |set, _| set.add(policy))?;
        }
        Ok(())
    }

    fn add<E: Display>(
        &mut self,
        id: PolicyId,
        place: Place,
        add: impl FnOnce(&mut PolicySet, PolicyId) -> Result<(), E>,
    ) -> Result<(), LoadError> {
        self.count = self.count.saturating_add(1);
        if let Some(first) = self.places.get(&id) {
            let shown = id.to_string();
            let message = format!("policy id `{}` is there twice", shown.escape_debug());
            let mut problem = Problem::error("policy.duplicate_id", message)
                .help("give each policy an `@id` of its own");
            let line = first.line_and_column().map_or(1, |(line, _)| line);
            let also = format!("{}:{line}", first.file.escape_debug());
            problem.message.push_str(&format!(", the first time at {also}"));
            problem.place = Some(place);
            return Err(LoadError::new(LoadErrorKind::Policy, problem));
        }
        if let Err(error) = add(&mut self.set, id.clone()) {
            let mut problem = Problem::error("policy.invalid", error.to_string());
            problem.place = Some(Place { spans: Vec::new(), ..place });
            return Err(LoadError::new(LoadErrorKind::Policy, problem));
        }
        self.places.insert(id, place);
        Ok(())
    }

    fn finish(self, schema: Option<&Schema>, mut sound: Sound) -> Result<Policies, LoadError> {
        let warnings = match schema {
            Some(schema) => self.validate(schema, &mut sound)?,
            None => Vec::new(),
        };
        let mut infos = Vec::with_capacity(self.set.num_of_policies());
        let mut problems = Vec::new();
        for policy in self.set.policies() {
            let place = self.places.get(policy.id()).cloned().unwrap_or_else(Place::nowhere);
            let obligations = Obligations::from_annotations(policy.annotations());
            let obligations = obligations.unwrap_or_else(|error| {
                let mut problem = Problem::error(
                    "policy.obligation",
                    format!("policy `{}`: {error}", policy.id().to_string().escape_debug()),
                );
                problem.place = Some(place.clone());
                problems.push(problem);
                Obligations::default()
            });
            infos.push(PolicyInfo {
                id: policy.id().clone(),
                effect: policy.effect(),
                message: policy.annotation("message").map(str::to_owned),
                obligations,
                place,
            });
        }
        LoadError::check(LoadErrorKind::Policy, problems)?;
        let order = infos.iter().enumerate().map(|(at, info)| (info.id.clone(), at)).collect();
        Ok(Policies {
            set: self.set,
            infos,
            order,
            warnings,
            named: OnceLock::new(),
            facts: OnceLock::new(),
            parsed: self.parsed,
            sound,
        })
    }

    /// Strict validation: errors refuse, warnings are kept.
    fn validate(&self, schema: &Schema, sound: &mut Sound) -> Result<Vec<Problem>, LoadError> {
        let results = validation::validate(&self.set, schema, sound);
        let placed = |code, id: &PolicyId, error: &dyn Diagnostic| {
            let place = self.places.get(id).cloned().unwrap_or_else(Place::nowhere);
            let mut problems = Problem::from_diagnostic(code, error, &place.file, &place.text);
            for problem in &mut problems {
                // What names no part of the text is about the policy as a whole.
                if problem.place.as_ref().is_none_or(|found| found.spans.is_empty()) {
                    problem.place = Some(place.clone());
                }
            }
            problems
        };
        let errors = results
            .iter()
            .flat_map(ValidationResult::validation_errors)
            .flat_map(|error| placed("policy.validation", error.policy_id(), error));
        LoadError::check(LoadErrorKind::Policy, one_per_place(errors.collect()))?;
        let warnings = results
            .iter()
            .flat_map(ValidationResult::validation_warnings)
            .flat_map(|warning| placed("policy.validation", warning.policy_id(), warning));
        Ok(one_per_place(warnings.map(Problem::into_warning).collect()))
    }
}

/// Problems in the order of their places, of those at one place the first with how many there are.
///
/// The validator looks at a policy once for each combination of types it applies to, and one
/// misspelt attribute is wrong in all of them.
fn one_per_place(mut problems: Vec<Problem>) -> Vec<Problem> {
    let key = |problem: &Problem| {
        let place = problem.place.clone().unwrap_or_else(Place::nowhere);
        let spans: Vec<_> = place.spans.iter().map(|span| (span.offset, span.length)).collect();
        (place.file, spans)
    };
    problems.sort_by_cached_key(|problem| (key(problem), problem.message.clone()));
    problems.dedup();
    let mut kept: Vec<(Problem, usize)> = Vec::new();
    for problem in problems {
        match kept.last_mut() {
            Some((first, more)) if key(first) == key(&problem) => *more = more.saturating_add(1),
            _ => kept.push((problem, 0)),
        }
    }
    let counted = kept.into_iter().map(|(mut first, more)| {
        if more > 0 {
            first.message.push_str(&format!(" (and {more} more like it, at the same place)"));
        }
        first
    });
    counted.collect()
}

/// The id of a statement: its annotation, or its number among all statements.
fn statement_id(parsed: &PolicyId, annotation: Option<&str>, first: usize) -> PolicyId {
    if let Some(id) = annotation {
        return PolicyId::new(id);
    }
    // INVARIANT: the parser numbers the statements of one text `policy0`, `policy1`, ….
    let parsed: &str = parsed.as_ref();
    let number = parsed.strip_prefix("policy").and_then(|number| number.parse::<usize>().ok());
    let number = number.unwrap_or_default().saturating_add(first);
    PolicyId::new(format!("policy{number}"))
}

fn place(loc: Option<&cedar_policy_core::parser::Loc>, member: &Member) -> Place {
    let spans = loc.map(|loc| Span { offset: loc.start(), length: loc.span.len(), label: None });
    Place { spans: spans.into_iter().collect(), ..whole(member) }
}

fn whole(member: &Member) -> Place {
    let (file, text) = (Arc::clone(&member.name), Arc::clone(&member.text));
    Place { file, text, spans: Vec::new() }
}

fn refused(code: &'static str, error: &dyn Diagnostic, member: &Member) -> LoadError {
    let problems = Problem::from_diagnostic(code, error, &member.name, &member.text);
    LoadError::all(LoadErrorKind::Policy, problems)
}
