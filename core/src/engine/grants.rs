//! Grants into policies, built as values and never as text.

use std::sync::Arc;

use cedar_policy::{Policy, PolicyId};
use cedar_policy_core::ast::{
    ActionConstraint, Annotation, Annotations, AnyId, Effect, EntityUID, Expr, Name,
    PrincipalConstraint, ResourceConstraint, StaticPolicy, UnreservedId, Var,
};

use crate::bundle::Grant;
use crate::model::uid_from_parts;

/// The permit that a grant stands for.
pub(super) fn policy(grant: &Grant) -> Result<Policy, String> {
    permit(grant).map_err(|error| format!("grant `{}`: {error}", grant.id.escape_debug()))
}

fn permit(grant: &Grant) -> Result<Policy, String> {
    let principal = uid(&grant.principal.type_name, &grant.principal.id)?;
    let action = uid("Notebook::Action", &grant.action)?;
    let resource = uid(&grant.resource.type_name, &grant.resource.id)?;
    let permit = StaticPolicy::new(
        PolicyId::new(format!("grant:{}", grant.id)).into(),
        None,
        reason(&grant.reason)?,
        Effect::Permit,
        PrincipalConstraint::is_in(Arc::new(principal)),
        ActionConstraint::is_eq(action),
        ResourceConstraint::is_in(Arc::new(resource)),
        Some(before(&grant.expires.to_string())?),
    );
    permit.map(Policy::from).map_err(|error| error.to_string())
}

fn uid(type_name: &str, id: &str) -> Result<EntityUID, String> {
    uid_from_parts(type_name, id, None).map(Into::into).map_err(|error| error.to_string())
}

/// What says why the grant was given.
fn reason(text: &str) -> Result<Annotations, String> {
    let key: Result<AnyId, _> = "reason".parse();
    let value = Annotation::with_optional_value(Some(text.into()), None);
    Ok([(key.map_err(|error| error.to_string())?, value)].into_iter().collect())
}

/// That a moment has not come.
fn before(moment: &str) -> Result<Expr, String> {
    let id: Result<UnreservedId, _> = "datetime".parse();
    let function = Name::unqualified_name(id.map_err(|error| error.to_string())?);
    let now = Expr::get_attr(Expr::var(Var::Context), "now".into());
    Ok(Expr::less(now, Expr::call_extension_fn(function, vec![Expr::val(moment)])))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The same permit, read from the language's JSON form.
    fn read(grant: &Grant) -> Option<Policy> {
        let uid = |type_name: &str, id: &str| json!({"type": type_name, "id": id});
        let now = json!({".": {"left": {"Var": "context"}, "attr": "now"}});
        let expires = json!({"datetime": [{"Value": grant.expires.to_string()}]});
        let policy = json!({
            "effect": "permit",
            "principal": {"op": "in", "entity": uid(&grant.principal.type_name, &grant.principal.id)},
            "action": {"op": "==", "entity": uid("Notebook::Action", &grant.action)},
            "resource": {"op": "in", "entity": uid(&grant.resource.type_name, &grant.resource.id)},
            "conditions": [{"kind": "when", "body": {"<": {"left": now, "right": expires}}}],
            "annotations": {"reason": grant.reason},
        });
        Policy::from_json(Some(PolicyId::new(format!("grant:{}", grant.id))), policy).ok()
    }

    #[test]
    fn a_grant_is_the_permit_that_the_language_reads_from_json() {
        for type_name in ["Notebook::User", "User", "Lab::Robot", "", "User\"", "a b", "__cedar::X"]
        {
            for id in ["ada", "", "x\"] || true", "a\nb\0c", "?principal"] {
                let grant: Grant = serde_json::from_value(json!({
                    "id": id,
                    "principal": {"type": type_name, "id": id},
                    "action": id,
                    "resource": {"type": "Notebook::Server", "id": id},
                    "expires": "2026-12-01T16:00:00Z",
                    "reason": id,
                    "approved_by": [],
                }))
                .unwrap();
                let made = policy(&grant).ok();
                assert_eq!(made.map(whole), read(&grant).map(whole), "{type_name} {id}");
            }
        }
    }

    fn whole(policy: Policy) -> cedar_policy_core::ast::Policy {
        AsRef::<cedar_policy_core::ast::Policy>::as_ref(&policy).clone()
    }
}
