//! The protobuf in which a proxy says things.

use std::collections::BTreeMap;

use prost::Message;
use serde_json::Value as Json;

/// `envoy.config.core.v3.Metadata`, as far as hosts that stand in for a proxy write it.
#[cfg(not(target_family = "wasm"))]
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Metadata {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(crate) filters: BTreeMap<String, Fields>,
}

/// `google.protobuf.Struct`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Fields {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(crate) fields: BTreeMap<String, Value>,
}

/// `google.protobuf.Value`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6")]
    pub(crate) kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Kind {
    #[prost(int32, tag = "1")]
    Null(i32),
    #[prost(double, tag = "2")]
    Number(f64),
    #[prost(string, tag = "3")]
    Text(String),
    #[prost(bool, tag = "4")]
    Bool(bool),
    #[prost(message, tag = "5")]
    Fields(Fields),
    #[prost(message, tag = "6")]
    List(List),
}

/// `google.protobuf.ListValue`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct List {
    #[prost(message, repeated, tag = "1")]
    pub(crate) values: Vec<Value>,
}

impl Fields {
    /// The same as JSON; whole numbers are whole.
    pub(crate) fn into_json(self) -> Json {
        let fields = self.fields.into_iter().map(|(name, value)| (name, value.into_json()));
        Json::Object(fields.collect())
    }
}

impl Value {
    fn into_json(self) -> Json {
        match self.kind {
            None | Some(Kind::Null(_)) => Json::Null,
            Some(Kind::Bool(truth)) => Json::Bool(truth),
            Some(Kind::Text(text)) => Json::String(text),
            Some(Kind::Fields(fields)) => fields.into_json(),
            Some(Kind::List(list)) => list.values.into_iter().map(Self::into_json).collect(),
            // Protobuf has one kind of number; what is whole is written without a fraction.
            Some(Kind::Number(number)) => whole(number).map_or_else(|| number.into(), Json::from),
        }
    }
}

/// The whole number that this is, by its bits: to write it out and read it is twenty times as much code.
fn whole(number: f64) -> Option<i64> {
    if number == 0.0 {
        return Some(0);
    }
    let bits = number.to_bits();
    let exponent = u32::try_from((bits >> 52) & 0x7ff).ok()?;
    let digits = (bits & ((1 << 52) - 1)) | (1 << 52);
    // The value is `digits`, moved by so many bits; from 2^64 on it is none of ours.
    let size = match exponent.checked_sub(1075) {
        Some(left @ 0..=11) => digits.checked_shl(left)?,
        Some(_) => return None,
        None => {
            let right = 1075_u32.checked_sub(exponent).filter(|right| *right <= 52)?;
            (digits.trailing_zeros() >= right).then(|| digits >> right)?
        }
    };
    match number.is_sign_negative() {
        true => 0_i64.checked_sub_unsigned(size),
        false => i64::try_from(size).ok(),
    }
}

/// The bytes in which a proxy would give these claims, for hosts that stand in for one.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn metadata(namespace: &str, name: &str, claims: &Json) -> Vec<u8> {
    let token = BTreeMap::from([(name.to_owned(), Value { kind: Some(kind(claims)) })]);
    let filters = BTreeMap::from([(namespace.to_owned(), Fields { fields: token })]);
    Metadata { filters }.encode_to_vec()
}

/// The bytes of an object as a `Struct`.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn structure(json: &Json) -> Vec<u8> {
    match kind(json) {
        Kind::Fields(fields) => fields.encode_to_vec(),
        _ => Vec::new(),
    }
}

#[cfg(not(target_family = "wasm"))]
fn kind(json: &Json) -> Kind {
    let value = |json| Value { kind: Some(kind(json)) };
    match json {
        Json::Null => Kind::Null(0),
        Json::Bool(truth) => Kind::Bool(*truth),
        Json::Number(number) => Kind::Number(number.as_f64().unwrap_or_default()),
        Json::String(text) => Kind::Text(text.clone()),
        Json::Array(list) => Kind::List(List { values: list.iter().map(value).collect() }),
        Json::Object(map) => {
            let fields = map.iter().map(|(name, json)| (name.clone(), value(json)));
            Kind::Fields(Fields { fields: fields.collect() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_whole_when_it_is_written_without_a_fraction() {
        let written = |number: f64| {
            let whole = (number.fract() == 0.0).then(|| format!("{number:.0}").parse::<i64>());
            whole.and_then(Result::ok)
        };
        let two_to_the_63 = 9_223_372_036_854_775_808.0;
        let some =
            [0.0, 1.0, 0.5, 1.5, 3.0, 1e9, 1e15, 4503599627370495.5, 9007199254740993.0, 1e18];
        let more =
            [two_to_the_63, 9223372036854774784.0, 1e300, f64::MAX, f64::MIN_POSITIVE, 5e-324];
        let odd = [f64::NAN, f64::INFINITY, f64::EPSILON];
        for number in some.into_iter().chain(more).chain(odd).flat_map(|one| [one, -one]) {
            assert_eq!(whole(number), written(number), "{number}");
        }
        for power in -60..63 {
            for near in [-1.0, -0.5, 0.0, 0.5, 1.0] {
                let number = 2_f64.powi(power) + near;
                assert_eq!(whole(number), written(number), "{number}");
            }
        }
    }
}
