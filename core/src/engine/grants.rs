//! Grants into policies, built as values and never as text.

use cedar_policy::{Policy, PolicyId};
use serde_json::json;

use crate::bundle::Grant;

/// The permit that a grant stands for.
pub(super) fn policy(grant: &Grant) -> Result<Policy, String> {
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
    let id = PolicyId::new(format!("grant:{}", grant.id));
    Policy::from_json(Some(id), policy)
        .map_err(|error| format!("grant `{}`: {error}", grant.id.escape_debug()))
}
