//! Values of attributes and of contexts.

use std::net::IpAddr;
use std::time::Duration;

use super::super::{EntityUid, RestrictedExpression, Timestamp};

/// A value that an attribute or a context field of the model can have.
pub trait IntoValue {
    /// The language's form of it.
    fn into_value(self) -> RestrictedExpression;
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
    fn into_value(self) -> RestrictedExpression {
        RestrictedExpression::new_entity_uid(self)
    }
}

impl IntoValue for &str {
    fn into_value(self) -> RestrictedExpression {
        RestrictedExpression::new_string(self.to_owned())
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> RestrictedExpression {
        RestrictedExpression::new_long(self)
    }
}

impl IntoValue for bool {
    fn into_value(self) -> RestrictedExpression {
        RestrictedExpression::new_bool(self)
    }
}

impl IntoValue for IpAddr {
    fn into_value(self) -> RestrictedExpression {
        RestrictedExpression::new_ip(self.to_string())
    }
}

impl IntoValue for Timestamp {
    fn into_value(self) -> RestrictedExpression {
        RestrictedExpression::new_datetime(self.to_string())
    }
}

impl IntoValue for Duration {
    fn into_value(self) -> RestrictedExpression {
        let mut text = self.as_millis().to_string();
        text.push_str("ms");
        RestrictedExpression::new_duration(text)
    }
}

impl IntoValue for Sensitivity {
    fn into_value(self) -> RestrictedExpression {
        record([
            ("rank", Some(self.rank.into_value())),
            ("label", Some(self.label.as_str().into_value())),
        ])
    }
}

impl IntoValue for Resources {
    fn into_value(self) -> RestrictedExpression {
        record([("cpu", self.cpu), ("memory", self.memory), ("gpu", self.gpu)])
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> RestrictedExpression {
        RestrictedExpression::new_set(self.into_iter().map(T::into_value))
    }
}

impl IntoValue for RestrictedExpression {
    fn into_value(self) -> RestrictedExpression {
        self
    }
}

#[expect(clippy::expect_used, reason = "a record is refused for repeated keys only")]
fn record<T: IntoValue, const N: usize>(fields: [(&str, Option<T>); N]) -> RestrictedExpression {
    let stated =
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into_value())));
    RestrictedExpression::new_record(stated).expect("the keys differ")
}
