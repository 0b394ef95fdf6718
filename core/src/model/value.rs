//! Values of attributes and of contexts, kept.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::{EntityUid, RestrictedExpression, Timestamp, conformance};

/// A value of an attribute or of a context, kept: one that a builder was given, or of a question that
/// is written down.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// A string.
    Text(Box<str>),
    /// An entity.
    Entity(EntityUid),
    /// An address with its prefix; of one address, 32 or 128.
    Address {
        /// The address.
        address: IpAddr,
        /// How many of its bits are the network's.
        prefix: u8,
    },
    /// A decimal, in ten-thousandths.
    Decimal(i64),
    /// A moment, in milliseconds since 1970.
    DateTime(i64),
    /// A duration, in milliseconds.
    Duration(i64),
    /// A set; what is there twice counts once.
    Set(Vec<Value>),
    /// A record, each key once.
    Record(Vec<(Box<str>, Value)>),
}

impl Value {
    /// The same value in the language's own form.
    ///
    /// # Errors
    /// Says which value has no form there, such as an address with a prefix that it cannot have.
    pub fn to_expression(&self) -> Result<RestrictedExpression, String> {
        match self {
            Self::Bool(value) => Ok(RestrictedExpression::new_bool(*value)),
            Self::Long(value) => Ok(RestrictedExpression::new_long(*value)),
            Self::Text(text) => Ok(RestrictedExpression::new_string((**text).to_owned())),
            Self::Entity(uid) => Ok(RestrictedExpression::new_entity_uid(uid.clone())),
            Self::Set(elements) => {
                let elements = elements.iter().map(Self::to_expression);
                Ok(RestrictedExpression::new_set(elements.collect::<Result<Vec<_>, _>>()?))
            }
            Self::Record(fields) => {
                let fields = fields.iter().map(|(key, value)| {
                    value.to_expression().map(|value| (String::from(&**key), value))
                });
                RestrictedExpression::new_record(fields.collect::<Result<Vec<_>, _>>()?)
                    .map_err(|error| error.to_string())
            }
            Self::DateTime(millis) if !WRITTEN.contains(millis) => {
                conformance::moment_from_1970(*millis)
            }
            extension => match extension.call() {
                Some(("ip", text)) => Ok(RestrictedExpression::new_ip(text)),
                Some(("decimal", text)) => Ok(RestrictedExpression::new_decimal(text)),
                Some(("datetime", text)) => Ok(RestrictedExpression::new_datetime(text)),
                Some(("duration", text)) => Ok(RestrictedExpression::new_duration(text)),
                _ => Err(format!("`{extension:?}` is not a value")),
            },
        }
    }

    /// The function of the language that makes this value, and its argument: of an address, a decimal, a
    /// duration, and a moment that the language can write.
    pub(crate) fn call(&self) -> Option<(&'static str, String)> {
        Some(match self {
            Self::Address { address: IpAddr::V4(address), prefix } => {
                ("ip", format!("{address}/{prefix}"))
            }
            // Group by group: the language does not read a V4 address written inside a V6 one.
            Self::Address { address: IpAddr::V6(address), prefix } => {
                let groups = address.segments().map(|group| format!("{group:x}")).join(":");
                ("ip", format!("{groups}/{prefix}"))
            }
            Self::Decimal(value) => {
                let (sign, size) = (if *value < 0 { "-" } else { "" }, value.unsigned_abs());
                let (whole, part) = (size.div_euclid(10_000), size.rem_euclid(10_000));
                ("decimal", format!("{sign}{whole}.{part:04}"))
            }
            Self::DateTime(millis) if WRITTEN.contains(millis) => {
                ("datetime", Timestamp::from_millis(*millis)?.to_string())
            }
            Self::Duration(millis) => ("duration", format!("{millis}ms")),
            _ => return None,
        })
    }
}

/// The moments that the language writes, in milliseconds: those of years of four digits.
const WRITTEN: RangeInclusive<i64> = 0..=253_402_300_799_999;

#[cfg(test)]
mod tests {
    use cedar_policy_core::ast::{self, Value as Evaluated};

    use super::*;
    use crate::model::Context;

    #[test]
    fn an_extension_value_is_what_the_language_reads_from_its_text() {
        let address =
            |address: &str, prefix| Value::Address { address: address.parse().unwrap(), prefix };
        let values = [
            (address("192.0.2.7", 24), r#"ip("192.0.2.7/24")"#),
            (address("::ffff:192.0.2.7", 128), r#"ip("0:0:0:0:0:ffff:c000:207/128")"#),
            (Value::Decimal(-5), r#"decimal("-0.0005")"#),
            (Value::Duration(-1), r#"duration("-1ms")"#),
            (Value::DateTime(0), r#"datetime("1970-01-01T00:00:00.000Z")"#),
            (Value::DateTime(-1), r#"datetime("1970-01-01").offset(duration("-1ms"))"#),
        ];
        for (value, text) in values {
            let made = evaluated(&value.to_expression().unwrap());
            assert!(made.is_some(), "{text}");
            assert_eq!(made, evaluated(&text.parse().unwrap()), "{text}");
        }
    }

    /// What it is evaluated to.
    fn evaluated(expression: &RestrictedExpression) -> Option<Evaluated> {
        let context = Context::from_pairs([("it".to_owned(), expression.clone())]).ok()?;
        match context.as_ref() {
            ast::Context::Value(fields) => fields.get("it").cloned(),
            ast::Context::RestrictedResidual(_) => None,
        }
    }
}
