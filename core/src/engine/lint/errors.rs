//! Forbids whose condition can fail to evaluate.

use cedar_policy::Policy;
use cedar_policy_core::ast::{self, BinaryOp, Expr, ExprKind, UnaryOp};
use cedar_policy_core::validator::typecheck::{PolicyCheck, Typechecker};
use cedar_policy_core::validator::types::Type;
use cedar_policy_core::validator::{ValidationMode, ValidatorSchema};

use super::{at, quoted};
use crate::engine::PolicyInfo;
use crate::model::{Effect, Place, Problem, Span};

/// A forbid that can error, with the first part of it that can.
///
/// A forbid that errors denies whatever its scope matches (and under exact Cedar semantics forbids
/// nothing at all), so either way not what its author meant. Told of are:
///
/// - arithmetic on whole numbers, `+`, `-` and `*`, unless all of it is literals: it can overflow;
/// - a value of an extension made from what is no literal, such as `ip(context.address)`;
/// - `getTag` without a `hasTag` on the same entity;
/// - an attribute of an entity that the policy came to through another attribute, a tag or the
///   context, such as `context.server.owner`, without a `has` on that same entity: the entity may
///   not be in the store, and `has` is false then instead of an error. This needs a schema.
///
/// Not told of, as nearly every forbid would be: attributes of `principal` and `resource`
/// themselves, which an enforcement point that asks is expected to send, and optional attributes
/// without `has`, which validation refuses.
pub(super) fn erroring_forbid(
    info: &PolicyInfo,
    policy: &Policy,
    schema: Option<&ValidatorSchema>,
) -> Option<Problem> {
    if info.effect != Effect::Forbid {
        return None;
    }
    let policy: &ast::Policy = policy.as_ref();
    let condition = policy.non_scope_constraints()?;
    let (expr, why, help) =
        risky(condition).or_else(|| unguarded_entity(policy, condition, schema?))?;
    let message = format!("forbid {} can fail to evaluate: {why}", quoted(info));
    let problem = Problem::warning("lint.erroring_forbid", message).help(help);
    let place: &Place = &info.place;
    let loc = expr.source_loc().filter(|_| !place.spans.is_empty());
    Some(match loc {
        None => at(problem, place),
        Some(loc) => {
            let span = Span { offset: loc.start(), length: loc.span.len(), label: None };
            problem.at(&place.file, &place.text, vec![span])
        }
    })
}

type Found = (Expr, String, &'static str);

fn risky(condition: &Expr) -> Option<Found> {
    condition.subexpressions().find_map(|expr| {
        let (why, help) = match expr.expr_kind() {
            ExprKind::BinaryApp { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, .. }
            | ExprKind::UnaryApp { op: UnaryOp::Neg, .. }
                if !is_literal(expr) =>
            {
                ("its arithmetic can overflow", "compare without arithmetic, or with literals only")
            }
            ExprKind::ExtensionFunctionApp { fn_name, args } => {
                let name = fn_name.to_string();
                let makes = ["ip", "decimal", "datetime", "duration"].contains(&name.as_str());
                if !makes || args.iter().all(is_literal) {
                    return None;
                }
                (
                    "it makes a value from a text that may be malformed",
                    "have the value sent in its own type",
                )
            }
            ExprKind::BinaryApp { op: BinaryOp::GetTag, arg1, .. }
                if !guarded(condition, arg1, true) =>
            {
                ("the tag may be absent", "ask `hasTag` first")
            }
            _ => return None,
        };
        Some((expr.clone(), why.to_owned(), help))
    })
}

/// An attribute of an entity that was come to, without a `has` on that entity.
fn unguarded_entity(
    policy: &ast::Policy,
    condition: &Expr,
    schema: &ValidatorSchema,
) -> Option<Found> {
    // What a `has` guards cannot be seen here without types: only the typed form tells an entity
    // from a record. Policies that reach no further than one attribute need no typing at all.
    let far = |expr: &Expr| match expr.expr_kind() {
        ExprKind::GetAttr { expr, .. } => !is_variable(expr),
        _ => false,
    };
    if !condition.subexpressions().any(far) {
        return None;
    }
    let checker = Typechecker::new(schema, ValidationMode::Strict);
    checker.typecheck_by_request_env(policy.template()).find_map(|(_, check)| {
        let (PolicyCheck::Success(typed) | PolicyCheck::Irrelevant(_, typed)) = check else {
            return None;
        };
        let found = typed.subexpressions().find_map(|part| {
            let ExprKind::GetAttr { expr, .. } = part.expr_kind() else { return None };
            let is_entity = matches!(expr.data(), Some(Type::Entity(_)));
            (is_entity && is_path(expr))
                .then(|| untyped(expr))
                .flatten()
                .and_then(|base| (!guarded(condition, &base, false)).then(|| (base, untyped(part))))
        });
        let (base, whole) = found?;
        let (shown, whole) = (base.to_string(), whole.unwrap_or_else(|| base.clone()));
        let why = format!("nothing may be known of the entity `{}`", shown.escape_debug());
        let whole = whole.with_maybe_source_loc(whole_loc(condition, &base));
        Some((
            whole,
            why,
            "ask `has` for the attribute first: it is false when the entity is unknown",
        ))
    })
}

/// Where the first attribute of this entity is asked for.
fn whole_loc(condition: &Expr, base: &Expr) -> Option<cedar_policy_core::parser::Loc> {
    let found = condition.subexpressions().find(|part| match part.expr_kind() {
        ExprKind::GetAttr { expr, .. } => expr.eq_shape(base),
        _ => false,
    });
    found.and_then(|part| part.source_loc().cloned())
}

/// Whether a condition asks `has` (or `hasTag`) of this entity anywhere. A `has` that does not guard
/// this very use is rare, and telling of it would need the flow of the whole condition.
fn guarded(condition: &Expr, base: &Expr, tags: bool) -> bool {
    condition.subexpressions().any(|part| match part.expr_kind() {
        ExprKind::HasAttr { expr, .. } if !tags => expr.eq_shape(base),
        // `a has b.c` asks `has b` of `a` and `has c` of `a.b`.
        ExprKind::ExtHasAttr { expr, attrs } if !tags => {
            let mut at = expr.as_ref().clone();
            attrs.iter().any(|name| {
                let asked = at.eq_shape(base);
                at = Expr::get_attr(at.clone(), name.clone());
                asked
            })
        }
        ExprKind::BinaryApp { op: BinaryOp::HasTag, arg1, .. } if tags => arg1.eq_shape(base),
        _ => false,
    })
}

fn is_variable<T>(expr: &Expr<T>) -> bool {
    matches!(expr.expr_kind(), ExprKind::Var(_) | ExprKind::Slot(_))
}

/// Whether it is an attribute of an attribute … of a variable.
fn is_path<T>(expr: &Expr<T>) -> bool {
    match expr.expr_kind() {
        ExprKind::GetAttr { expr, .. } => is_variable(expr) || is_path(expr),
        _ => false,
    }
}

/// A path without its types.
fn untyped<T>(expr: &Expr<T>) -> Option<Expr> {
    match expr.expr_kind() {
        ExprKind::Var(var) => Some(Expr::var(*var)),
        ExprKind::Slot(slot) => Some(Expr::slot(*slot)),
        ExprKind::GetAttr { expr, attr } => Some(Expr::get_attr(untyped(expr)?, attr.clone())),
        _ => None,
    }
}

fn is_literal(expr: &Expr) -> bool {
    expr.subexpressions().all(|part| {
        matches!(
            part.expr_kind(),
            ExprKind::Lit(_) | ExprKind::BinaryApp { .. } | ExprKind::UnaryApp { .. }
        )
    })
}
