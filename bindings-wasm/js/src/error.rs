//! What is refused, as text that the JavaScript half makes an `Error` of.

use notegate::engine::BundleReport;
use notegate::model::{LoadError, Problem, RequestError};
use serde::Serialize;

/// What is refused.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Refused {
    /// What kind of `Error` it becomes: `load` or `request`.
    kind: &'static str,
    /// A stable name.
    code: String,
    message: String,
    help: Option<String>,
    problems: Vec<Problem>,
    /// What a bundle was refused with.
    #[serde(skip)]
    load: Option<LoadError>,
}

impl Refused {
    /// Something that has to do with loading.
    pub(crate) fn load(code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self { kind: "load", code, message, help: None, problems: Vec::new(), load: None }
    }

    /// The same with a word on what to do next.
    pub(crate) fn help(self, help: &str) -> Self {
        Self { help: Some(help.to_owned()), ..self }
    }

    /// The report on a bundle that was refused for its problems.
    pub(crate) fn into_report(self) -> Result<BundleReport, Self> {
        match &self.load {
            Some(error) => Ok(BundleReport::refused(error)),
            None => Err(self),
        }
    }

    /// As JSON.
    pub(crate) fn text(&self) -> String {
        written(self).unwrap_or_else(|other| other.message)
    }
}

impl From<LoadError> for Refused {
    fn from(error: LoadError) -> Self {
        let first = error.problems().first();
        Self {
            kind: "load",
            code: first.map_or("load", |problem| problem.code).to_owned(),
            message: error.to_string(),
            help: first.and_then(|problem| problem.help.clone()),
            problems: error.problems().to_vec(),
            load: Some(error),
        }
    }
}

impl From<RequestError> for Refused {
    fn from(error: RequestError) -> Self {
        Self {
            kind: "request",
            code: error.code().to_owned(),
            message: error.to_string(),
            help: error.help_text().map(str::to_owned),
            problems: Vec::new(),
            load: None,
        }
    }
}

/// A value as JSON.
pub(crate) fn written(value: &impl Serialize) -> Result<String, Refused> {
    serde_json::to_string(value).map_err(|error| Refused::load("json", error.to_string()))
}
