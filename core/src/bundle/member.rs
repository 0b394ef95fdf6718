//! One text of a bundle.

use std::sync::Arc;

use super::layout::of_file;
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem, Span};

/// One text of a bundle, with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path inside the bundle, with `/`; or the path of a loose file.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

impl Member {
    /// A limit that its text passed, with the place.
    pub(crate) fn exceeded(&self, exceeded: Exceeded) -> LoadError {
        let spans = exceeded.offset().map(|offset| Span { offset, length: 1, label: None });
        let problem = Problem::from(exceeded);
        let problem = problem.at(&self.name, &self.text, spans.into_iter().collect());
        LoadError::new(LoadErrorKind::Limit, problem)
    }

    pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Self, LoadError> {
        check_size(name, bytes.len(), limits)?;
        match str::from_utf8(bytes) {
            Ok(text) => Ok(Self { name: name.into(), text: text.into() }),
            Err(error) => {
                let message = format!("it is not UTF-8 from byte {} on", error.valid_up_to());
                let problem = Problem::error("file.utf8", message).help("save it as UTF-8");
                Err(of_file(LoadErrorKind::Unreadable, name, problem))
            }
        }
    }
}

/// Whether a file of this size may be read at all.
pub(super) fn check_size(name: &str, size: usize, limits: &Limits) -> Result<(), LoadError> {
    let limit = match name {
        super::layout::MANIFEST => Exceeded::check("manifest_bytes", limits.manifest_bytes, size),
        _ => Exceeded::check("member_bytes", limits.member_bytes, size),
    };
    limit.map_err(|exceeded| of_file(LoadErrorKind::Limit, name, Problem::from(exceeded)))
}
