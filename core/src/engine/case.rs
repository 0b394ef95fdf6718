//! One test case of a bundle.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::bundle::Member;
use crate::model::{
    Decision, EntityUid, Limits, LoadError, LoadErrorKind, Problem, RequestError, Span,
    conformance, read_action, read_uid, uid_from_parts,
};
use crate::request::{Request, Shape};

/// A test case, with the field names of the stock Cedar command line.
///
/// ```json
/// {
///   "name": "ada opens her own server",
///   "request": {
///     "principal": "Notebook::User::\"ada\"",
///     "action": "Notebook::Action::\"server:access\"",
///     "resource": {"type": "Notebook::Server", "id": "ada/"},
///     "context": {"now": "2026-11-22T10:00:00Z"}
///   },
///   "entities": [],
///   "decision": "allow",
///   "reason": ["own-server"],
///   "num_errors": 0
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: Option<String>,
    /// What is asked.
    pub request: CaseRequest,
    /// The entities it is asked about; when absent, those that the bundle stores.
    pub entities: Option<CaseEntities>,
    /// The decision expected.
    pub decision: Decision,
    /// The ids of all determining policies expected, in any order; when absent, any.
    pub reason: Option<BTreeSet<String>>,
    /// How many errors are expected.
    #[serde(default)]
    pub num_errors: usize,
    /// All obligations expected; when absent, any.
    pub obligations: Option<BTreeMap<String, String>>,
    /// The message expected; when absent, any or none.
    pub message: Option<String>,
}

/// The request of a test case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRequest {
    /// Who asks.
    pub principal: CaseUid,
    /// What they want to do; its name alone will do.
    pub action: CaseUid,
    /// What they want to do it to.
    pub resource: CaseUid,
    /// Facts about the request.
    pub context: Option<Value>,
}

/// An entity uid in a test case. A type without a namespace is one of the shipped model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected `Type::\"id\"` or {\"type\": …, \"id\": …}")]
pub enum CaseUid {
    /// `Type::"id"`
    Text(String),
    /// `{"type": "Type", "id": "id"}`
    Parts {
        /// The entity type.
        #[serde(rename = "type")]
        type_name: String,
        /// The id.
        id: String,
    },
}

/// The entities of a test case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected an array of entities or the path of a file with one")]
pub enum CaseEntities {
    /// A file of the bundle's tests, by its path relative to that of the case; or the file of the
    /// entities that the bundle stores.
    Path(String),
    /// The entities themselves.
    Inline(Vec<Value>),
}

impl Case {
    /// The cases in a file; none when it holds entities for the cases of other files.
    ///
    /// # Errors
    /// When the file is no list of cases; says in which case and where.
    pub fn read_all(member: &Member, limits: &Limits) -> Result<Vec<Self>, LoadError> {
        limits.check_json_nesting(&member.text).map_err(|exceeded| member.exceeded(exceeded))?;
        let cases: Result<Vec<Self>, _> = serde_json::from_str(&member.text);
        let Err(error) = cases else { return cases.or(Ok(Vec::new())) };
        let values: Result<Vec<Value>, _> = serde_json::from_str(&member.text);
        let values = values.unwrap_or_default();
        if !values.is_empty() && values.iter().all(|value| value.get("uid").is_some()) {
            return Ok(Vec::new());
        }
        let mut values = values.into_iter().enumerate();
        let wrong = values.find_map(|(at, value)| {
            let name = value.get("name").and_then(Value::as_str).map(str::to_owned);
            let case: Result<Self, _> = serde_json::from_str(&value.to_string());
            case.err().map(|_| shown_name(name.as_deref(), at))
        });
        let message = match wrong {
            Some(name) => format!("case `{}`: {error}", name.escape_debug()),
            None => error.to_string(),
        };
        let lines = member.text.split_inclusive('\n').map(str::len);
        let before = lines.take(error.line().saturating_sub(1)).fold(0, usize::saturating_add);
        let offset = before.saturating_add(error.column().saturating_sub(1)).min(member.text.len());
        let span = Span { offset, length: 0, label: None };
        let problem = Problem::error("tests.case", message)
            .help("a case has request, decision, and maybe name, entities, reason, num_errors, obligations, message")
            .at(&member.name, &member.text, vec![span]);
        Err(LoadError::new(LoadErrorKind::Layout, problem))
    }

    /// What it asks.
    pub(super) fn request(&self, shape: &Shape) -> Result<Request, RequestError> {
        let namespace = shape.namespace;
        let principal = self.request.principal.read(namespace)?;
        let resource = self.request.resource.read(namespace)?;
        let action = match &self.request.action {
            CaseUid::Text(text) => read_action(text, namespace)?,
            parts @ CaseUid::Parts { .. } => parts.read(namespace)?,
        };
        let json = self.request.context.clone().unwrap_or_else(|| Value::Object(Map::new()));
        let context = conformance::read_context(json, &action, shape.schema.as_deref())?;
        Request::builder(principal, action, resource).context(context).build(shape)
    }

    /// Its name, or its number in its file, from 1.
    pub(super) fn shown_name(&self, at: usize) -> String {
        shown_name(self.name.as_deref(), at)
    }
}

impl CaseUid {
    fn read(&self, namespace: Option<&str>) -> Result<EntityUid, RequestError> {
        match self {
            Self::Text(text) => read_uid(text, namespace),
            Self::Parts { type_name, id } => uid_from_parts(type_name, id, namespace),
        }
    }
}

fn shown_name(name: Option<&str>, at: usize) -> String {
    name.map_or_else(|| format!("#{}", at.saturating_add(1)), str::to_owned)
}
