//! Why a manifest was refused.

use std::fmt;

use crate::model::Exceeded;

/// Why a manifest was refused, and where. An enforcement point that meets it denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    kind: ManifestErrorKind,
    place: String,
    message: String,
    help: Option<String>,
}

/// What kind of thing refused a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManifestErrorKind {
    /// It is not JSON, or a key in it repeats.
    Malformed,
    /// A limit was exceeded.
    Limit,
    /// A field is not there, or is of the wrong type.
    Field,
    /// A value is not one that the field takes.
    Value,
    /// It says something that cannot be turned into facts.
    Unsupported,
}

impl ManifestError {
    pub(super) fn new(
        kind: ManifestErrorKind,
        place: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, place: place.into(), message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn at(mut self, place: &str) -> Self {
        place.clone_into(&mut self.place);
        self
    }

    /// What kind of thing refused the manifest.
    #[must_use]
    pub fn kind(&self) -> ManifestErrorKind {
        self.kind
    }

    /// A stable name for the kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.kind {
            ManifestErrorKind::Malformed => "manifest.malformed",
            ManifestErrorKind::Limit => "manifest.limit",
            ManifestErrorKind::Field => "manifest.field",
            ManifestErrorKind::Value => "manifest.value",
            ManifestErrorKind::Unsupported => "manifest.unsupported",
        }
    }

    /// The path of the field, such as `spec.containers[1].resources.limits.memory`; empty when it
    /// is about the whole manifest.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What to do next.
    #[must_use]
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl From<Exceeded> for ManifestError {
    fn from(exceeded: Exceeded) -> Self {
        Self::new(ManifestErrorKind::Limit, "", exceeded.to_string())
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ManifestError {}
