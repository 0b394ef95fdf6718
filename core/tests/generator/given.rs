use bumpalo::Bump;
use notegate::request::{Given, Rest, Sent};
use serde_json::Value;

use super::Overlay;

/// Extension values that the generator writes, and what they stand for.
const NUMBERS: [(&str, &str, i64); 23] = [
    ("decimal", "0.0", 0),
    ("decimal", "1.5", 15_000),
    ("decimal", "-1.25", -12_500),
    ("decimal", "922337203685477.5807", i64::MAX),
    ("decimal", "-922337203685477.5808", i64::MIN),
    ("decimal", "1.50", 15_000),
    ("decimal", "-0.0001", -1),
    ("decimal", "12.3", 123_000),
    ("datetime", "1970-01-01", 0),
    ("datetime", "2024-10-15T11:35:00Z", 1_728_992_100_000),
    ("datetime", "1969-12-31T23:59:59.999Z", -1),
    ("datetime", "2024-10-15", 1_728_950_400_000),
    ("datetime", "9999-12-31T00:00:00Z", 253_402_214_400_000),
    ("datetime", "0000-01-01", -62_167_219_200_000),
    ("datetime", "2024-10-15T11:35:00.123+0130", 1_728_986_700_123),
    ("duration", "1h", 3_600_000),
    ("duration", "-1d", -86_400_000),
    ("duration", "0ms", 0),
    ("duration", "9223372036854775807ms", i64::MAX),
    ("duration", "-9223372036854775808ms", i64::MIN),
    ("duration", "90m", 5_400_000),
    ("duration", "1d2h3m4s5ms", 93_784_005),
    ("duration", "-1ms", -1),
];

/// A record of the language's JSON form as a question has it.
pub(crate) fn record<'a>(value: &'a Value, arena: &'a Bump) -> Option<&'a [(&'a str, Given<'a>)]> {
    let fields = value.as_object()?.iter();
    let fields: Vec<_> = fields
        .map(|(key, value)| Some((key.as_str(), given(value, arena)?)))
        .collect::<Option<_>>()?;
    Some(arena.alloc_slice_copy(&fields))
}

/// What a request brings of entities as a question has it.
pub(crate) fn sent<'a>(overlay: &'a Overlay, arena: &'a Bump) -> Option<&'a [Sent<'a>]> {
    let uid = |json: &'a Value| Some((json["type"].as_str()?, json["id"].as_str()?));
    let some = |json: &'a Value| if json.is_null() { Some(&[][..]) } else { record(json, arena) };
    let entities = overlay.entities.iter().map(|json| {
        let parents = json["parents"].as_array().map_or(&[][..], Vec::as_slice);
        let parents: Vec<_> = parents.iter().map(uid).collect::<Option<_>>()?;
        let rest = Rest { tags: some(&json["tags"])?, parents: arena.alloc_slice_copy(&parents) };
        let attributes = some(&json["attrs"])?;
        Some(Sent { uid: uid(&json["uid"])?, attributes, whole: Some(rest) })
    });
    let attributes = overlay
        .attributes
        .iter()
        .map(|(uid, fields)| Some(Sent { uid: *uid, attributes: some(fields)?, whole: None }));
    let sent: Vec<_> = entities.chain(attributes).collect::<Option<_>>()?;
    Some(arena.alloc_slice_copy(&sent))
}

fn given<'a>(value: &'a Value, arena: &'a Bump) -> Option<Given<'a>> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => Given::Bool(*value),
        Value::Number(number) => Given::Long(number.as_i64()?),
        Value::String(text) => Given::Text(text),
        Value::Array(elements) => {
            let elements: Vec<_> =
                elements.iter().map(|element| given(element, arena)).collect::<Option<_>>()?;
            Given::Set(arena.alloc_slice_copy(&elements))
        }
        Value::Object(fields) => {
            if let Some(entity) = fields.get("__entity") {
                return Some(Given::Entity((entity["type"].as_str()?, entity["id"].as_str()?)));
            }
            let Some(made) = fields.get("__extn") else {
                return Some(Given::Record(record(value, arena)?));
            };
            let (name, text) = (made["fn"].as_str()?, made["arg"].as_str()?);
            if name == "ip" {
                let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
                let address: std::net::IpAddr = address.parse().ok()?;
                let whole = if address.is_ipv4() { 32 } else { 128 };
                return Some(Given::Address { address, prefix: prefix.parse().unwrap_or(whole) });
            }
            let number = NUMBERS.iter().find(|(one, two, _)| *one == name && *two == text)?.2;
            match name {
                "decimal" => Given::Decimal(number),
                "datetime" => Given::DateTime(number),
                _ => Given::Duration(number),
            }
        }
    })
}
