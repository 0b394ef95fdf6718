//! One thing wrong with an input, and where.

use std::fmt;
use std::sync::Arc;

use miette::Diagnostic;
use serde::{Serialize, Serializer};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Severity {
    /// Worth knowing; the input is still used.
    Warning,
    /// The input is refused.
    Error,
}

/// One thing wrong with an input, and where.
///
/// In JSON the place is `file`, `line`, `column` and `spans` beside the other fields; the file's text is left
/// out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable name such as `policy.syntax` or `limit.member_bytes`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// Where it is.
    pub place: Option<Place>,
}

/// A place in a text that was given to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the member or file.
    pub file: Arc<str>,
    /// Its whole text; empty when it could not be read as text.
    pub text: Arc<str>,
    /// The parts of the text that are meant.
    pub spans: Vec<Span>,
}

/// A part of a text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Span {
    /// Where it starts.
    pub offset: usize,
    /// How long it is.
    pub length: usize,
    /// What is said of it.
    pub label: Option<String>,
}

impl Problem {
    /// A problem that refuses the input.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        let severity = Severity::Error;
        Self { code, severity, message: message.into(), help: None, place: None }
    }

    /// A problem worth knowing.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// The same with a word on what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, in a file and at no particular part of it.
    #[must_use]
    pub fn file(self, file: &Arc<str>, text: &Arc<str>) -> Self {
        self.at(file, text, Vec::new())
    }

    /// The same, at these parts of a file.
    #[must_use]
    pub fn at(mut self, file: &Arc<str>, text: &Arc<str>, spans: Vec<Span>) -> Self {
        self.place = Some(Place { file: Arc::clone(file), text: Arc::clone(text), spans });
        self
    }

    /// The same, as a warning.
    pub(crate) fn into_warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The problems of a diagnostic of the language crate, the related ones after it.
    pub(crate) fn from_diagnostic(
        code: &'static str,
        diagnostic: &dyn Diagnostic,
        file: &Arc<str>,
        text: &Arc<str>,
    ) -> Vec<Self> {
        let spans = diagnostic.labels().into_iter().flatten().map(|label| Span {
            offset: label.offset(),
            length: label.len(),
            label: label.label().map(str::to_owned),
        });
        let mut first = Self::error(code, explain(diagnostic)).at(file, text, spans.collect());
        first.help = diagnostic.help().map(|help| help.to_string());
        let related = diagnostic.related().into_iter().flatten();
        let related = related.flat_map(|other| Self::from_diagnostic(code, other, file, text));
        std::iter::once(first).chain(related).collect()
    }
}

/// A diagnostic's message with those of its sources, which would otherwise be lost.
pub(super) fn explain(diagnostic: &dyn Diagnostic) -> String {
    with_sources(diagnostic.to_string(), std::error::Error::source(diagnostic))
}

/// A message with those of its sources, which hold what a person can act on.
pub(crate) fn with_sources(
    mut message: String,
    mut source: Option<&(dyn std::error::Error + 'static)>,
) -> String {
    while let Some(error) = source {
        let next = error.to_string();
        if !message.contains(&next) {
            message.push_str(": ");
            message.push_str(&next);
        }
        source = error.source();
    }
    message
}

/// A problem in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Problem"))]
pub(crate) struct Shape<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    spans: &'a [Span],
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = self.place.as_ref();
        let (line, column) = place.and_then(Place::line_and_column).unzip();
        let shape = Shape {
            code: self.code,
            severity: self.severity,
            message: &self.message,
            help: self.help.as_deref(),
            file: place.map(|place| &*place.file).filter(|file| !file.is_empty()),
            line,
            column,
            spans: place.map(|place| place.spans.as_slice()).unwrap_or_default(),
        };
        shape.serialize(serializer)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}", place.file.escape_debug())?;
            if let Some((line, column)) = place.line_and_column() {
                write!(f, ":{line}:{column}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl Place {
    /// A place that is not known.
    pub(crate) fn nowhere() -> Self {
        Self { file: "".into(), text: "".into(), spans: Vec::new() }
    }

    /// The line and column, both from 1, at which the first part starts.
    #[must_use]
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        let before = self.text.get(..self.spans.first()?.offset)?;
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let column = before.chars().rev().take_while(|char| *char != '\n').count();
        Some((line.saturating_add(1), column.saturating_add(1)))
    }
}
