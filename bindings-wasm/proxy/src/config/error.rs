//! Why a configuration was refused.

use std::fmt;

use notegate::model::LoadError;

/// Why a configuration was refused: where, what, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigError {
    place: String,
    message: String,
    help: Option<String>,
}

impl ConfigError {
    pub(crate) fn at(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A bundle that was refused, in its first problem; there is a line in the log for each.
    pub(crate) fn of_bundle(error: &LoadError) -> Self {
        let help = error.problems().first().and_then(|problem| problem.help.clone());
        Self { place: "bundle".to_owned(), message: error.to_string(), help }
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for ConfigError {}
