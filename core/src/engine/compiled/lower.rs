//! Expressions of the language into nodes.

use cedar_policy_core::ast::{
    BinaryOp, Context, EntityUID, EntityUIDEntry, Expr, ExprKind, Policy, Request, UnaryOp, Var,
};
use cedar_policy_core::entities::Entities;
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;

use super::extension::Function;
use super::node::{Arithmetic, Key, Node, Path, Root, Test};
use super::pattern::Pattern;
use super::pool::{Pool, Stored};
use super::step::Step;
use crate::engine::names::Names;

/// Expressions that nest further are left to the official evaluator, which minds its stack.
pub(super) const MAX_DEPTH: usize = 200;

/// Lowers conditions.
#[derive(Debug)]
pub(super) struct Lowering<'n> {
    pub(super) names: &'n mut Names,
    pub(super) constants: &'n mut Pool,
}

impl Lowering<'_> {
    /// What comes after the scope of a policy; `None` when there is no form for it here.
    pub(super) fn condition(&mut self, policy: &Policy) -> Option<Node> {
        match policy.non_scope_constraints() {
            Some(condition) => Some(match self.node(condition, policy, 0)? {
                all @ Node::All(_) => all,
                one => Node::All(Box::new([Step::new(one)])),
            }),
            None => Some(Node::Constant(Stored::Bool(true))),
        }
    }

    fn node(&mut self, expr: &Expr, policy: &Policy, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        let below = depth.saturating_add(1);
        if is_closed(expr, below) {
            return Some(self.constant(expr, policy));
        }
        Some(match expr.expr_kind() {
            ExprKind::Lit(_) | ExprKind::Slot(_) => self.constant(expr, policy),
            ExprKind::Var(Var::Principal) => Node::Principal,
            ExprKind::Var(Var::Action) => Node::Action,
            ExprKind::Var(Var::Resource) => Node::Resource,
            ExprKind::Var(Var::Context) => Node::Context,
            ExprKind::If { test_expr, then_expr, else_expr } => Node::If(Box::new([
                self.node(test_expr, policy, below)?,
                self.node(then_expr, policy, below)?,
                self.node(else_expr, policy, below)?,
            ])),
            ExprKind::And { left, right } => {
                let mut steps = Vec::new();
                for side in [left, right] {
                    match self.node(side, policy, below)? {
                        Node::All(inner) => steps.extend(inner),
                        other => steps.push(Step::new(other)),
                    }
                }
                Node::All(steps.into())
            }
            ExprKind::Or { left, right } => {
                let mut nodes = Vec::new();
                for side in [left, right] {
                    match self.node(side, policy, below)? {
                        Node::Any(inner) => nodes.extend(inner),
                        other => nodes.push(other),
                    }
                }
                Node::Any(nodes.into())
            }
            ExprKind::UnaryApp { op, arg } => {
                let operand = Box::new(self.node(arg, policy, below)?);
                match op {
                    UnaryOp::Not => Node::Not(operand),
                    UnaryOp::Neg => Node::Negate(operand),
                    UnaryOp::IsEmpty => Node::IsEmpty(operand),
                }
            }
            ExprKind::BinaryApp { op, arg1, arg2 } => {
                let operands = [self.node(arg1, policy, below)?, self.node(arg2, policy, below)?];
                binary(*op, Box::new(operands))
            }
            ExprKind::ExtensionFunctionApp { fn_name, args } => {
                match Function::named(fn_name, args.len()) {
                    Some(function) => {
                        let nodes = args.iter().map(|arg| self.node(arg, policy, below));
                        Node::Call(function, nodes.collect::<Option<_>>()?)
                    }
                    None => return None,
                }
            }
            ExprKind::GetAttr { expr, attr } => {
                let key = self.key(attr)?;
                let path = |root, keys| Node::Path(Path { root, keys });
                let longer = |keys: Box<[Key]>, key| keys.into_iter().chain([key]).collect();
                match self.node(expr, policy, below)? {
                    Node::Principal => path(Root::Principal, Box::new([key])),
                    Node::Action => path(Root::Action, Box::new([key])),
                    Node::Resource => path(Root::Resource, Box::new([key])),
                    Node::Context => Node::Fact(key),
                    Node::Path(of) => path(of.root, longer(of.keys, key)),
                    Node::Attribute(of, keys) => Node::Attribute(of, longer(keys, key)),
                    of => Node::Attribute(Box::new(of), Box::new([key])),
                }
            }
            ExprKind::HasAttr { expr, attr } => {
                let key = self.key(attr)?;
                match self.node(expr, policy, below)? {
                    Node::Principal => Node::RootHas(Root::Principal, key),
                    Node::Action => Node::RootHas(Root::Action, key),
                    Node::Resource => Node::RootHas(Root::Resource, key),
                    Node::Context => Node::HasFact(key),
                    of => Node::Has(Box::new(of), Box::new([key])),
                }
            }
            ExprKind::ExtHasAttr { expr, attrs } => {
                let keys = attrs.iter().map(|attr| self.key(attr)).collect::<Option<_>>()?;
                Node::Has(Box::new(self.node(expr, policy, below)?), keys)
            }
            ExprKind::Like { expr, pattern } => {
                Node::Like(Box::new(self.node(expr, policy, below)?), Pattern::new(pattern))
            }
            ExprKind::Is { expr, entity_type } => Node::Is(
                Box::new(self.node(expr, policy, below)?),
                self.names.add_type(entity_type)?,
            ),
            ExprKind::Set(items) => {
                let nodes = items.iter().map(|item| self.node(item, policy, below));
                Node::Set(nodes.collect::<Option<_>>()?)
            }
            ExprKind::Record(fields) => {
                let nodes = fields
                    .iter()
                    .map(|(name, value)| Some((self.key(name)?, self.node(value, policy, below)?)));
                Node::Record(nodes.collect::<Option<_>>()?)
            }
            ExprKind::Unknown(_) => return None,
        })
    }

    /// What depends on no request is evaluated now, by the official evaluator.
    fn constant(&mut self, expr: &Expr, policy: &Policy) -> Node {
        let nobody = || EntityUID::with_eid_and_type("None", "").ok();
        let entry = || nobody().map(|uid| EntityUIDEntry::known(uid, None));
        let (Some(principal), Some(action), Some(resource)) = (entry(), entry(), entry()) else {
            return Node::Fails;
        };
        let context = Some(Context::empty());
        let request = Request::new_unchecked(principal, action, resource, context);
        let entities = Entities::new();
        let evaluator = Evaluator::new(request, &entities, Extensions::all_available());
        match evaluator.interpret(expr, policy.env()) {
            Ok(value) => match self.constants.add(&value, self.names) {
                Stored::Opaque => Node::Fails,
                stored => Node::Constant(stored),
            },
            Err(_) => Node::Fails,
        }
    }

    fn key(&mut self, text: &str) -> Option<Key> {
        Some(Key { id: self.names.add_key(text)?, text: text.into() })
    }
}

/// Whether an expression is the same whatever the request and the entities.
fn is_closed(expr: &Expr, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let below = depth.saturating_add(1);
    match expr.expr_kind() {
        ExprKind::Lit(_) | ExprKind::Slot(_) => true,
        ExprKind::Set(items) => items.iter().all(|item| is_closed(item, below)),
        ExprKind::Record(fields) => fields.values().all(|value| is_closed(value, below)),
        ExprKind::ExtensionFunctionApp { args, .. } => args.iter().all(|arg| is_closed(arg, below)),
        ExprKind::UnaryApp { arg, .. } => is_closed(arg, below),
        _ => false,
    }
}

fn binary(op: BinaryOp, operands: Box<[Node; 2]>) -> Node {
    let test = match op {
        BinaryOp::Eq => Test::Equal,
        BinaryOp::Less => Test::Less,
        BinaryOp::LessEq => Test::LessEqual,
        BinaryOp::Add => return Node::Arithmetic(Arithmetic::Add, operands),
        BinaryOp::Sub => return Node::Arithmetic(Arithmetic::Subtract, operands),
        BinaryOp::Mul => return Node::Arithmetic(Arithmetic::Multiply, operands),
        BinaryOp::In => Test::In,
        BinaryOp::Contains => Test::Contains,
        BinaryOp::ContainsAll => Test::ContainsAll,
        BinaryOp::ContainsAny => Test::ContainsAny,
        BinaryOp::GetTag => return Node::GetTag(operands),
        BinaryOp::HasTag => Test::HasTag,
    };
    Node::Test(test, operands)
}
