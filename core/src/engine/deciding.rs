//! The smallest expressions that decide a condition, with the values of their operands.

use cedar_policy_core::ast::{
    BinaryOp, BoundedDisplay as _, EntityUID, Expr, ExprKind, Literal, SlotEnv, UnaryOp, Value,
    ValueKind,
};
use cedar_policy_core::entities::{Dereference, Entities};
use cedar_policy_core::evaluator::{EvaluationError, Evaluator};
use serde::Serialize;

use crate::model::Span;

/// How many deciding expressions of one condition, and operands of one expression, are shown.
const MOST: usize = 8;
/// How many characters of a text are shown.
const CHARS: usize = 200;

/// A smallest expression that decided a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Deciding {
    /// Its text.
    pub text: String,
    /// Where it stands in the file of the policy; absent for a policy in JSON form.
    #[serde(serialize_with = "super::explain::span")]
    #[cfg_attr(test, ts(as = "Option<super::explain::SpanShape>"))]
    pub span: Option<Span>,
    /// Its value, or why it has none.
    pub value: String,
    /// The values it was made from.
    pub operands: Vec<Operand>,
}

/// A part of an expression, with its value for this request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Operand {
    /// Its text, such as `principal.clearance.rank`.
    pub text: String,
    /// Its value, or `absent`, or why it has none.
    pub value: String,
}

/// Evaluates parts of one policy for one request.
pub(super) struct Probe<'a> {
    pub(super) evaluator: &'a Evaluator<'a>,
    pub(super) slots: &'a SlotEnv,
    pub(super) entities: &'a Entities,
}

impl Probe<'_> {
    pub(super) fn interpret(&self, expr: &Expr) -> Result<Value, Box<EvaluationError>> {
        self.evaluator.interpret(expr, self.slots).map_err(Box::new)
    }

    /// The smallest expressions that give `expr` its value, or the error it has.
    pub(super) fn deciding(&self, expr: &Expr) -> Vec<Deciding> {
        let mut found = Vec::new();
        self.descend(expr, &mut found);
        found
    }

    fn truth(&self, expr: &Expr) -> Option<bool> {
        self.interpret(expr).ok().as_ref().and_then(truth)
    }

    fn descend(&self, expr: &Expr, found: &mut Vec<Deciding>) {
        if found.len() >= MOST {
            return;
        }
        match expr.expr_kind() {
            ExprKind::And { left, right } if !written_as_one(expr, right) => {
                self.both(left, right, true, found);
            }
            ExprKind::Or { left, right } => self.both(left, right, false, found),
            ExprKind::UnaryApp { op: UnaryOp::Not, arg } if !written_as_one(expr, arg) => {
                self.descend(arg, found);
            }
            ExprKind::If { test_expr, then_expr, else_expr } => match self.truth(test_expr) {
                None => self.descend(test_expr, found),
                Some(test) => {
                    let branch = if test { then_expr } else { else_expr };
                    let fixed = matches!(branch.expr_kind(), ExprKind::Lit(_));
                    self.descend(if fixed { test_expr } else { branch }, found);
                }
            },
            _ => found.push(self.leaf(expr)),
        }
    }

    /// Of `left && right` (`goes_on` is true) or `left || right` (false), what decides.
    fn both(&self, left: &Expr, right: &Expr, goes_on: bool, found: &mut Vec<Deciding>) {
        if self.truth(left) != Some(goes_on) {
            return self.descend(left, found);
        }
        if self.truth(right) == Some(goes_on) {
            self.descend(left, found);
        }
        self.descend(right, found);
    }

    fn leaf(&self, expr: &Expr) -> Deciding {
        let mut operands = Vec::new();
        self.operands(expr, &mut operands);
        Deciding { text: text_of(expr), span: span_of(expr), value: self.value(expr), operands }
    }

    fn operands(&self, expr: &Expr, found: &mut Vec<Operand>) {
        match expr.expr_kind() {
            ExprKind::Lit(_) | ExprKind::Unknown(_) => {}
            ExprKind::Var(_) | ExprKind::Slot(_) | ExprKind::GetAttr { .. } => {
                add(found, operand_text(expr), self.value(expr));
            }
            ExprKind::HasAttr { expr, attr } => {
                let attribute = Expr::get_attr(expr.as_ref().clone(), attr.clone());
                add(found, operand_text(&attribute), self.value(&attribute));
            }
            // Of `has a.b.c`, the first attribute that is absent, or the last.
            ExprKind::ExtHasAttr { expr, attrs } => {
                let mut at = expr.as_ref().clone();
                for name in attrs.iter() {
                    at = Expr::get_attr(at, name.clone());
                    if self.interpret(&at).is_err() {
                        break;
                    }
                }
                add(found, operand_text(&at), self.value(&at));
            }
            ExprKind::BinaryApp { op: BinaryOp::GetTag, .. } => {
                add(found, operand_text(expr), self.value(expr));
            }
            ExprKind::BinaryApp { op: BinaryOp::In, arg1, arg2 } => {
                add(found, operand_text(arg1), self.with_ancestors(arg1));
                self.operands(arg2, found);
            }
            ExprKind::BinaryApp { arg1: left, arg2: right, .. }
            | ExprKind::And { left, right }
            | ExprKind::Or { left, right } => {
                self.operands(left, found);
                self.operands(right, found);
            }
            ExprKind::If { test_expr, then_expr, else_expr } => {
                [test_expr, then_expr, else_expr]
                    .into_iter()
                    .for_each(|part| self.operands(part, found));
            }
            ExprKind::UnaryApp { arg: expr, .. }
            | ExprKind::Like { expr, .. }
            | ExprKind::Is { expr, .. } => self.operands(expr, found),
            ExprKind::ExtensionFunctionApp { args: parts, .. } | ExprKind::Set(parts) => {
                parts.iter().for_each(|part| self.operands(part, found));
            }
            ExprKind::Record(fields) => {
                fields.values().for_each(|part| self.operands(part, found));
            }
        }
    }

    fn value(&self, expr: &Expr) -> String {
        match self.interpret(expr) {
            // The elements of a set are not all printed only to be cut off again.
            Ok(value) => {
                let mut text = String::new();
                match value.fmt_bounded(&mut text, CHARS) {
                    Ok(()) => shown(&text),
                    Err(_) => "not printable".to_owned(),
                }
            }
            Err(error) => match *error {
                EvaluationError::RecordAttrDoesNotExist(_)
                | EvaluationError::EntityAttrDoesNotExist(_) => "absent".to_owned(),
                EvaluationError::EntityDoesNotExist(error) => shown(&format!("absent, as {error}")),
                error => shown(&format!("error: {error}")),
            },
        }
    }

    /// An entity with what it is in.
    fn with_ancestors(&self, expr: &Expr) -> String {
        let value = self.value(expr);
        let Ok(found) = self.interpret(expr) else { return value };
        let ValueKind::Lit(Literal::EntityUID(uid)) = found.value_kind() else { return value };
        let Dereference::Data(entity) = self.entities.entity(uid) else {
            return shown(&format!("{value}, of which nothing is known"));
        };
        let mut ancestors: Vec<&EntityUID> = entity.ancestors().collect();
        if ancestors.is_empty() {
            return shown(&format!("{value}, in nothing"));
        }
        ancestors.sort_unstable();
        let names: Vec<String> = ancestors.iter().take(MOST).map(ToString::to_string).collect();
        shown(&format!("{value}, in {}", names.join(", ")))
    }
}

fn add(found: &mut Vec<Operand>, text: String, value: String) {
    if found.len() < MOST && found.iter().all(|operand| operand.text != text) {
        found.push(Operand { text, value });
    }
}

/// Whether the parser made both from one written operator, such as `>` or `is … in`.
fn written_as_one(expr: &Expr, part: &Expr) -> bool {
    matches!((expr.source_loc(), part.source_loc()), (Some(one), Some(other)) if one.span == other.span)
}

/// A value as a boolean, when it is one.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value.value_kind() {
        ValueKind::Lit(Literal::Bool(value)) => Some(*value),
        _ => None,
    }
}

/// The text of an expression: as it was written, or as the language would print it.
pub(super) fn text_of(expr: &Expr) -> String {
    match expr.source_loc().and_then(|loc| loc.snippet()) {
        Some(text) => shown(text),
        None => shown(&expr.to_string()),
    }
}

/// The text of an operand. The place of an attribute is that of all that is asked of it, such as
/// `context.names.contains("x")` for `context.names`, so it is printed and not quoted.
fn operand_text(expr: &Expr) -> String {
    match expr.expr_kind() {
        ExprKind::Var(_) | ExprKind::Slot(_) | ExprKind::GetAttr { .. } => shown(&expr.to_string()),
        _ => text_of(expr),
    }
}

/// Where an expression was written.
pub(super) fn span_of(expr: &Expr) -> Option<Span> {
    let loc = expr.source_loc()?;
    Some(Span { offset: loc.start(), length: loc.span.len(), label: None })
}

/// A text for people: on one line, what cannot be seen escaped, and not too long.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut chars = text.trim().chars().peekable();
    for _ in 0..CHARS {
        let Some(char) = chars.next() else { return shown };
        match char {
            '"' | '\'' | '\\' => shown.push(char),
            '\n' | '\r' | '\t' => {
                while chars.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                shown.push(' ');
            }
            other => shown.extend(other.escape_debug()),
        }
    }
    if chars.peek().is_some() {
        shown.push('…');
    }
    shown
}
