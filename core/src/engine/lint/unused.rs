//! Declarations and stored groups that no policy can mean.

use std::collections::HashSet;

use cedar_policy_core::ast::{
    self, Entity, EntityType, EntityUID, ExprKind, PartialValue, PrincipalOrResourceConstraint,
    Value,
};
use cedar_policy_core::entities::Entities;
use cedar_policy_core::validator::ValidatorSchema;
use cedar_policy_core::validator::types::{Attributes, EntityKind, Type};

use super::bounded;
use crate::bundle::{Bundle, Model};
use crate::engine::schema::NAMESPACE;
use crate::engine::{Snapshot, spot};
use crate::model::Problem;

/// Entity types of the bundle's own schema that nothing can name: no policy does, no action is for
/// them, and no attribute, tag or context holds them.
pub(super) fn types(snapshot: &Snapshot, bundle: &Bundle) -> Vec<Problem> {
    let (Some(schema), Some(member)) = (snapshot.schema.as_deref(), bundle.schema()) else {
        return Vec::new();
    };
    let schema: &ValidatorSchema = schema.as_ref();
    let mut used = named_types(snapshot);
    for action in schema.action_ids() {
        used.extend(action.applies_to_principals().chain(action.applies_to_resources()).cloned());
        action.context_type().into_iter().for_each(|context| held_types(context, &mut used));
    }
    for entity_type in schema.entity_types() {
        attribute_types(entity_type.attributes(), &mut used);
        entity_type.tag_type().into_iter().for_each(|tags| held_types(tags, &mut used));
    }
    let own = |entity_type: &&EntityType| {
        snapshot.model == Model::Own || entity_type.name().as_ref().namespace() != NAMESPACE
    };
    let unused = schema.entity_type_names().filter(own).filter(|name| !used.contains(name));
    let mut unused: Vec<&EntityType> = unused.collect();
    unused.sort_unstable();
    let problems = unused.into_iter().map(|entity_type| {
        let message = format!("entity type `{entity_type}` is declared and never used");
        let problem = Problem::warning("lint.unused_type", message)
            .help("name it in a policy, an action's `appliesTo` or an attribute, or remove it");
        let name = entity_type.name().basename_as_ref().to_string();
        spot::declaration(problem, member, &name)
    });
    bounded(problems.collect(), "lint.unused_type", "entity types that are never used")
}

/// Groups that can make no difference: stored groups of the shipped model that no policy writes out,
/// directly or through a group they are in, and that no stored entity holds in an attribute or tag;
/// and action groups of the bundle's own schema that no policy writes out.
///
/// What a request brings along cannot be seen here, such as a profile with its groups.
pub(super) fn groups(snapshot: &Snapshot, bundle: &Bundle) -> Vec<Problem> {
    const CODE: &str = "lint.unused_group";
    let Ok(stored) = snapshot.official() else { return Vec::new() };
    let stored: &Entities = stored.as_ref();
    let mut used: HashSet<EntityUID> = snapshot.policies.named().clone();
    for entity in stored.iter() {
        let values = entity.attrs().chain(entity.tags());
        let values = values.filter_map(|(_, value)| match value {
            PartialValue::Value(value) => Some(value),
            PartialValue::Residual(_) => None,
        });
        used.extend(values.flat_map(Value::all_literal_uids));
    }
    let is_used = |entity: &Entity| {
        used.contains(entity.uid()) || entity.ancestors().any(|uid| used.contains(uid))
    };
    let is_group = |entity: &&Entity| {
        let name = entity.uid().entity_type().name();
        snapshot.model == Model::Notebook
            && name.basename_as_ref().to_string() == "Group"
            && name.as_ref().namespace() == NAMESPACE
    };
    let mut unused: Vec<&EntityUID> =
        stored.iter().filter(is_group).filter(|one| !is_used(one)).map(Entity::uid).collect();
    unused.sort_unstable();
    let problems = unused.into_iter().map(|uid| {
        let problem = Problem::warning(CODE, format!("no policy and no entity uses group `{uid}`"))
            .help("name it in a policy, or remove it; leave it if requests bring what names it");
        match bundle.entities() {
            Some(member) => spot::entity(problem, member, uid),
            None => problem,
        }
    });
    let mut problems = bounded(problems.collect(), CODE, "groups that nothing uses");
    let (Some(schema), Some(member)) = (snapshot.schema.as_deref(), bundle.schema()) else {
        return problems;
    };
    let schema: &ValidatorSchema = schema.as_ref();
    let own = |uid: &&EntityUID| {
        snapshot.model == Model::Own || uid.entity_type().name().as_ref().namespace() != NAMESPACE
    };
    let mut unused: Vec<&EntityUID> =
        schema.action_groups().filter(own).filter(|uid| !used.contains(uid)).collect();
    unused.sort_unstable();
    let actions = unused.into_iter().map(|uid| {
        let problem = Problem::warning(CODE, format!("no policy uses action group `{uid}`"))
            .help("name it in a policy, or remove it");
        spot::declaration(problem, member, uid.eid().as_ref())
    });
    problems.extend(bounded(actions.collect(), CODE, "action groups that nothing uses"));
    problems
}

/// The entity types that policies write out.
fn named_types(snapshot: &Snapshot) -> HashSet<EntityType> {
    let mut named: HashSet<EntityType> =
        snapshot.policies.named().iter().map(|uid| uid.entity_type().clone()).collect();
    for policy in snapshot.policies.set.policies() {
        let policy: &ast::Policy = policy.as_ref();
        let (principal, resource) = (policy.principal_constraint(), policy.resource_constraint());
        for constraint in [principal.as_inner(), resource.as_inner()] {
            if let PrincipalOrResourceConstraint::Is(one)
            | PrincipalOrResourceConstraint::IsIn(one, _) = constraint
            {
                named.insert(one.as_ref().clone());
            }
        }
        let parts = policy.non_scope_constraints().into_iter().flat_map(|all| all.subexpressions());
        named.extend(parts.filter_map(|part| match part.expr_kind() {
            ExprKind::Is { entity_type, .. } => Some(entity_type.clone()),
            _ => None,
        }));
    }
    named
}

fn attribute_types(attributes: &Attributes, found: &mut HashSet<EntityType>) {
    attributes.iter().for_each(|(_, attribute)| held_types(&attribute.attr_type, found));
}

fn held_types(of: &Type, found: &mut HashSet<EntityType>) {
    match of {
        Type::Entity(EntityKind::Entity(types)) => {
            found.extend(types.get_single_entity().cloned());
        }
        Type::Set { element_type: Some(element) } => held_types(element, found),
        Type::Record { attrs, .. } => attribute_types(attrs, found),
        _ => {}
    }
}
