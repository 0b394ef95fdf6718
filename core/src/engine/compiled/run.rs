//! Evaluating nodes.
//!
//! Every value here is the value that the official evaluator would give. Where that one gives an
//! error, this gives [`Deferred`], and the official evaluator is asked for the policy as a whole.

use super::extension::{Extension, Function};
use super::frame::Frame;
use super::node::{Binary, Key, Node};
use super::record::Record;
use super::set::Set;
use super::value::{Deferred, Value};
use crate::engine::names::Uid;

const DAY: i64 = 86_400_000;

impl<'a> Frame<'a> {
    /// Whether a condition holds.
    pub(super) fn holds(&self, node: &'a Node) -> Result<bool, Deferred> {
        self.value(node)?.bool()
    }

    fn value(&self, node: &'a Node) -> Result<Value<'a>, Deferred> {
        Ok(match node {
            Node::Constant(stored) => Value::stored(*stored, self.constants)?,
            Node::Principal => Value::Entity(self.asked.principal.uid),
            Node::Action => Value::Entity(self.asked.action.uid),
            Node::Resource => Value::Entity(self.asked.resource.uid),
            Node::Context => Value::Record(self.context),
            Node::All(nodes) => {
                for node in nodes {
                    if !self.holds(node)? {
                        return Ok(Value::Bool(false));
                    }
                }
                Value::Bool(true)
            }
            Node::Any(nodes) => {
                for node in nodes {
                    if self.holds(node)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Value::Bool(false)
            }
            Node::Not(operand) => Value::Bool(!self.holds(operand)?),
            Node::Negate(operand) => {
                Value::Long(self.value(operand)?.long()?.checked_neg().ok_or(Deferred)?)
            }
            Node::IsEmpty(operand) => Value::Bool(self.value(operand)?.set()?.len() == 0),
            Node::If(nodes) => {
                let [test, then, otherwise] = &**nodes;
                return self.value(if self.holds(test)? { then } else { otherwise });
            }
            Node::Binary(operator, operands) => {
                let [one, two] = &**operands;
                return self.binary(*operator, self.value(one)?, self.value(two)?);
            }
            Node::Attribute(of, key) => {
                return self.member(self.value(of)?, key)?.ok_or(Deferred);
            }
            Node::Has(of, keys) => Value::Bool(self.has(self.value(of)?, keys)?),
            Node::Like(text, pattern) => Value::Bool(pattern.matches(self.value(text)?.text()?)),
            Node::Is(entity, entity_type) => {
                let uid = self.value(entity)?.entity()?;
                Value::Bool(self.names().type_of(uid) == Some(*entity_type))
            }
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

    fn binary(
        &self,
        operator: Binary,
        one: Value<'a>,
        two: Value<'a>,
    ) -> Result<Value<'a>, Deferred> {
        let overflow = Deferred;
        Ok(match operator {
            Binary::Equal => Value::Bool(one.equals(two, self)?),
            Binary::Less => Value::Bool(measures(one, two, |one, two| one < two)?),
            Binary::LessEqual => Value::Bool(measures(one, two, |one, two| one <= two)?),
            Binary::Add => Value::Long(one.long()?.checked_add(two.long()?).ok_or(overflow)?),
            Binary::Subtract => Value::Long(one.long()?.checked_sub(two.long()?).ok_or(overflow)?),
            Binary::Multiply => Value::Long(one.long()?.checked_mul(two.long()?).ok_or(overflow)?),
            Binary::In => Value::Bool(self.entity_in(one.entity()?, two)?),
            Binary::Contains => Value::Bool(one.set()?.contains(two, self)?),
            Binary::ContainsAll => Value::Bool(two.set()?.is_subset(one.set()?, self)?),
            Binary::ContainsAny => Value::Bool(one.set()?.meets(two.set()?, self)?),
            Binary::GetTag => return self.tag(one.entity()?, two.text()?)?.ok_or(Deferred),
            Binary::HasTag => Value::Bool(self.tag(one.entity()?, two.text()?)?.is_some()),
        })
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
            _ => Ok(self.member(of, last)?.is_some()),
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
