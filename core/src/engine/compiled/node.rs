//! Conditions of policies, lowered.

use super::extension::Function;
use super::pattern::Pattern;
use super::pool::Stored;
use super::step::Step;
use crate::engine::names::{KeyId, TypeId};

/// An expression.
#[derive(Debug)]
pub(super) enum Node {
    /// A value of the constants.
    Constant(Stored),
    Principal,
    Action,
    Resource,
    Context,
    /// `&&`, any number of them in a row.
    All(Box<[Step]>),
    /// `||`, any number of them in a row.
    Any(Box<[Node]>),
    Not(Box<Node>),
    Negate(Box<Node>),
    IsEmpty(Box<Node>),
    /// Test, then, else.
    If(Box<[Node; 3]>),
    Test(Test, Box<[Node; 2]>),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    GetTag(Box<[Node; 2]>),
    /// Attributes of one of the request's entities, each of what the one before it is.
    Path(Path),
    /// A fact of the context.
    Fact(Key),
    /// Attributes of anything else.
    Attribute(Box<Node>, Box<[Key]>),
    /// `has` of one key, of one of the request's entities.
    RootHas(Root, Key),
    /// `has` of one key, of the context.
    HasFact(Key),
    /// `has`, each key in what the one before it holds.
    Has(Box<Node>, Box<[Key]>),
    Like(Box<Node>, Pattern),
    Is(Box<Node>, TypeId),
    Set(Box<[Node]>),
    Record(Box<[(Key, Node)]>),
    Call(Function, Box<[Node]>),
    /// Always an error, which is the official evaluator's to tell.
    Fails,
}

/// Attributes of one of the request's entities.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) root: Root,
    pub(super) keys: Box<[Key]>,
}

/// One of the request's entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    Principal,
    Action,
    Resource,
}

/// An operator of two operands, both of which are always evaluated, that gives a boolean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    Less,
    LessEqual,
    In,
    Contains,
    ContainsAll,
    ContainsAny,
    HasTag,
}

/// An operator of two whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
}

/// The name of an attribute.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) id: KeyId,
    pub(super) text: Box<str>,
}
