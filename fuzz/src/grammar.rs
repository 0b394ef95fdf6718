use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use cedar_policy::PolicySet;
use cedar_policy_core::ast::{
    ActionConstraint, EntityReference, Expr, ExprKind, Literal, Pattern, PatternElem, Policy,
    PrincipalOrResourceConstraint, Template, UnaryOp, Var,
};

use crate::generator::Case;

/// How often each thing that can be written came up, in policies that were read.
#[derive(Debug, Default)]
pub(crate) struct Grammar {
    counts: BTreeMap<&'static str, usize>,
    policies: usize,
}

/// All there is to write.
const ALL: [&str; 98] = [
    "policy: permit",
    "policy: forbid",
    "policy: template",
    "policy: link",
    "principal: any",
    "principal: ==",
    "principal: in",
    "principal: is",
    "principal: is in",
    "principal: == slot",
    "principal: in slot",
    "principal: is in slot",
    "action: any",
    "action: ==",
    "action: in",
    "action: in none",
    "action: in several",
    "resource: any",
    "resource: ==",
    "resource: in",
    "resource: is",
    "resource: is in",
    "resource: == slot",
    "resource: in slot",
    "resource: is in slot",
    "literal: boolean",
    "literal: whole number",
    "literal: string",
    "literal: entity",
    "variable: principal",
    "variable: action",
    "variable: resource",
    "variable: context",
    "operator: if",
    "operator: &&",
    "operator: ||",
    "operator: !",
    "operator: - of one",
    "operator: ==",
    "operator: !=",
    "operator: <",
    "operator: <=",
    "operator: >",
    "operator: >=",
    "operator: +",
    "operator: -",
    "operator: *",
    "operator: in",
    "operator: is",
    "operator: is in",
    "attribute: read",
    "attribute: has",
    "attribute: has of several steps",
    "pattern: no wildcard",
    "pattern: wildcard",
    "pattern: several wildcards",
    "pattern: escaped star",
    "set: empty",
    "set: some",
    "set: more than eight",
    "record: empty",
    "record: some",
    "method: contains",
    "method: containsAll",
    "method: containsAny",
    "method: isEmpty",
    "method: getTag",
    "method: hasTag",
    "function: ip",
    "function: decimal",
    "function: datetime",
    "function: duration",
    "function: isIpv4",
    "function: isIpv6",
    "function: isLoopback",
    "function: isMulticast",
    "function: isInRange",
    "function: lessThan",
    "function: lessThanOrEqual",
    "function: greaterThan",
    "function: greaterThanOrEqual",
    "function: offset",
    "function: durationSince",
    "function: toDate",
    "function: toTime",
    "function: toMilliseconds",
    "function: toSeconds",
    "function: toMinutes",
    "function: toHours",
    "function: toDays",
    "function: of what is no literal",
    "case: schema",
    "case: held against the schema",
    "case: no schema",
    "request: entities of its own",
    "request: attributes of its own",
    "request: unknown action",
    "request: unknown entity",
];

impl Grammar {
    /// Counts what a case is made of.
    pub(crate) fn count(&mut self, case: &Case) {
        let Ok(policies) = PolicySet::from_str(&case.policies) else { return };
        self.add(if case.schema.is_some() { "case: schema" } else { "case: no schema" });
        if case.validated {
            self.add("case: held against the schema");
        }
        for overlay in &case.asked.overlays {
            self.add_if(!overlay.entities.is_empty(), "request: entities of its own");
            self.add_if(!overlay.attributes.is_empty(), "request: attributes of its own");
        }
        let unknown = |(_, id): &(&str, &str)| *id == "unknown";
        self.add_if(case.asked.actions.iter().any(unknown), "request: unknown action");
        let ghost = |(name, _): &(&str, &str)| *name == "Ghost";
        self.add_if(case.asked.principals.iter().any(ghost), "request: unknown entity");
        for policy in policies.policies() {
            self.policies += 1;
            self.policy(policy.as_ref());
        }
        for template in policies.templates() {
            self.add("policy: template");
            self.template(template.as_ref());
        }
        (0..links(case)).for_each(|_| self.add("policy: link"));
    }

    /// What never came up.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &'static str> {
        ALL.into_iter().filter(|name| !self.counts.contains_key(name))
    }

    fn add(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    fn add_if(&mut self, so: bool, name: &'static str) {
        if so {
            self.add(name);
        }
    }

    fn policy(&mut self, policy: &Policy) {
        self.template(policy.template());
        match policy.effect() {
            cedar_policy::Effect::Permit => self.add("policy: permit"),
            cedar_policy::Effect::Forbid => self.add("policy: forbid"),
        }
    }

    fn template(&mut self, template: &Template) {
        let principal = place(template.principal_constraint().as_inner());
        let resource = place(template.resource_constraint().as_inner());
        let named = |variable: &str, form: &str| {
            ALL.into_iter().find(|name| name.split_once(": ") == Some((variable, form)))
        };
        for name in [named("principal", principal), named("resource", resource)] {
            self.add(name.unwrap_or("policy: a scope that is not counted"));
        }
        self.add(match template.action_constraint() {
            ActionConstraint::Any => "action: any",
            ActionConstraint::Eq(_) => "action: ==",
            ActionConstraint::In(uids) => match uids.len() {
                0 => "action: in none",
                1 => "action: in",
                _ => "action: in several",
            },
        });
        if let Some(condition) = template.non_scope_constraints() {
            self.expression(condition);
        }
    }

    fn expression(&mut self, expression: &Expr) {
        for part in expression.subexpressions() {
            self.part(part);
        }
    }

    fn part(&mut self, expr: &Expr) {
        let name = match expr.expr_kind() {
            ExprKind::Lit(Literal::Bool(_)) => "literal: boolean",
            ExprKind::Lit(Literal::Long(_)) => "literal: whole number",
            ExprKind::Lit(Literal::String(_)) => "literal: string",
            ExprKind::Lit(Literal::EntityUID(_)) => "literal: entity",
            ExprKind::Var(Var::Principal) => "variable: principal",
            ExprKind::Var(Var::Action) => "variable: action",
            ExprKind::Var(Var::Resource) => "variable: resource",
            ExprKind::Var(Var::Context) => "variable: context",
            ExprKind::If { .. } => "operator: if",
            ExprKind::And { left, right } => match (left.expr_kind(), right.expr_kind()) {
                (ExprKind::Is { .. }, ExprKind::BinaryApp { op, .. })
                    if op.to_string() == "in" && written_as_one(expr, right) =>
                {
                    "operator: is in"
                }
                _ => "operator: &&",
            },
            ExprKind::Or { .. } => "operator: ||",
            ExprKind::UnaryApp { op, arg } => match op {
                UnaryOp::Neg => "operator: - of one",
                UnaryOp::IsEmpty => "method: isEmpty",
                UnaryOp::Not => match arg.expr_kind() {
                    ExprKind::BinaryApp { op, .. } if written_as_one(expr, arg) => {
                        match op.to_string().as_str() {
                            "==" => "operator: !=",
                            "<=" => "operator: >",
                            _ => "operator: >=",
                        }
                    }
                    _ => "operator: !",
                },
            },
            ExprKind::BinaryApp { op, .. } => {
                let named = ["operator", "method"].map(|kind| format!("{kind}: {op}"));
                let found = ALL.into_iter().find(|name| named.iter().any(|one| one == name));
                found.unwrap_or("operator: one that is not counted")
            }
            ExprKind::ExtensionFunctionApp { fn_name, args } => {
                let literal = |expr: &Expr| matches!(expr.expr_kind(), ExprKind::Lit(_));
                self.add_if(
                    args.len() == 1 && !args.iter().all(literal),
                    "function: of what is no literal",
                );
                let text = format!("function: {fn_name}");
                let found = ALL.iter().find(|name| **name == text).copied();
                found.unwrap_or("function: one that is not counted")
            }
            ExprKind::GetAttr { .. } => "attribute: read",
            ExprKind::HasAttr { .. } => "attribute: has",
            ExprKind::ExtHasAttr { .. } => "attribute: has of several steps",
            ExprKind::Like { pattern, .. } => self.pattern(pattern),
            ExprKind::Is { .. } => "operator: is",
            ExprKind::Set(items) => match items.len() {
                0 => "set: empty",
                1..=8 => "set: some",
                _ => "set: more than eight",
            },
            ExprKind::Record(fields) if fields.is_empty() => "record: empty",
            ExprKind::Record(_) => "record: some",
            ExprKind::Slot(_) | ExprKind::Unknown(_) => "literal: one that is not counted",
        };
        self.add(name);
    }

    fn pattern(&mut self, pattern: &Pattern) -> &'static str {
        let elements: Vec<&PatternElem> = pattern.iter().collect();
        let wildcard = |element: &&&PatternElem| matches!(element, PatternElem::Wildcard);
        self.add_if(elements.contains(&&PatternElem::Char('*')), "pattern: escaped star");
        match elements.iter().filter(wildcard).count() {
            0 => "pattern: no wildcard",
            1 => "pattern: wildcard",
            _ => "pattern: several wildcards",
        }
    }
}

impl fmt::Display for Grammar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reached = ALL.len() - self.missing().count();
        writeln!(f, "| of {} policies | times |\n|---|---|", self.policies)?;
        for name in ALL {
            let shown = name.replace('|', "\\|");
            writeln!(f, "| {shown} | {} |", self.counts.get(name).copied().unwrap_or_default())?;
        }
        for (name, count) in self.counts.iter().filter(|(name, _)| !ALL.contains(name)) {
            writeln!(f, "| not in the list: {name} | {count} |")?;
        }
        writeln!(f, "{reached} of {} reached", ALL.len())
    }
}

fn place(constraint: &PrincipalOrResourceConstraint) -> &'static str {
    let is_slot = |reference: &EntityReference| matches!(reference, EntityReference::Slot(_));
    match constraint {
        PrincipalOrResourceConstraint::Any => "any",
        PrincipalOrResourceConstraint::Eq(one) if is_slot(one) => "== slot",
        PrincipalOrResourceConstraint::Eq(_) => "==",
        PrincipalOrResourceConstraint::In(one) if is_slot(one) => "in slot",
        PrincipalOrResourceConstraint::In(_) => "in",
        PrincipalOrResourceConstraint::Is(_) => "is",
        PrincipalOrResourceConstraint::IsIn(_, one) if is_slot(one) => "is in slot",
        PrincipalOrResourceConstraint::IsIn(..) => "is in",
    }
}

/// Whether the parser made both from one written operator.
fn written_as_one(expr: &Expr, part: &Expr) -> bool {
    matches!((expr.source_loc(), part.source_loc()), (Some(one), Some(other)) if one.span == other.span)
}

fn links(case: &Case) -> usize {
    let links: Option<Vec<serde_json::Value>> = serde_json::from_str(&case.links).ok();
    links.map_or(0, |links| links.len())
}
