//! JSON as it stands in its text, copied only where it has escapes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A JSON value. A key that is there twice is an error, as is a number that is no whole number of
/// 64 bits: what cannot be read here is left to the language's own parser.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Long(i64),
    Text(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The values of an object that has these keys and no others.
    pub(super) fn exactly<const N: usize>(&self, keys: [&str; N]) -> Option<[&Self; N]> {
        let Self::Object(fields) = self else { return None };
        if fields.len() != N {
            return None;
        }
        let mut values = [self; N];
        for (value, wanted) in values.iter_mut().zip(keys) {
            *value = fields.iter().find(|(key, _)| *key == wanted).map(|(_, value)| value)?;
        }
        Some(values)
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

/// A text that is borrowed where it can be.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(Reader)? {
            Json::Text(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("a key is a text")),
        }
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::Long(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        i64::try_from(value).map(Json::Long).map_err(E::custom)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element()? {
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut fields: Vec<(Cow<'de, str>, Json<'de>)> = Vec::new();
        while let Some(Key(key)) = access.next_key()? {
            if fields.iter().any(|(other, _)| *other == key) {
                return Err(A::Error::custom("a key is there twice"));
            }
            fields.push((key, access.next_value()?));
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_read_two_ways_is_not_read_here() {
        let read = |text| serde_json::from_str::<Json<'_>>(text);
        assert!(read(r#"{"a": 1, "a": 1}"#).is_err());
        assert!(read(r#"[{"a": {"b": 1, "\u0062": 2}}]"#).is_err());
        assert!(read("1.5").is_err());
        assert!(read("9223372036854775808").is_err());
        assert_eq!(read("-9223372036854775808").unwrap(), Json::Long(i64::MIN));
        let object = read(r#"{"type": "User", "id": "\u0061"}"#).unwrap();
        let [type_name, id] = object.exactly(["type", "id"]).unwrap();
        assert_eq!((type_name.text(), id.text()), (Some("User"), Some("a")));
        assert!(object.exactly(["type"]).is_none());
    }
}
