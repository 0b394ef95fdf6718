//! One decision, written down.

use serde::Serialize;
use serde_json::{Value, json};

use crate::adapters::json::{RequestJson, ResponseJson, outcome_json};
use crate::model::{Outcome, Response, Timestamp};
use crate::request::Request;

/// One decision with its complete input.
#[derive(Debug, Clone)]
pub struct Record {
    at: Timestamp,
    request: Request,
    response: Response,
    reproduction: Option<Box<Reproduction>>,
}

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
        Self { at, request, response, reproduction: None }
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
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// What was answered.
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// One line of JSON: `at`, `request` as it was asked, and the fields of the response; with what it
    /// takes to see a difference of evaluators again, `reproduction`.
    ///
    /// # Errors
    /// When a value of the request has no form in JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Line {
            at: self.at.to_string(),
            request: RequestJson::of(&self.request)?,
            response: ResponseJson::of(&self.response),
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
