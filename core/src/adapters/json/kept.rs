//! A question that is kept, written in the shape of a request.
//!
//! It is written as it lies there, since making a request of the language's own parses some values anew. What
//! has no plain form here is an error, and left to such a request.

use serde::ser::{Error as _, SerializeMap as _};
use serde::{Serialize, Serializer};

use crate::model::{Described, EntityUid, Fields, Value, type_text};
use crate::request::Kept;

/// A question, in the shape of a request.
pub(crate) struct KeptJson<'a>(pub(crate) &'a Kept);

struct UidJson<'a>(&'a EntityUid);

struct FieldsJson<'a>(&'a Fields);

struct ValueJson<'a>(&'a Value);

/// An entity, or attributes of one.
struct DescribedJson<'a> {
    of: &'a Described,
    whole: bool,
}

#[derive(Serialize)]
struct CallJson {
    #[serde(rename = "fn")]
    function: &'static str,
    #[serde(rename = "arg")]
    argument: String,
}

/// Keys by which the language tells an object that stands for something else from a record.
const RESERVED: [&str; 3] = ["__entity", "__extn", "__expr"];

impl Serialize for KeptJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Kept { uids: [principal, action, resource], context, entities, attributes } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("principal", &UidJson(principal))?;
        map.serialize_entry("action", &UidJson(action))?;
        map.serialize_entry("resource", &UidJson(resource))?;
        map.serialize_entry("context", &FieldsJson(context))?;
        for (name, described, whole) in
            [("entities", entities, true), ("attributes", attributes, false)]
        {
            if !described.is_empty() {
                let each = described.iter().map(|of| DescribedJson { of, whole });
                map.serialize_entry(name, &each.collect::<Vec<_>>())?;
            }
        }
        map.end()
    }
}

impl Serialize for UidJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", &type_text(self.0.type_name()))?;
        map.serialize_entry("id", self.0.id().unescaped())?;
        map.end()
    }
}

impl Serialize for DescribedJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Described { uid, attributes, parents, tags } = self.of;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("uid", &UidJson(uid))?;
        map.serialize_entry("attrs", &FieldsJson(attributes))?;
        if self.whole {
            map.serialize_entry("parents", &parents.iter().map(UidJson).collect::<Vec<_>>())?;
            if !tags.is_empty() {
                map.serialize_entry("tags", &FieldsJson(tags))?;
            }
        }
        map.end()
    }
}

impl Serialize for FieldsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        record(self.0.iter().map(|(name, value)| (&**name, value)), serializer)
    }
}

impl Serialize for ValueJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Long(value) => serializer.serialize_i64(*value),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Entity(uid) => serializer.collect_map([("__entity", UidJson(uid))]),
            Value::Set(elements) => serializer.collect_seq(elements.iter().map(ValueJson)),
            Value::Record(fields) => {
                record(fields.iter().map(|(name, value)| (&**name, value)), serializer)
            }
            extension => {
                let Some((function, argument)) = extension.call() else {
                    return Err(S::Error::custom("a value that takes more than one call"));
                };
                let call = CallJson { function, argument };
                serializer.collect_map([("__extn", call)])
            }
        }
    }
}

fn record<'a, S: Serializer>(
    fields: impl Iterator<Item = (&'a str, &'a Value)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (name, value) in fields {
        if RESERVED.contains(&name) {
            return Err(S::Error::custom(format!("`{name}` is no name of a field in JSON")));
        }
        map.serialize_entry(name, &ValueJson(value))?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::json::RequestJson;
    use crate::model::Limits;
    use crate::request::{Given, Question, Rest, Sent, Shape, uid};

    fn shape() -> Shape {
        let limits = Limits::default();
        Shape { schema: None, validate: false, limits, now: None, namespace: None }
    }

    const VALUES: &[(&str, Given<'_>)] = &[
        ("truth", Given::Bool(true)),
        ("least", Given::Long(i64::MIN)),
        ("text", Given::Text("a \"line\"\n\u{202e}\u{0}é")),
        ("of", Given::Entity(("Notebook::User", "o'neil \"x\""))),
        ("address", Given::Address { address: IPV4, prefix: 8 }),
        ("network", Given::Address { address: IPV6, prefix: 96 }),
        ("decimal", Given::Decimal(-5)),
        ("moment", Given::DateTime(1_764_000_000_123)),
        ("duration", Given::Duration(-1)),
        ("set", Given::Set(&[Given::Long(2), Given::Long(1), Given::Long(2)])),
        ("", Given::Record(&[("type", Given::Text("x")), ("none", Given::Record(&[]))])),
    ];
    const IPV4: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 7));
    const IPV6: std::net::IpAddr =
        std::net::IpAddr::V6(std::net::Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0x0a00, 7));

    fn kept(question: &Question<'_>) -> Kept {
        question.keep(&|(type_name, id)| uid(type_name, id)).unwrap()
    }

    fn asked(context: &'static [(&'static str, Given<'static>)]) -> Question<'static> {
        let action = ("Notebook::Action", "data:read");
        Question::new(("Notebook::User", "ada"), action, ("Other::Thing", ""), context).unwrap()
    }

    #[test]
    fn what_is_written_reads_as_the_request_that_the_language_would_write() {
        let parents = &[("Notebook::Group", "all"), ("Notebook::Group", "few")][..];
        let whole =
            |uid, tags| Sent { uid, attributes: VALUES, whole: Some(Rest { tags, parents }) };
        let sent = [
            whole(("Notebook::User", "ada"), VALUES),
            whole(("Notebook::User", "bea"), &[]),
            Sent { uid: ("Other::Thing", ""), attributes: VALUES, whole: None },
        ];
        for sent in [&sent[..], &[]] {
            let kept = kept(&asked(VALUES).with_sent(sent).unwrap());
            let written = serde_json::to_string(&KeptJson(&kept)).unwrap();
            let read = RequestJson::read(&written, &shape()).unwrap();
            let made = kept.to_builder().unwrap().build(&shape()).unwrap();
            let json = |request: &_| {
                let mut json = serde_json::to_value(RequestJson::of(request).unwrap()).unwrap();
                // The language keeps parents in no order.
                for parents in ["/entities/0/parents", "/entities/1/parents"] {
                    if let Some(parents) = json.pointer_mut(parents) {
                        parents.as_array_mut().unwrap().sort_by_key(ToString::to_string);
                    }
                }
                json
            };
            assert_eq!(json(&read), json(&made), "{written}");
        }
    }

    #[test]
    fn what_has_no_plain_form_is_left_to_the_language() {
        const FAR: &[(&str, Given<'_>)] = &[("moment", Given::DateTime(-1))];
        const RESERVED: &[(&str, Given<'_>)] =
            &[("record", Given::Record(&[("__entity", Given::Bool(true))]))];
        for context in [FAR, RESERVED] {
            assert!(serde_json::to_string(&KeptJson(&kept(&asked(context)))).is_err());
        }
    }
}
