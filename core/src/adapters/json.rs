//! Requests and responses as JSON: the shapes that every door speaks.
//!
//! A request, with everything but the first three left out when it is empty:
//!
//! ```json
//! {
//!   "principal": {"type": "Notebook::User", "id": "ada"},
//!   "action": {"type": "Notebook::Action", "id": "kernel:start"},
//!   "resource": "Notebook::KernelSpec::\"python3\"",
//!   "context": {"now": "2026-11-23T08:02:11Z", "mfa": true},
//!   "entities": [{"uid": {"type": "Notebook::User", "id": "ada"}, "attrs": {}, "parents": []}],
//!   "attributes": [{"uid": {"type": "Notebook::User", "id": "ada"}, "attrs": {"admin": true}}]
//! }
//! ```
//!
//! An entity uid is an object of `type` and `id`, or the text of a Cedar uid. In a bundle of the
//! notebook model a type without a namespace is one of `Notebook`, and an action may be its name
//! alone. Entities and context values are in Cedar's JSON form. An unknown field and a key that
//! repeats are errors.
//!
//! A response:
//!
//! ```json
//! {
//!   "decision": "deny",
//!   "reason": ["no-gpu-for-students"],
//!   "errors": [{"policy_id": "p", "message": "record does not have the attribute `x`"}],
//!   "obligations": {"max_cpu": "2000"},
//!   "message": "GPU profiles are for the research groups.",
//!   "revision": "sha256:…",
//!   "decision_id": "019a…",
//!   "time_taken_ns": 11800
//! }
//! ```
//!
//! `"expired": true` stands beside it when the bundle in force had expired.

mod kept;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::model::{
    Context, Decision, DecisionError, EntityUid, Exceeded, Outcome, RequestError, RequestErrorKind,
    Response, StrictValue, conformance, read_action, read_uid, uid_from_parts,
};
use crate::request::{EntityAttributes, Request, Shape};

pub(crate) use self::kept::KeptJson;

/// A request as JSON.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Request"))]
pub struct RequestJson {
    /// Who asks.
    pub principal: UidJson,
    /// What they want to do.
    pub action: UidJson,
    /// What they want to do it to.
    pub resource: UidJson,
    /// Facts about this one request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, as = "Option<super::tests::Fields>"))]
    pub context: Option<StrictValue>,
    /// Entities in the place of stored ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<super::tests::EntityJson>>"))]
    pub entities: Vec<StrictValue>,
    /// Attributes over those of stored entities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<AttributesJson>>"))]
    pub attributes: Vec<AttributesJson>,
}

/// An entity uid as JSON: `{"type", "id"}`, or the text of a Cedar uid.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "EntityUid", untagged))]
pub enum UidJson {
    /// The text of a Cedar uid, such as `User::"ada"`.
    Text(String),
    /// The parts.
    Parts {
        /// The entity type.
        #[cfg_attr(test, ts(rename = "type"))]
        type_name: String,
        /// The id.
        id: String,
    },
}

/// Attributes of one entity as JSON.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Attributes"))]
pub struct AttributesJson {
    /// Whose they are.
    pub uid: UidJson,
    /// Names with values.
    #[cfg_attr(test, ts(as = "super::tests::Fields"))]
    pub attrs: BTreeMap<String, StrictValue>,
}

/// A response as JSON.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ResponseJson"))]
pub struct ResponseJson {
    /// `allow` or `deny`.
    #[cfg_attr(test, ts(type = "\"allow\" | \"deny\""))]
    pub decision: &'static str,
    /// The ids of the determining policies.
    pub reason: Vec<String>,
    /// What went wrong while deciding.
    pub errors: Vec<ErrorJson>,
    /// Names with values.
    pub obligations: BTreeMap<String, String>,
    /// What the denied person may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub message: Option<String>,
    /// The revision that was in force.
    pub revision: String,
    /// The name of this decision.
    pub decision_id: String,
    /// How long deciding took, in nanoseconds.
    pub time_taken_ns: u64,
    /// `true` when the bundle that was in force had expired; left out otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub expired: bool,
}

/// What went wrong in one policy, as JSON.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "DecisionError"))]
pub struct ErrorJson {
    /// The policy, when it happened in one.
    pub policy_id: Option<String>,
    /// What happened.
    pub message: String,
}

impl RequestJson {
    /// Reads a request from the text of its JSON.
    ///
    /// # Errors
    /// When a limit is exceeded, the text is not this shape, or the request does not fit `shape`.
    pub fn read(text: &str, shape: &Shape) -> Result<Request, RequestError> {
        Exceeded::check("request_bytes", shape.limits.request_bytes, text.len())?;
        shape.limits.check_json_nesting(text)?;
        let json: Self = serde_json::from_str(text)
            .map_err(|error| RequestError::new(RequestErrorKind::Malformed, error.to_string()))?;
        json.into_request(shape)
    }

    /// The request, when it fits `shape`.
    ///
    /// # Errors
    /// When a uid, the context or an entity cannot be read, or the request does not fit.
    pub fn into_request(self, shape: &Shape) -> Result<Request, RequestError> {
        let schema = shape.schema.as_deref();
        let principal = self.principal.read("principal", shape)?;
        let action = self.action.read_action(shape)?;
        let resource = self.resource.read("resource", shape)?;
        let mut context = self.context.map(Value::from);
        if let Some(now) = shape.now
            && let Some(fields) = context.get_or_insert_with(|| json!({})).as_object_mut()
        {
            let now = || json!({"__extn": {"fn": "datetime", "arg": now.to_string()}});
            fields.entry("now").or_insert_with(now);
        }
        let context = match context {
            Some(context) => conformance::read_context(context, &action, schema)?,
            None => Context::empty(),
        };
        let mut builder = Request::builder(principal, action, resource).context(context);
        for entity in self.entities {
            builder = builder.entity(conformance::read_entity(entity.into(), schema)?);
        }
        for attributes in self.attributes {
            let uid = attributes.uid.read("attributes", shape)?;
            let values = attributes.attrs.into_iter();
            let values: Map<String, Value> =
                values.map(|(name, value)| (name, value.into())).collect();
            let entity = conformance::read_attributes(&uid, values, schema)?;
            builder = builder.attributes(EntityAttributes::from_entity(entity));
        }
        builder.build(shape)
    }

    /// A request in this shape, complete: reading it gives the same request.
    ///
    /// # Errors
    /// When a value has no form in JSON.
    pub fn of(request: &Request) -> Result<Self, serde_json::Error> {
        let strict = |value: Value| serde_json::from_value::<StrictValue>(value);
        let context = request.context().to_json_value().map_err(serde_json::Error::custom)?;
        let mut entities = Vec::with_capacity(request.entities().len());
        for entity in request.entities() {
            let json = entity.to_json_value().map_err(serde_json::Error::custom)?;
            entities.push(strict(json)?);
        }
        let mut attributes = Vec::with_capacity(request.attributes().len());
        for one in request.attributes() {
            let mut json = one.as_entity().to_json_value().map_err(serde_json::Error::custom)?;
            let attrs = json.get_mut("attrs").map(Value::take).unwrap_or_default();
            let attrs = serde_json::from_value(attrs)?;
            attributes.push(AttributesJson { uid: UidJson::of(&one.uid()), attrs });
        }
        Ok(Self {
            principal: UidJson::of(request.principal()),
            action: UidJson::of(request.action()),
            resource: UidJson::of(request.resource()),
            context: Some(strict(context)?),
            entities,
            attributes,
        })
    }
}

impl UidJson {
    fn of(uid: &EntityUid) -> Self {
        let (type_name, id) = (uid.type_name().to_string(), uid.id().unescaped().to_owned());
        Self::Parts { type_name, id }
    }

    fn read(&self, field: &str, shape: &Shape) -> Result<EntityUid, RequestError> {
        let uid = match self {
            Self::Text(text) => read_uid(text, shape.namespace),
            Self::Parts { type_name, id } => uid_from_parts(type_name, id, shape.namespace),
        };
        uid.map_err(|error| error.in_field(field))
    }

    fn read_action(&self, shape: &Shape) -> Result<EntityUid, RequestError> {
        match self {
            Self::Text(text) => {
                read_action(text, shape.namespace).map_err(|error| error.in_field("action"))
            }
            Self::Parts { .. } => self.read("action", shape),
        }
    }
}

impl ResponseJson {
    /// A response in this shape.
    #[must_use]
    pub fn of(response: &Response) -> Self {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            decision: decision_name(response.decision()),
            reason: response.reason().iter().map(ToString::to_string).collect(),
            errors: response.errors().iter().map(ErrorJson::of).collect(),
            obligations: response.obligations().iter().map(pair).collect(),
            message: response.message().map(str::to_owned),
            revision: response.revision().to_string(),
            decision_id: response.decision_id().to_string(),
            time_taken_ns: u64::try_from(response.time_taken().as_nanos()).unwrap_or(u64::MAX),
            expired: response.expired(),
        }
    }
}

impl ErrorJson {
    fn of(error: &DecisionError) -> Self {
        let policy_id = error.policy_id.as_ref().map(ToString::to_string);
        Self { policy_id, message: error.message.clone() }
    }
}

/// An outcome alone: decision, reason and errors, as in a response.
#[must_use]
pub fn outcome_json(outcome: &Outcome) -> Value {
    json!({
        "decision": decision_name(outcome.decision),
        "reason": outcome.reason.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "errors": outcome.errors.iter().map(ErrorJson::of).collect::<Vec<_>>(),
    })
}

/// A decision's name in JSON: `allow` or `deny`.
#[must_use]
pub fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
    }
}

impl Serialize for UidJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Parts { type_name, id } => {
                serializer.collect_map([("type", type_name), ("id", id)])
            }
        }
    }
}

impl<'de> Deserialize<'de> for UidJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Uid;

        impl<'de> Visitor<'de> for Uid {
            type Value = UidJson;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an entity uid: `Type::\"id\"` or {\"type\", \"id\"}")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<UidJson, E> {
                Ok(UidJson::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UidJson, A::Error> {
                let (mut type_name, mut id) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    let part = match key.as_str() {
                        "type" => &mut type_name,
                        "id" => &mut id,
                        _ => return Err(A::Error::unknown_field(&key, &["type", "id"])),
                    };
                    if part.replace(map.next_value::<String>()?).is_some() {
                        return Err(A::Error::custom(format!("field `{key}` is there twice")));
                    }
                }
                let type_name = type_name.ok_or_else(|| A::Error::missing_field("type"))?;
                let id = id.ok_or_else(|| A::Error::missing_field("id"))?;
                Ok(UidJson::Parts { type_name, id })
            }
        }

        deserializer.deserialize_any(Uid)
    }
}
