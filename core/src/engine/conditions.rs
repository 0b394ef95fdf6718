//! The `when` and `unless` of a policy, each by itself.

use cedar_policy::Policy;
use cedar_policy_core::ast::{self, Expr, ExprKind, UnaryOp};
use serde::Serialize;

/// The kind of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum ClauseKind {
    /// It must be true.
    When,
    /// It must be false.
    Unless,
}

/// The conditions of a policy, in their order.
pub(super) fn conditions(policy: &Policy) -> Vec<(ClauseKind, &Expr)> {
    let parsed: &ast::Policy = policy.as_ref();
    let Some(mut rest) = parsed.non_scope_constraints() else { return Vec::new() };
    // The parsed form joins all conditions to one; the JSON form tells what they were.
    let json = policy.to_json().ok();
    let listed = json.as_ref().and_then(|json| json.get("conditions")?.as_array());
    let kinds: Vec<ClauseKind> = listed
        .into_iter()
        .flatten()
        .map(|one| match one.get("kind").and_then(|kind| kind.as_str()) {
            Some("unless") => ClauseKind::Unless,
            _ => ClauseKind::When,
        })
        .collect();
    let mut conditions = Vec::new();
    let mut kinds = kinds.into_iter().peekable();
    while let Some(kind) = kinds.next() {
        // INVARIANT: the language crate joins conditions from the right, so each but the last is
        // the left side of an `&&`. It folds only literals, which leave nothing to split.
        let (body, next) = match (rest.expr_kind(), kinds.peek()) {
            (ExprKind::And { left, right }, Some(_)) => (left.as_ref(), Some(right)),
            _ => (rest, None),
        };
        conditions.push(match (kind, body.expr_kind()) {
            (ClauseKind::Unless, ExprKind::UnaryApp { op: UnaryOp::Not, arg }) => {
                (kind, arg.as_ref())
            }
            _ => (ClauseKind::When, body),
        });
        let Some(next) = next else { break };
        rest = next;
    }
    if conditions.is_empty() {
        conditions.push((ClauseKind::When, rest));
    }
    conditions
}
