//! Why a bundle or a request was refused.

use std::fmt;

use super::{Exceeded, Problem};

/// Why a bundle was refused, with every problem found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    kind: LoadErrorKind,
    problems: Vec<Problem>,
}

/// What kind of thing refused a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadErrorKind {
    /// It could not be read: absent, not permitted, not UTF-8.
    Unreadable,
    /// A limit was exceeded.
    Limit,
    /// The manifest or the layout of the bundle is wrong.
    Layout,
    /// It is not signed by an accepted key, or is not what was signed.
    Untrusted,
    /// The schema is wrong.
    Schema,
    /// A policy is wrong, by itself or against the schema.
    Policy,
    /// The entities are wrong.
    Entities,
    /// The grants are wrong.
    Grants,
    /// It is older than what was in force, or something else under the same sequence or name.
    Sequence,
    /// It has expired, or was created in the future.
    Expiry,
    /// It has no test cases where they are required, or they do not pass.
    Cases,
    /// A source is not an address that can be asked.
    Source,
    /// What must survive a restart could not be written or read.
    State,
}

impl LoadError {
    /// One problem of this kind.
    #[must_use]
    pub fn new(kind: LoadErrorKind, problem: Problem) -> Self {
        Self { kind, problems: vec![problem] }
    }

    /// Problems of this kind.
    pub(crate) fn all(kind: LoadErrorKind, problems: Vec<Problem>) -> Self {
        Self { kind, problems }
    }

    /// All problems of this kind; `Ok` when there are none.
    ///
    /// # Errors
    /// When there are problems.
    pub fn check(kind: LoadErrorKind, problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { kind, problems }) }
    }

    /// The same, with this file for the place of problems that have none.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn in_file(self, name: &str) -> Self {
        let placed = |problem: Problem| match problem.place {
            None => problem.file(&name.into(), &"".into()),
            Some(_) => problem,
        };
        Self { problems: self.problems.into_iter().map(placed).collect(), ..self }
    }

    /// What kind of thing refused the bundle.
    #[must_use]
    pub fn kind(&self) -> LoadErrorKind {
        self.kind
    }

    /// Every problem found, at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl From<Exceeded> for LoadError {
    fn from(exceeded: Exceeded) -> Self {
        Self::new(LoadErrorKind::Limit, Problem::from(exceeded))
    }
}

impl From<Exceeded> for Problem {
    fn from(exceeded: Exceeded) -> Self {
        Self::error(exceeded.code(), exceeded.to_string())
            .help(format!("make the input smaller, or raise the limit `{}`", exceeded.name()))
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut problems = self.problems.iter();
        if let Some(first) = problems.next() {
            first.fmt(f)?;
        }
        problems.try_for_each(|problem| write!(f, "\n{problem}"))
    }
}

impl std::error::Error for LoadError {}

/// Why a request was refused before it was decided. An enforcement point that meets it denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError {
    kind: RequestErrorKind,
    message: String,
    help: Option<String>,
}

/// What kind of thing refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestErrorKind {
    /// It is not in the form of a request.
    Malformed,
    /// A limit was exceeded.
    Limit,
    /// An entity uid in it cannot be read.
    EntityUid,
    /// The schema does not allow this principal, action, resource or context.
    Schema,
    /// The entities sent with it are wrong.
    Entities,
    /// The context is wrong.
    Context,
    /// It came as a URL or a body that names no route, or names one in a way that could be read as
    /// another.
    Route,
}

impl RequestError {
    /// An error of this kind.
    pub fn new(kind: RequestErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None }
    }

    /// The same with a word on what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, said of a field of the request.
    #[must_use]
    pub(crate) fn in_field(mut self, field: &str) -> Self {
        self.message = format!("{field}: {}", self.message);
        self
    }

    /// What kind of thing refused the request.
    #[must_use]
    pub fn kind(&self) -> RequestErrorKind {
        self.kind
    }

    /// A stable name for the kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.kind {
            RequestErrorKind::Malformed => "request.malformed",
            RequestErrorKind::Limit => "request.limit",
            RequestErrorKind::EntityUid => "request.entity_uid",
            RequestErrorKind::Schema => "request.schema",
            RequestErrorKind::Entities => "request.entities",
            RequestErrorKind::Context => "request.context",
            RequestErrorKind::Route => "request.route",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl From<Exceeded> for RequestError {
    fn from(exceeded: Exceeded) -> Self {
        Self::new(RequestErrorKind::Limit, exceeded.to_string())
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RequestError {}
