//! Conditions in a row, each flat where it is one of the plain tests that most conditions are.
//!
//! A flat test reads stored values and nothing else. Where it has no answer, for whatever reason, the
//! node it was made of is evaluated.

use super::frame::Frame;
use super::node::{Key, Node, Path, Root, Test};
use super::pool::Stored;
use super::value::Deferred;
use crate::engine::names::{KeyId, Uid, UidId};

/// One of the conditions that must all hold.
#[derive(Debug)]
pub(super) struct Step {
    quick: Option<Quick>,
    /// Whether it holds when the quick test does, and not when it fails.
    expected: bool,
    node: Node,
}

/// A test of what is stored, of what is written out, or of the context's own facts.
#[derive(Debug)]
enum Quick {
    Test(Test, Operand, Operand),
    Truth(Reach),
    Has(Root, KeyId),
    Fact(Key),
    HasFact(Key),
}

#[derive(Debug)]
enum Operand {
    Constant(Stored),
    Root(Root),
    Reach(Reach),
}

/// An attribute of one of the request's entities, or a field of a record which that is.
#[derive(Debug)]
struct Reach {
    root: Root,
    record: Option<KeyId>,
    last: KeyId,
}

impl Step {
    pub(super) fn new(node: Node) -> Self {
        let (mut expected, mut tested) = (true, &node);
        while let Node::Not(operand) = tested {
            (expected, tested) = (!expected, operand);
        }
        Self { quick: Quick::new(tested), expected, node }
    }
}

impl Quick {
    fn new(node: &Node) -> Option<Self> {
        Some(match node {
            Node::Test(test @ (Test::Equal | Test::Less | Test::LessEqual | Test::In), nodes) => {
                let [one, two] = &**nodes;
                Self::Test(*test, Operand::new(one)?, Operand::new(two)?)
            }
            Node::Path(path) => Self::Truth(Reach::new(path)?),
            Node::RootHas(root, key) => Self::Has(*root, key.id),
            Node::Fact(key) => Self::Fact(key.clone()),
            Node::HasFact(key) => Self::HasFact(key.clone()),
            _ => return None,
        })
    }
}

impl Operand {
    fn new(node: &Node) -> Option<Self> {
        Some(match node {
            Node::Constant(stored) => Self::Constant(*stored),
            Node::Principal => Self::Root(Root::Principal),
            Node::Action => Self::Root(Root::Action),
            Node::Resource => Self::Root(Root::Resource),
            Node::Path(path) => Self::Reach(Reach::new(path)?),
            _ => return None,
        })
    }
}

impl Reach {
    fn new(path: &Path) -> Option<Self> {
        let (record, last) = match &*path.keys {
            [last] => (None, last),
            [record, last] => (Some(record.id), last),
            _ => return None,
        };
        Some(Self { root: path.root, record, last: last.id })
    }
}

impl<'a> Frame<'a> {
    /// Whether all of them hold.
    pub(super) fn all_hold(&self, steps: &'a [Step]) -> Result<bool, Deferred> {
        for step in steps {
            let holds = match step.quick.as_ref().and_then(|quick| self.quick(quick)) {
                Some(holds) => holds == step.expected,
                None => self.holds(&step.node)?,
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `None` is no answer, as with all below.
    #[inline]
    fn quick(&self, quick: &'a Quick) -> Option<bool> {
        match quick {
            Quick::Test(test, one, two) => self.quick_test(*test, one, two),
            Quick::Truth(reach) => match self.reach(reach)? {
                Stored::Bool(holds) => Some(*holds),
                _ => None,
            },
            Quick::Has(root, key) => {
                let attributes = self.root(*root).attributes?;
                Some(self.store.pool().field(attributes, *key).is_some())
            }
            Quick::Fact(key) => self.context.truth(&key.text),
            Quick::HasFact(key) => Some(self.context.has(Some(key.id), &key.text)),
        }
    }

    #[inline]
    fn quick_test(&self, test: Test, one: &'a Operand, two: &'a Operand) -> Option<bool> {
        match test {
            Test::LessEqual => Some(self.long(one)? <= self.long(two)?),
            Test::Less => Some(self.long(one)? < self.long(two)?),
            Test::In => {
                Some(self.is_in(Uid::Known(self.entity(one)?), Uid::Known(self.entity(two)?)))
            }
            Test::Equal => match (one, two) {
                (Operand::Root(_), _) | (_, Operand::Root(_)) => {
                    Some(self.entity(one)? == self.entity(two)?)
                }
                _ => match (self.stored(one)?, self.stored(two)?) {
                    (Stored::Long(one), Stored::Long(two)) => Some(one.get() == two.get()),
                    (Stored::Bool(one), Stored::Bool(two)) => Some(one == two),
                    (Stored::Entity(one), Stored::Entity(two)) => Some(one == two),
                    _ => None,
                },
            },
            _ => None,
        }
    }

    #[inline]
    fn long(&self, operand: &'a Operand) -> Option<i64> {
        match self.stored(operand)? {
            Stored::Long(number) => Some(number.get()),
            _ => None,
        }
    }

    #[inline]
    fn entity(&self, operand: &'a Operand) -> Option<UidId> {
        match operand {
            Operand::Root(root) => self.root(*root).uid.known(),
            _ => match self.stored(operand)? {
                Stored::Entity(uid) => Some(*uid),
                _ => None,
            },
        }
    }

    /// Where it is kept, so that no more of it is read than is asked for.
    #[inline]
    fn stored(&self, operand: &'a Operand) -> Option<&'a Stored> {
        match operand {
            Operand::Constant(stored) => Some(stored),
            Operand::Root(_) => None,
            Operand::Reach(reach) => self.reach(reach),
        }
    }

    fn reach(&self, reach: &Reach) -> Option<&'a Stored> {
        let (pool, mut fields) = (self.store.pool(), self.root(reach.root).attributes?);
        if let Some(record) = reach.record {
            fields = match pool.field(fields, record)? {
                Stored::Record(inner) => *inner,
                _ => return None,
            };
        }
        pool.field(fields, reach.last)
    }
}
