//! Strict validation of policies, of each shape once.
//!
//! The validator types a policy once for every principal type, action and resource type of the
//! schema. It looks at the types of the entities that a scope names and never at their ids, so of
//! policies that differ in those ids alone one stands for all. A shape that has any problem is
//! validated policy by policy, so that each has its own.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Effect, Policy, PolicySet, Schema, ValidationMode, ValidationResult, Validator,
};
use cedar_policy_core::ast::{
    self, ActionConstraint, EntityReference, EntityType, EntityUID, Expr,
    PrincipalOrResourceConstraint,
};
use cedar_policy_core::validator::{ValidatorEntityTypeKind, ValidatorSchema};

/// Shapes of policies that validation found nothing to say about.
pub(super) type Sound = HashSet<Shape>;

/// A policy without the ids of the entities that its scope names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    permits: bool,
    principal: Scope,
    action: (Word, Vec<EntityUID>),
    resource: Scope,
    condition: Option<Expr>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Scope {
    word: Word,
    is: Option<EntityType>,
    entity: Option<EntityType>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Word {
    Any,
    Equal,
    In,
}

/// Validates policies, but for those of a shape that is known to be sound; gives what the validator
/// says, in parts. What is known to be sound is then that of these policies and of no others, so that
/// what is no longer in force is not kept.
pub(super) fn validate(
    set: &PolicySet,
    schema: &Schema,
    sound: &mut Sound,
) -> Vec<ValidationResult> {
    let validator = Validator::new(schema.clone());
    let check = |set: &PolicySet| validator.validate(set, ValidationMode::Strict);
    let mut first = templates(set);
    let mut shapes: HashMap<Shape, Vec<&Policy>> = HashMap::new();
    let mut alone: Vec<&Policy> = Vec::new();
    let mut still = Sound::new();
    for policy in set.policies().filter(|policy| policy.template_id().is_none()) {
        match Shape::of(policy, schema.as_ref()) {
            Some(shape) if sound.contains(&shape) => _ = still.insert(shape),
            Some(shape) => shapes.entry(shape).or_default().push(policy),
            None => alone.push(policy),
        }
    }
    alone.extend(shapes.values().filter_map(|alike| alike.first()));
    if !alone.into_iter().all(|policy| first.add(policy.clone()).is_ok()) {
        return vec![check(set)];
    }
    let result = check(&first);
    let errors = result.validation_errors().map(|error| error.policy_id());
    let warnings = result.validation_warnings().map(|warning| warning.policy_id());
    let told: HashSet<_> = errors.chain(warnings).cloned().collect();
    let mut rest = PolicySet::new();
    for (shape, alike) in shapes {
        match alike.split_first() {
            Some((one, others)) if told.contains(one.id()) => {
                if !others.iter().all(|policy| rest.add((*policy).clone()).is_ok()) {
                    return vec![check(set)];
                }
            }
            _ => _ = still.insert(shape),
        }
    }
    *sound = still;
    let rest = (!rest.is_empty()).then(|| check(&rest));
    std::iter::once(result).chain(rest).collect()
}

/// The templates of a policy set, with their links.
fn templates(set: &PolicySet) -> PolicySet {
    let mut templates = set.clone();
    for policy in set.policies().filter(|policy| policy.template_id().is_none()) {
        // What could not be removed would be validated once more.
        _ = templates.remove_static(policy.id().clone());
    }
    templates
}

impl Shape {
    /// `None` where an id in the scope may matter.
    fn of(policy: &Policy, schema: &ValidatorSchema) -> Option<Self> {
        let parsed: &ast::Policy = policy.as_ref();
        let (principal, resource) = (parsed.principal_constraint(), parsed.resource_constraint());
        let action = match parsed.action_constraint() {
            ActionConstraint::Any => (Word::Any, Vec::new()),
            ActionConstraint::Eq(uid) => (Word::Equal, vec![uid.as_ref().clone()]),
            ActionConstraint::In(uids) => {
                (Word::In, uids.iter().map(|uid| uid.as_ref().clone()).collect())
            }
        };
        Some(Self {
            permits: policy.effect() == Effect::Permit,
            principal: Scope::of(principal.as_inner(), schema)?,
            action,
            resource: Scope::of(resource.as_inner(), schema)?,
            condition: parsed.non_scope_constraints().cloned(),
        })
    }
}

impl Scope {
    fn of(constraint: &PrincipalOrResourceConstraint, schema: &ValidatorSchema) -> Option<Self> {
        let (word, is, reference) = match constraint {
            PrincipalOrResourceConstraint::Any => (Word::Any, None, None),
            PrincipalOrResourceConstraint::Is(name) => (Word::Any, Some(name), None),
            PrincipalOrResourceConstraint::Eq(one) => (Word::Equal, None, Some(one)),
            PrincipalOrResourceConstraint::In(one) => (Word::In, None, Some(one)),
            PrincipalOrResourceConstraint::IsIn(name, one) => (Word::In, Some(name), Some(one)),
        };
        let entity = match reference {
            None => None,
            Some(EntityReference::EUID(uid)) => Some(plain_type(uid, schema)?.clone()),
            Some(EntityReference::Slot(_)) => return None,
        };
        Some(Self { word, is: is.map(|name| name.as_ref().clone()), entity })
    }
}

/// The type of a uid whose id the validator has nothing to say about: its type does not list its
/// ids, and no two scripts can be mixed in it.
fn plain_type<'u>(uid: &'u EntityUID, schema: &ValidatorSchema) -> Option<&'u EntityType> {
    let name = uid.entity_type();
    let declared = schema.get_entity_type(name)?;
    let listed = matches!(declared.kind, ValidatorEntityTypeKind::Enum(_));
    let id: &str = uid.eid().as_ref();
    (!listed && !name.is_action() && id.is_ascii()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"
        entity Group;
        entity User in [Group] = { level?: Long };
        entity Kind enum ["a", "b"];
        entity Doc in [Kind] = { level: Long };
        action read, write appliesTo { principal: [User], resource: [Doc] };
    "#;

    /// What is said of which policy.
    fn said(results: &[ValidationResult]) -> Vec<(String, String)> {
        let errors = results.iter().flat_map(ValidationResult::validation_errors);
        let errors = errors.map(|error| (error.policy_id().to_string(), error.to_string()));
        let warnings = results.iter().flat_map(ValidationResult::validation_warnings);
        let warnings = warnings.map(|one| (one.policy_id().to_string(), one.to_string()));
        let mut said: Vec<_> = errors.chain(warnings).collect();
        said.sort_unstable();
        said
    }

    fn check(set: &PolicySet, sound: &mut Sound) -> Vec<(String, String)> {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
        let found = said(&validate(set, &schema, sound));
        let whole = Validator::new(schema).validate(set, ValidationMode::Strict);
        assert_eq!(found, said(&[whole]));
        found
    }

    #[test]
    fn shapes_are_told_apart_wherever_the_validator_tells_policies_apart() {
        let scopes = [
            r#"principal, action, resource"#,
            r#"principal == User::"@", action, resource"#,
            r#"principal in Group::"@", action == Action::"read", resource"#,
            r#"principal in Group::"@", action == Action::"none", resource"#,
            r#"principal is User in Group::"@", action, resource is Doc"#,
            r#"principal is Group in Group::"@", action, resource"#,
            r#"principal in Doc::"@", action, resource"#,
            r#"principal, action in [Action::"read", Action::"write"], resource == Doc::"@""#,
            r#"principal, action, resource in Kind::"a""#,
            r#"principal, action, resource in Kind::"@""#,
            "principal == User::\"\u{430}dmin@\", action, resource",
            r#"principal in Nobody::"@", action, resource"#,
        ];
        let conditions = [
            "",
            "when { resource.level > 1 }",
            "when { principal.level > 1 }",
            "when { resource.level }",
        ];
        let mut text = String::new();
        for scope in scopes {
            for condition in conditions {
                for id in ["x", "y", "z"] {
                    for effect in ["permit", "forbid"] {
                        text += &format!("{effect} ({}) {condition};\n", scope.replace('@', id));
                    }
                }
            }
        }
        let set: PolicySet = text.parse().unwrap();
        let mut sound = Sound::new();
        let found = check(&set, &mut sound);
        let shapes = sound.len();
        assert!(found.len() > 100 && shapes > 0, "{} {shapes}", found.len());
        assert_eq!(check(&set, &mut sound), found);
        assert_eq!(sound.len(), shapes);
        assert!(check(&PolicySet::new(), &mut sound).is_empty());
        assert!(sound.is_empty(), "what is no longer there is not kept");
    }

    #[test]
    fn templates_and_links_are_validated_with_the_rest() {
        let text = r#"
            permit (principal in ?principal, action, resource) when { resource.level };
            permit (principal in Group::"g", action, resource);
        "#;
        let mut set: PolicySet = text.parse().unwrap();
        let template = set.templates().next().unwrap().id().clone();
        let values = [(cedar_policy::SlotId::principal(), r#"Nobody::"n""#.parse().unwrap())];
        set.link(template, cedar_policy::PolicyId::new("link"), values.into()).unwrap();
        assert!(check(&set, &mut Sound::new()).len() >= 2);
    }
}
