//! All properties, whatever they are about.

use crate::filter;
use crate::generator::{Case, Compared, TARGETS, Target};

/// A property, held against the case that bytes make.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Property {
    /// The library against the official one.
    Library(&'static Target),
    /// The filter of proxies.
    Filter,
}

impl Property {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TARGETS.iter().map(Self::Library).chain([Self::Filter])
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Library(target) => target.name,
            Self::Filter => "filter",
        }
    }

    /// What was compared, or what is not as it has to be.
    pub(crate) fn check(self, bytes: &[u8]) -> Result<Compared, String> {
        match self {
            Self::Library(target) => (target.compare)(&(target.case)(bytes)),
            Self::Filter => filter::check(bytes),
        }
    }

    /// The policies and requests of the case; the filter's are always the same few.
    pub(crate) fn case(self, bytes: &[u8]) -> Option<Case> {
        match self {
            Self::Library(target) => Some((target.case)(bytes)),
            Self::Filter => None,
        }
    }

    /// The case in words. What the filter was asked is in its report.
    pub(crate) fn written(self, bytes: &[u8]) -> String {
        let Some(case) = self.case(bytes) else { return String::new() };
        let schema = case.schema.as_deref().unwrap_or("none");
        format!(
            "schema {schema}\npolicies {}\nlinks {}\nentities {}\nvalidated {}",
            case.policies, case.links, case.entities, case.validated
        )
    }
}
