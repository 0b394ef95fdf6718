//! Stored entities: read, closed over their hierarchy and checked.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cedar_policy::Entities;
use cedar_policy_core::ast::{Entity, EntityUID};
use cedar_policy_core::entities::err::EntitiesError;
use cedar_policy_core::entities::json::EntityJsonParser;
use cedar_policy_core::entities::{
    Entities as CoreEntities, NoEntitiesSchema, Schema as _, TCComputation,
};
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::validator::CoreSchema;

use crate::bundle::Member;
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem, Schema, conformance};

/// The entities of a member, with the schema's action hierarchy.
///
/// The hierarchy is closed here and not by the official store: that takes time in proportion to
/// the ancestors there are, and neither a cycle nor a deep chain can exhaust the stack.
pub(super) fn read(
    member: Option<&Member>,
    schema: Option<&Schema>,
    limits: &Limits,
) -> Result<Entities, LoadError> {
    let text = member.map_or("[]", |member| &member.text);
    from_text(text, schema, limits).map_err(|(kind, problem)| {
        LoadError::new(
            kind,
            match member {
                Some(member) => problem.file(&member.name, &member.text),
                None => problem,
            },
        )
    })
}

type Refused = (LoadErrorKind, Problem);

fn from_text(text: &str, schema: Option<&Schema>, limits: &Limits) -> Result<Entities, Refused> {
    limits.check_json_nesting(text).map_err(exceeded)?;
    let core = schema.map(|schema| CoreSchema::new(schema.as_ref()));
    let extensions = Extensions::all_available();
    let assume = TCComputation::AssumeAlreadyComputed;
    let parser = EntityJsonParser::new(core.as_ref(), extensions, assume);
    let mut entities: Vec<Entity> = parser.iter_from_json_str(text).map_err(invalid)?.collect();
    // INVARIANT: the parser puts the schema's actions, which are joined below, after the text's own.
    let actions = core.as_ref().map_or(0, |core| core.action_entities().count());
    entities.truncate(entities.len().saturating_sub(actions));
    Exceeded::check("entities", limits.entities, entities.len()).map_err(exceeded)?;
    for entity in &entities {
        let id: &str = entity.uid().eid().as_ref();
        Exceeded::check("id_bytes", limits.id_bytes, id.len()).map_err(exceeded)?;
        conformance::check_known(entity).map_err(|error| wrong(error.to_string()))?;
    }
    close(&mut entities, limits)?;
    let checked = match &core {
        Some(core) => CoreEntities::from_entities(entities, Some(core), assume, extensions),
        None => {
            CoreEntities::from_entities(entities, None::<&NoEntitiesSchema>, assume, extensions)
        }
    };
    Ok(checked.map_err(invalid)?.into())
}

/// Gives each entity its indirect ancestors.
fn close(entities: &mut [Entity], limits: &Limits) -> Result<(), Refused> {
    let mut places = HashMap::with_capacity(entities.len());
    for (at, entity) in entities.iter().enumerate() {
        if places.insert(entity.uid().clone(), at).is_some() {
            return Err(wrong(format!("entity `{}` is there twice", entity.uid())));
        }
    }
    let parents: Vec<Vec<usize>> = entities
        .iter()
        .map(|entity| entity.parents().filter_map(|uid| places.get(uid).copied()).collect())
        .collect();
    drop(places);
    for at in ancestors_first(&parents, entities, limits)? {
        let mut inherited = HashSet::new();
        for parent in parents.get(at).into_iter().flatten() {
            inherited
                .extend(entities.get(*parent).into_iter().flat_map(Entity::ancestors).cloned());
        }
        if let Some(entity) = entities.get_mut(at) {
            inherited.into_iter().for_each(|uid| entity.add_indirect_ancestor(uid));
            let count = entity.ancestors().count();
            Exceeded::check("ancestors", limits.ancestors, count)
                .map_err(|error| wrong_limit(error, entity.uid()))?;
        }
    }
    Ok(())
}

/// An order in which every entity comes after its parents.
fn ancestors_first(
    parents: &[Vec<usize>],
    entities: &[Entity],
    limits: &Limits,
) -> Result<Vec<usize>, Refused> {
    let mut children = vec![Vec::new(); parents.len()];
    let mut waiting: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (child, parents) in parents.iter().enumerate() {
        for parent in parents {
            if let Some(children) = children.get_mut(*parent) {
                children.push(child);
            }
        }
    }
    let roots = waiting.iter().enumerate().filter(|(_, waiting)| **waiting == 0);
    let mut level: Vec<usize> = roots.map(|(at, _)| at).collect();
    let mut order = Vec::with_capacity(parents.len());
    let mut depth = 0_usize;
    while !level.is_empty() {
        let mut next = Vec::new();
        for at in &level {
            for child in children.get(*at).into_iter().flatten() {
                if let Some(waiting) = waiting.get_mut(*child) {
                    *waiting = waiting.saturating_sub(1);
                    if *waiting == 0 {
                        next.push(*child);
                    }
                }
            }
        }
        order.append(&mut level);
        if let Some(first) = next.first().and_then(|at| entities.get(*at)) {
            depth = depth.saturating_add(1);
            Exceeded::check("hierarchy_depth", limits.hierarchy_depth, depth)
                .map_err(|error| wrong_limit(error, first.uid()))?;
        }
        level = next;
    }
    match cycle_member(parents, &waiting).and_then(|at| entities.get(at)) {
        None => Ok(order),
        Some(entity) => {
            Err(wrong(format!("the hierarchy has a cycle through entity `{}`", entity.uid())))
        }
    }
}

/// One entity of a cycle, when entities are left that wait for a parent.
fn cycle_member(parents: &[Vec<usize>], waiting: &[usize]) -> Option<usize> {
    let stuck = |at: &usize| waiting.get(*at).is_some_and(|waiting| *waiting > 0);
    let mut at = (0..waiting.len()).find(stuck)?;
    let mut seen = HashSet::new();
    // Whoever waits does so for a parent that waits, so going up comes round in the end.
    while seen.insert(at) {
        at = parents.get(at)?.iter().copied().find(stuck)?;
    }
    Some(at)
}

fn exceeded(exceeded: Exceeded) -> Refused {
    (LoadErrorKind::Limit, exceeded.into())
}

fn wrong_limit(exceeded: Exceeded, uid: &EntityUID) -> Refused {
    let mut problem = Problem::from(exceeded);
    problem.message = format!("{} for entity `{uid}`", problem.message);
    (LoadErrorKind::Limit, problem)
}

fn wrong(message: String) -> Refused {
    (LoadErrorKind::Entities, Problem::error("entities.invalid", message))
}

fn invalid(error: EntitiesError) -> Refused {
    let (empty, code) = (Arc::<str>::from(""), "entities.invalid");
    let mut problems = Problem::from_diagnostic(code, &error, &empty, &empty);
    let problem = problems.drain(..).next();
    (LoadErrorKind::Entities, problem.unwrap_or_else(|| Problem::error(code, error.to_string())))
}
