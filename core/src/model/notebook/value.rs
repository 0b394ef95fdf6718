//! Values of attributes and of contexts.

use std::net::IpAddr;
use std::time::Duration;

use super::super::{EntityUid, Timestamp, Value};

/// A value that an attribute or a context field of the model can have.
pub trait IntoValue {
    /// It as a value.
    fn into_value(self) -> Value;
}

/// An ordered label of data, or the clearance of a principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sensitivity {
    /// The label's place in the manifest's list, from 0.
    pub rank: i64,
    /// The label.
    pub label: String,
}

/// Compute that is asked for or given; what is `None` is not stated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resources {
    /// Millicores.
    pub cpu: Option<i64>,
    /// Bytes.
    pub memory: Option<i64>,
    /// Devices.
    pub gpu: Option<i64>,
}

impl IntoValue for EntityUid {
    fn into_value(self) -> Value {
        Value::Entity(self)
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Value {
        Value::Text(self.into())
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> Value {
        Value::Long(self)
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

impl IntoValue for IpAddr {
    fn into_value(self) -> Value {
        Value::Address { address: self, prefix: if self.is_ipv4() { 32 } else { 128 } }
    }
}

impl IntoValue for Timestamp {
    fn into_value(self) -> Value {
        Value::DateTime(self.millis())
    }
}

/// In milliseconds; the longest that there is stands for whatever is longer.
impl IntoValue for Duration {
    fn into_value(self) -> Value {
        Value::Duration(i64::try_from(self.as_millis()).unwrap_or(i64::MAX))
    }
}

impl IntoValue for Sensitivity {
    fn into_value(self) -> Value {
        record([
            ("rank", Some(self.rank.into_value())),
            ("label", Some(self.label.as_str().into_value())),
        ])
    }
}

impl IntoValue for Resources {
    fn into_value(self) -> Value {
        record([("cpu", self.cpu), ("memory", self.memory), ("gpu", self.gpu)])
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::Set(self.into_iter().map(T::into_value).collect())
    }
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

fn record<T: IntoValue, const N: usize>(fields: [(&str, Option<T>); N]) -> Value {
    let stated =
        fields.into_iter().filter_map(|(name, value)| Some((name.into(), value?.into_value())));
    Value::Record(stated.collect())
}
