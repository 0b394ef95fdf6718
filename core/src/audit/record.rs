//! One decision, written down.

use serde::Serialize;

use crate::adapters::json::{RequestJson, ResponseJson};
use crate::model::{Response, Timestamp};
use crate::request::Request;

/// One decision with its complete input.
#[derive(Debug, Clone)]
pub struct Record {
    at: Timestamp,
    request: Request,
    response: Response,
}

#[derive(Serialize)]
struct Line {
    at: String,
    request: RequestJson,
    #[serde(flatten)]
    response: ResponseJson,
}

impl Record {
    /// The record of this decision.
    #[must_use]
    pub fn new(at: Timestamp, request: Request, response: Response) -> Self {
        Self { at, request, response }
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

    /// One line of JSON: `at`, `request` as it was asked, and the fields of the response.
    ///
    /// # Errors
    /// When a value of the request has no form in JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Line {
            at: self.at.to_string(),
            request: RequestJson::of(&self.request)?,
            response: ResponseJson::of(&self.response),
        })
    }
}
