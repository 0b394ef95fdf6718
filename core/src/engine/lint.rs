//! What is allowed in a bundle and seldom meant.

mod errors;
mod look_alike;
mod unused;

use std::collections::HashSet;

use cedar_policy::Policy;
use cedar_policy_core::ast::{
    self, ActionConstraint, EntityUID, ExprKind, Literal, PrincipalOrResourceConstraint,
};
use cedar_policy_core::validator::ValidatorSchema;

use super::{PolicyInfo, Snapshot};
use crate::bundle::Bundle;
use crate::model::{Effect, Place, Problem, Span};

/// How many things one lint tells of one by one; the rest is counted.
const MOST: usize = 20;

/// What is allowed in a bundle and seldom meant: warnings, in the order of this table.
///
/// | Code | Told of |
/// |---|---|
/// | `lint.no_scope` | a policy whose principal, action and resource are all unconstrained |
/// | `lint.unconditional_permit` | a permit without a condition that reaches an action in a group `write` or `admin`, or whose id ends in `:write` |
/// | `lint.erroring_forbid` | a forbid whose condition can fail to evaluate: arithmetic that can overflow, an extension value made from what is no literal, `getTag` without `hasTag`, an attribute of an entity that was come to (`context.server.owner`) without a `has` on that entity |
/// | `lint.repeated_id` | policy ids that differ only in case or separators, or look alike |
/// | `lint.unused_type` | an entity type of the bundle's own schema that no policy, action, attribute or tag names |
/// | `lint.unused_group` | a stored group that no policy names and no entity holds; an action group of the bundle's own schema that no policy names |
/// | `lint.unlinked_template` | a template that no link fills |
/// | `lint.ignored_file` | a file in the bundle's folder that is no part of it |
///
/// What must not be is no warning: it is refused when the snapshot is built, such as sensitivity
/// whose rank and label disagree (`entities.sensitivity`). What validation warns of is in
/// [`Snapshot::warnings`].
///
/// Takes time in proportion to the policies and entities; a forbid that goes through several
/// entities is also typed for each kind of request in its scope.
#[must_use]
pub fn lint(snapshot: &Snapshot, bundle: &Bundle) -> Vec<Problem> {
    let schema: Option<&ValidatorSchema> = snapshot.schema.as_deref().map(AsRef::as_ref);
    let mut problems = Vec::new();
    let (mut scopes, mut permits, mut forbids) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for info in snapshot.policies() {
        let Some(policy) = snapshot.policies.set.policy(&info.id) else { continue };
        // What is wrong with a template is wrong with each link, and is told once.
        if policy.template_id().is_some_and(|template| !seen.insert(template.clone())) {
            continue;
        }
        scopes.extend(no_scope(info, policy));
        permits.extend(unconditional_permit(info, policy, schema));
        forbids.extend(errors::erroring_forbid(info, policy, schema));
    }
    problems.append(&mut scopes);
    problems.append(&mut permits);
    problems.append(&mut forbids);
    problems.extend(look_alike::repeated_ids(snapshot.policies()));
    problems.extend(unused::types(snapshot, bundle));
    problems.extend(unused::groups(snapshot, bundle));
    problems.extend(unlinked_templates(snapshot, bundle));
    problems.extend(bundle.ignored().iter().map(|name| {
        let message = format!("`{}` is no part of the bundle and is ignored", name.escape_debug());
        Problem::warning("lint.ignored_file", message)
            .help("rename it to what a bundle holds, or move it out of the folder")
    }));
    problems
}

fn no_scope(info: &PolicyInfo, policy: &Policy) -> Option<Problem> {
    let policy: &ast::Policy = policy.as_ref();
    let any = |constraint: &PrincipalOrResourceConstraint| {
        matches!(constraint, PrincipalOrResourceConstraint::Any)
    };
    let unconstrained = any(policy.principal_constraint().as_inner())
        && any(policy.resource_constraint().as_inner())
        && matches!(policy.action_constraint(), ActionConstraint::Any);
    unconstrained.then(|| {
        let message = format!("policy {} is evaluated for every request", quoted(info));
        let problem = Problem::warning("lint.no_scope", message);
        at(problem, &info.place).help(
            "say in the scope for whom, for which actions or on what it is meant, \
             such as `action in Notebook::Action::\"write\"`",
        )
    })
}

/// A permit whose scope is all there is to it, for an action that changes something.
fn unconditional_permit(
    info: &PolicyInfo,
    policy: &Policy,
    schema: Option<&ValidatorSchema>,
) -> Option<Problem> {
    let policy: &ast::Policy = policy.as_ref();
    let unconditional = policy.non_scope_constraints().is_none_or(|condition| {
        matches!(condition.expr_kind(), ExprKind::Lit(Literal::Bool(true)))
    });
    if info.effect != Effect::Permit || !unconditional {
        return None;
    }
    let reached = match policy.action_constraint() {
        ActionConstraint::Any => "every action".to_owned(),
        constraint => {
            let mut named = constraint.iter_euids();
            let found = named.find_map(|named| changing(named, schema))?;
            format!("action `{}`", AsRef::<str>::as_ref(found.eid()).escape_debug())
        }
    };
    let message = format!("policy {} permits {reached} without any condition", quoted(info));
    let problem = Problem::warning("lint.unconditional_permit", message);
    Some(at(problem, &info.place).help(
        "add a `when` that says on what terms, such as `when { resource.owner == principal }`",
    ))
}

/// An action that writes or administers, of those that naming this action or group covers.
fn changing<'a>(
    named: &'a EntityUID,
    schema: Option<&'a ValidatorSchema>,
) -> Option<&'a EntityUID> {
    let id = |uid: &'a EntityUID| -> &'a str { uid.eid().as_ref() };
    let is_group = |uid| matches!(id(uid), "write" | "admin");
    let writes = |uid| is_group(uid) || id(uid).ends_with(":write");
    if writes(named) {
        return Some(named);
    }
    let schema = schema?;
    let covered = schema.get_action_id(named)?.descendants();
    covered.chain(std::iter::once(named)).find(|uid| {
        writes(uid)
            || schema.action_ids().any(|group| {
                is_group(group.name()) && group.descendants().any(|member| member == *uid)
            })
    })
}

fn unlinked_templates(snapshot: &Snapshot, bundle: &Bundle) -> Vec<Problem> {
    let set = &snapshot.policies.set;
    let linked: HashSet<_> = set.policies().filter_map(|policy| policy.template_id()).collect();
    let unlinked = set.templates().filter(|template| !linked.contains(template.id()));
    let mut problems: Vec<Problem> = unlinked
        .map(|template| {
            let id = template.id().to_string();
            let message = format!("template `{}` is never linked", id.escape_debug());
            let problem = Problem::warning("lint.unlinked_template", message)
                .help("link it, or write a policy with the entities in place of the slots");
            let parsed: &ast::Template = template.as_ref();
            let Some(loc) = parsed.loc() else { return problem };
            let member = bundle.policies().iter().find(|member| member.text == loc.src);
            let span = Span { offset: loc.start(), length: loc.span.len(), label: None };
            match member {
                Some(member) => problem.at(&member.name, &member.text, vec![span]),
                None => problem,
            }
        })
        .collect();
    problems.sort_unstable_by(|one, other| one.message.cmp(&other.message));
    problems
}

/// The first problems, and how many more there are of them.
fn bounded(mut problems: Vec<Problem>, code: &'static str, what: &str) -> Vec<Problem> {
    let more = problems.len().saturating_sub(MOST);
    problems.truncate(MOST);
    if more > 0 {
        problems.push(Problem::warning(code, format!("and {more} more {what}")));
    }
    problems
}

fn at(problem: Problem, place: &Place) -> Problem {
    problem.at(&place.file, &place.text, place.spans.clone())
}

fn quoted(info: &PolicyInfo) -> String {
    let id: &str = info.id.as_ref();
    format!("`{}`", id.escape_debug())
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;
