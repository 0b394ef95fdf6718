//! A target with all the ways to read it.

use std::borrow::Cow;

use super::content;
use super::reading::Reading;
use super::routes::Body;
use crate::model::{Limits, RequestError};

/// A request target that was read.
#[derive(Debug, Clone)]
pub struct Read {
    readings: Vec<Reading>,
    canonical: String,
}

impl Read {
    pub(super) fn new(readings: Vec<Reading>, canonical: String) -> Self {
        Self { readings, canonical }
    }

    /// All that must be allowed. There is nothing when the target is for everybody.
    #[must_use]
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// Whether the target is for everybody: a page to log in, a health check, static files.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.readings.is_empty()
    }

    /// Whether a body says what is asked for, so that [`Read::with_body`] comes before deciding.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        self.readings.iter().any(Reading::needs_body)
    }

    /// The same, for policies that look at some facts of the context only. Where they look at the size of what is
    /// written (`bytes`, `chunk`), the body of a save or an upload says it, and has to be waited for; it is not
    /// without this.
    #[must_use]
    pub fn looked_at(mut self, looks_at: impl Fn(&str) -> bool) -> Self {
        let writes = self.readings.iter().any(|reading| reading.body == Body::Content);
        if writes && content::FACTS.iter().any(|fact| looks_at(fact)) {
            self.readings.iter_mut().for_each(Reading::measure);
        }
        self
    }

    /// All that must be allowed, with the body that came. Without a body to read nothing is copied.
    ///
    /// # Errors
    /// As [`Reading::with_body`].
    pub fn with_body(
        &self,
        body: &[u8],
        content_type: &str,
        limits: &Limits,
    ) -> Result<Cow<'_, [Reading]>, RequestError> {
        if !self.needs_body() {
            return Ok(Cow::Borrowed(&self.readings));
        }
        let mut readings = Vec::new();
        for reading in &self.readings {
            readings.extend(reading.with_body(body, content_type, limits)?);
        }
        Ok(Cow::Owned(readings))
    }

    /// The path to pass on, in place of the one that came: it means the same to every reader.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}
