//! Evaluating nodes.
//!
//! Every value here is the value that the official evaluator would give. Where that one gives an
//! error, this gives [`Deferred`], and the official evaluator is asked for the policy as a whole.

use super::extension::{Extension, Function};
use super::frame::Frame;
use super::node::{Arithmetic, Key, Node, Path, Root, Test};
use super::pool::{Fields, Pool, Stored};
use super::record::Record;
use super::set::Set;
use super::value::{Deferred, Value};
use crate::engine::names::Uid;
use crate::engine::standing::Standing;

const DAY: i64 = 86_400_000;

impl<'a> Frame<'a> {
    /// Whether a condition holds.
    pub(super) fn holds(&self, node: &'a Node) -> Result<bool, Deferred> {
        match node {
            Node::All(steps) => self.all_hold(steps),
            Node::Any(nodes) => {
                for node in nodes {
                    if self.holds(node)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Node::Not(operand) => Ok(!self.holds(operand)?),
            Node::IsEmpty(operand) => Ok(self.value(operand)?.set()?.len() == 0),
            Node::Test(test, operands) => {
                let [one, two] = &**operands;
                self.test(*test, self.value(one)?, self.value(two)?)
            }
            Node::HasFact(key) => Ok(self.context.has(Some(key.id), &key.text)),
            Node::RootHas(root, key) => {
                let root = self.root(*root);
                match root.attributes {
                    Some(fields) => Ok(self.store.pool().field(fields, key.id).is_some()),
                    None => self.has_attribute(root.uid, key),
                }
            }
            Node::Has(of, keys) => self.has(self.value(of)?, keys),
            Node::Like(text, pattern) => Ok(pattern.matches(self.value(text)?.text()?)),
            Node::Is(entity, entity_type) => {
                let uid = self.value(entity)?.entity()?;
                Ok(self.names().type_of(uid) == Some(*entity_type))
            }
            _ => self.value(node)?.bool(),
        }
    }

    fn value(&self, node: &'a Node) -> Result<Value<'a>, Deferred> {
        Ok(match node {
            Node::Constant(stored) => Value::stored(*stored, self.constants)?,
            Node::Principal => Value::Entity(self.asked.principal.uid),
            Node::Action => Value::Entity(self.asked.action.uid),
            Node::Resource => Value::Entity(self.asked.resource.uid),
            Node::Context => Value::Record(self.context),
            Node::All(_)
            | Node::Any(_)
            | Node::Not(_)
            | Node::IsEmpty(_)
            | Node::Test(..)
            | Node::Has(..)
            | Node::HasFact(_)
            | Node::RootHas(..)
            | Node::Like(..)
            | Node::Is(..) => Value::Bool(self.holds(node)?),
            Node::Negate(operand) => {
                Value::Long(self.value(operand)?.long()?.checked_neg().ok_or(Deferred)?)
            }
            Node::If(nodes) => {
                let [test, then, otherwise] = &**nodes;
                return self.value(if self.holds(test)? { then } else { otherwise });
            }
            Node::Arithmetic(operator, operands) => {
                let [one, two] = &**operands;
                let (one, two) = (self.value(one)?.long(), self.value(two)?.long());
                let result = match operator {
                    Arithmetic::Add => one?.checked_add(two?),
                    Arithmetic::Subtract => one?.checked_sub(two?),
                    Arithmetic::Multiply => one?.checked_mul(two?),
                };
                Value::Long(result.ok_or(Deferred)?)
            }
            Node::GetTag(operands) => {
                let [entity, name] = &**operands;
                let (entity, name) = (self.value(entity)?.entity()?, self.value(name)?.text()?);
                return self.tag(entity, name)?.ok_or(Deferred);
            }
            Node::Path(path) => {
                return match self.quick_path(path) {
                    Some(stored) => Value::stored(*stored, self.store.pool()),
                    None => self.path(Value::Entity(self.root(path.root).uid), &path.keys),
                };
            }
            Node::Fact(key) => {
                return self.context.field(Some(key.id), &key.text, self)?.ok_or(Deferred);
            }
            Node::Attribute(of, keys) => return self.path(self.value(of)?, keys),
            Node::Set(nodes) => {
                let values = nodes.iter().map(|node| self.value(node));
                Value::Set(Set::build(values, nodes.len(), self)?)
            }
            Node::Record(fields) => {
                let length = fields.len();
                let mut built = bumpalo::collections::Vec::with_capacity_in(length, self.arena);
                for (key, node) in fields {
                    built.push((&*key.text, self.value(node)?));
                }
                Value::Record(Record::Built(built.into_bump_slice()))
            }
            Node::Call(function, arguments) => return self.call(*function, arguments),
            Node::Fails => return Err(Deferred),
        })
    }

    fn test(&self, test: Test, one: Value<'a>, two: Value<'a>) -> Result<bool, Deferred> {
        match test {
            Test::Equal => one.equals(two, self),
            Test::Less => measures(one, two, |one, two| one < two),
            Test::LessEqual => measures(one, two, |one, two| one <= two),
            Test::In => self.entity_in(one.entity()?, two),
            Test::Contains => one.set()?.contains(two, self),
            Test::ContainsAll => two.set()?.is_subset(one.set()?, self),
            Test::ContainsAny => one.set()?.meets(two.set()?, self),
            Test::HasTag => Ok(self.tag(one.entity()?, two.text()?)?.is_some()),
        }
    }

    fn entity_in(&self, uid: Uid<'a>, ancestors: Value<'a>) -> Result<bool, Deferred> {
        match ancestors {
            Value::Entity(ancestor) => Ok(self.is_in(uid, ancestor)),
            Value::Set(set) => {
                let mut found = false;
                // Whatever is found, an element that is no entity is an error.
                for element in set.iter() {
                    let ancestor = element?.entity()?;
                    found = found || self.is_in(uid, ancestor);
                }
                Ok(found)
            }
            _ => Err(Deferred),
        }
    }

    #[inline]
    pub(super) fn root(&self, root: Root) -> &Standing<'a> {
        match root {
            Root::Principal => &self.asked.principal,
            Root::Action => &self.asked.action,
            Root::Resource => &self.asked.resource,
        }
    }

    /// A stored attribute that is reached through stored records alone; `None` is no answer.
    #[inline]
    fn quick_path(&self, path: &Path) -> Option<&'a Stored> {
        let mut fields = self.root(path.root).attributes?;
        let pool = self.store.pool();
        let (last, records) = path.keys.split_last()?;
        for key in records {
            match pool.field(fields, key.id)? {
                Stored::Record(inner) => fields = *inner,
                _ => return None,
            }
        }
        pool.field(fields, last.id)
    }

    /// Attributes, each of what the one before it is.
    fn path(&self, of: Value<'a>, keys: &'a [Key]) -> Result<Value<'a>, Deferred> {
        let mut of = of;
        let mut keys = keys;
        while let Some((key, rest)) = keys.split_first() {
            (of, keys) = match self.stored_fields(of) {
                Some((pool, fields)) => self.stored_path(pool, fields, keys)?,
                None => (self.member(of, key)?.ok_or(Deferred)?, rest),
            };
        }
        Ok(of)
    }

    /// The fields of what is stored and not covered by the request's own.
    fn stored_fields(&self, of: Value<'a>) -> Option<(&'a Pool, Fields)> {
        match of {
            Value::Entity(Uid::Known(id)) if self.overlay.is_none() => {
                Some((self.store.pool(), self.store.row(id)?.attributes()))
            }
            Value::Record(Record::Stored { pool, fields }) => Some((pool, fields)),
            _ => None,
        }
    }

    /// Goes down records as far as they are; gives the keys that are left.
    fn stored_path(
        &self,
        pool: &'a Pool,
        mut fields: Fields,
        mut keys: &'a [Key],
    ) -> Result<(Value<'a>, &'a [Key]), Deferred> {
        while let Some((key, rest)) = keys.split_first() {
            let stored = *pool.field(fields, key.id).ok_or(Deferred)?;
            keys = rest;
            match stored {
                Stored::Record(inner) if !rest.is_empty() => fields = inner,
                _ => return Ok((Value::stored(stored, pool)?, rest)),
            }
        }
        Err(Deferred)
    }

    /// An attribute of an entity or a field of a record.
    fn member(&self, of: Value<'a>, key: &Key) -> Result<Option<Value<'a>>, Deferred> {
        match of {
            Value::Entity(uid) => self.attribute(uid, Some(key.id), &key.text),
            Value::Record(record) => record.field(Some(key.id), &key.text, self),
            _ => Err(Deferred),
        }
    }

    fn has(&self, of: Value<'a>, keys: &[Key]) -> Result<bool, Deferred> {
        let Some((last, path)) = keys.split_last() else { return Err(Deferred) };
        let mut of = of;
        for key in path {
            match self.member(of, key)? {
                Some(value) => of = value,
                None => return Ok(false),
            }
        }
        match of {
            Value::Record(record) => Ok(record.has(Some(last.id), &last.text)),
            Value::Entity(uid) => Ok(self.has_attribute(uid, last)?),
            _ => Err(Deferred),
        }
    }

    fn call(&self, function: Function, arguments: &'a [Node]) -> Result<Value<'a>, Deferred> {
        let mut arguments = arguments.iter().map(|argument| self.value(argument));
        let first = arguments.next().ok_or(Deferred)??;
        let second = arguments.next().transpose()?;
        let moment = |value| match value {
            Value::DateTime(value) => Ok(value),
            _ => Err(Deferred),
        };
        let duration = |value| match value {
            Value::Duration(value) => Ok(value),
            _ => Err(Deferred),
        };
        let address = |value| match value {
            Value::Address(address) => Ok(address),
            _ => Err(Deferred),
        };
        let decimals = |compare: fn(&i64, &i64) -> bool| match (first, second) {
            (Value::Decimal(one), Some(Value::Decimal(two))) => {
                Ok(Value::Bool(compare(&one, &two)))
            }
            _ => Err(Deferred),
        };
        let extension = match function {
            Function::Make(made) => made.read(first.text()?).ok_or(Deferred)?,
            Function::IsIpv4 => return Ok(Value::Bool(address(first)?.address.is_ipv4())),
            Function::IsIpv6 => return Ok(Value::Bool(address(first)?.address.is_ipv6())),
            Function::IsLoopback => return Ok(Value::Bool(address(first)?.is_loopback())),
            Function::IsMulticast => return Ok(Value::Bool(address(first)?.is_multicast())),
            Function::IsInRange => {
                let range = address(second.ok_or(Deferred)?)?;
                return Ok(Value::Bool(address(first)?.is_in(range)));
            }
            Function::LessThan => return decimals(i64::lt),
            Function::LessThanOrEqual => return decimals(i64::le),
            Function::GreaterThan => return decimals(i64::gt),
            Function::GreaterThanOrEqual => return decimals(i64::ge),
            Function::Offset => {
                let by = duration(second.ok_or(Deferred)?)?;
                Extension::DateTime(moment(first)?.checked_add(by).ok_or(Deferred)?)
            }
            Function::DurationSince => {
                let since = moment(second.ok_or(Deferred)?)?;
                Extension::Duration(moment(first)?.checked_sub(since).ok_or(Deferred)?)
            }
            Function::ToDate => {
                let moment = moment(first)?;
                let date = moment.checked_sub(moment.rem_euclid(DAY)).ok_or(Deferred)?;
                Extension::DateTime(date)
            }
            Function::ToTime => Extension::Duration(moment(first)?.rem_euclid(DAY)),
            Function::ToUnits(millis) => {
                let units = duration(first)?.checked_div(millis).ok_or(Deferred)?;
                return Ok(Value::Long(units));
            }
        };
        Ok(Value::extension(extension))
    }
}

/// Compares what has an order: whole numbers, moments, durations.
fn measures(
    one: Value<'_>,
    two: Value<'_>,
    compare: impl Fn(i64, i64) -> bool,
) -> Result<bool, Deferred> {
    match (one, two) {
        (Value::Long(one), Value::Long(two))
        | (Value::DateTime(one), Value::DateTime(two))
        | (Value::Duration(one), Value::Duration(two)) => Ok(compare(one, two)),
        _ => Err(Deferred),
    }
}
