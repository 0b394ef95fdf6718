//! One decision, written down.

use std::sync::{Arc, LazyLock, OnceLock};

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::{Value, json};

use crate::adapters::json::{KeptJson, RequestJson, ResponseJson, outcome_json};
use crate::model::{Limits, Outcome, RequestError, Response, Timestamp};
use crate::request::{Kept, Request, Shape};

/// One decision with its complete input.
#[derive(Debug, Clone)]
pub struct Record {
    at: Timestamp,
    asked: Asked,
    answered: Arc<LazyLock<Response, Answering>>,
    reproduction: Option<Box<Reproduction>>,
}

/// Makes the response out when it is first needed: on the thread that writes it down, and not on the one
/// that decides.
type Answering = Box<dyn FnOnce() -> Response + Send>;

/// What was asked.
#[derive(Debug, Clone)]
enum Asked {
    Request(Arc<Request>),
    Question(Arc<Question>),
}

/// What was asked as a question, and as a request once somebody wants that.
#[derive(Debug)]
struct Question {
    kept: Kept,
    limits: Limits,
    request: OnceLock<Result<Request, RequestError>>,
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
struct Line<R> {
    at: String,
    request: R,
    #[serde(flatten)]
    response: ResponseJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    reproduction: Option<Value>,
}

impl Record {
    /// The record of this decision.
    #[must_use]
    pub fn new(at: Timestamp, request: Request, response: Response) -> Self {
        Self::of(at, Asked::Request(Arc::new(request)), move || response)
    }

    /// The record of a question, whose response is made out when it is first needed.
    pub(crate) fn deferred(
        at: Timestamp,
        kept: Kept,
        limits: Limits,
        answer: impl FnOnce() -> Response + Send + 'static,
    ) -> Self {
        let question = Question { kept, limits, request: OnceLock::new() };
        Self::of(at, Asked::Question(Arc::new(question)), answer)
    }

    fn of(at: Timestamp, asked: Asked, answer: impl FnOnce() -> Response + Send + 'static) -> Self {
        let answered = Arc::new(LazyLock::new(Box::new(answer) as Answering));
        Self { at, asked, answered, reproduction: None }
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
        match &self.asked {
            Asked::Request(request) => Ok(request),
            Asked::Question(question) => question.request(),
        }
    }

    /// What was answered.
    pub fn response(&self) -> &Response {
        &self.answered
    }

    /// One line of JSON: `at`, `request` as it was asked, and the fields of the response; with what it
    /// takes to see a difference of evaluators again, `reproduction`.
    ///
    /// # Errors
    /// When a value of the request has no form in JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        if let Asked::Question(question) = &self.asked
            && let Ok(line) = self.line(KeptJson(&question.kept))
        {
            return Ok(line);
        }
        let request = self.request().map_err(serde_json::Error::custom)?;
        self.line(RequestJson::of(request)?)
    }

    fn line(&self, request: impl Serialize) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Line {
            at: self.at.to_string(),
            request,
            response: ResponseJson::of(self.response()),
            reproduction: self.reproduction.as_deref().map(Reproduction::to_json),
        })
    }
}

impl Question {
    fn request(&self) -> Result<&Request, &RequestError> {
        let (schema, limits) = (None, self.limits);
        let shape = Shape { schema, validate: false, limits, now: None, namespace: None };
        self.request.get_or_init(|| self.kept.to_builder()?.build(&shape)).as_ref()
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
