//! One decision, written down.

use std::sync::{Arc, LazyLock};

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::{Value, json};

use crate::adapters::json::{RequestJson, ResponseJson, outcome_json};
use crate::model::{Outcome, RequestError, Response, Timestamp};
use crate::request::Request;

/// One decision with its complete input.
#[derive(Debug, Clone)]
pub struct Record {
    at: Timestamp,
    made: Arc<Made>,
    reproduction: Option<Box<Reproduction>>,
}

/// What was asked and answered, made out when it is first needed: on the thread that writes it down,
/// and not on the one that decides.
type Made = LazyLock<(Result<Request, RequestError>, Response), Making>;
type Making = Box<dyn FnOnce() -> (Result<Request, RequestError>, Response) + Send>;

/// What it takes to see two evaluators differ again: both outcomes, and, in the language's JSON
/// form, the policies and the entities that the request can reach.
#[derive(Debug, Clone)]
pub struct Reproduction {
    /// What the compiled evaluator says.
    pub compiled: Outcome,
    /// What the official authorizer says.
    pub reference: Outcome,
    /// The policies.
    pub policies: String,
    /// The entities, those of the request among them.
    pub entities: String,
}

#[derive(Serialize)]
struct Line {
    at: String,
    request: RequestJson,
    #[serde(flatten)]
    response: ResponseJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    reproduction: Option<Value>,
}

impl Record {
    /// The record of this decision.
    #[must_use]
    pub fn new(at: Timestamp, request: Request, response: Response) -> Self {
        Self::deferred(at, move || (Ok(request), response))
    }

    /// The record of a decision whose request and response are made out when they are first needed.
    pub(crate) fn deferred(
        at: Timestamp,
        make: impl FnOnce() -> (Result<Request, RequestError>, Response) + Send + 'static,
    ) -> Self {
        Self { at, made: Arc::new(LazyLock::new(Box::new(make))), reproduction: None }
    }

    /// The same record, of a decision on which two evaluators differed.
    #[must_use]
    pub fn with_reproduction(mut self, reproduction: Reproduction) -> Self {
        self.reproduction = Some(Box::new(reproduction));
        self
    }

    /// When it was decided.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What was asked.
    ///
    /// # Errors
    /// When a value of it has no form of the language's.
    pub fn request(&self) -> Result<&Request, &RequestError> {
        self.made.0.as_ref()
    }

    /// What was answered.
    pub fn response(&self) -> &Response {
        &self.made.1
    }

    /// One line of JSON: `at`, `request` as it was asked, and the fields of the response; with what it
    /// takes to see a difference of evaluators again, `reproduction`.
    ///
    /// # Errors
    /// When a value of the request has no form in JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let request = self.request().map_err(serde_json::Error::custom)?;
        serde_json::to_string(&Line {
            at: self.at.to_string(),
            request: RequestJson::of(request)?,
            response: ResponseJson::of(self.response()),
            reproduction: self.reproduction.as_deref().map(Reproduction::to_json),
        })
    }
}

impl Reproduction {
    fn to_json(&self) -> Value {
        // What could not be put into JSON says why, as text.
        let parsed = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        json!({
            "compiled": outcome_json(&self.compiled),
            "reference": outcome_json(&self.reference),
            "policies": parsed(&self.policies),
            "entities": parsed(&self.entities),
        })
    }
}
