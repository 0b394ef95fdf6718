//! What is found in a bundle by validating it.

use serde::Serialize;

use super::{Options, Snapshot, lint};
use crate::bundle::Bundle;
use crate::model::{LoadError, Problem, Severity};

/// What is found in a bundle by validating it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BundleReport {
    /// Whether it could be put in force.
    pub valid: bool,
    /// Its revision; `None` when it is not valid.
    pub revision: Option<String>,
    /// How many policies it has; 0 when it is not valid.
    pub policies: usize,
    /// How many entities it stores; 0 when it is not valid.
    pub entities: usize,
    /// What is wrong with it, or likely not meant.
    #[cfg_attr(test, ts(as = "Vec<crate::model::ProblemShape<'static>>"))]
    pub problems: Vec<Problem>,
    /// Files that are no part of it.
    pub ignored: Vec<String>,
}

impl BundleReport {
    /// Builds a snapshot of a bundle, and looks for what is likely not meant.
    ///
    /// Takes time as loading does, and in proportion to the policies.
    ///
    /// # Errors
    /// When the bundle is refused.
    pub fn of(bundle: &Bundle, options: Options) -> Result<Self, LoadError> {
        let snapshot = Snapshot::build(bundle, options)?;
        let mut problems = snapshot.warnings().to_vec();
        problems.extend(lint(&snapshot, bundle));
        Ok(Self {
            valid: true,
            revision: Some(snapshot.revision().to_string()),
            policies: snapshot.policies().len(),
            entities: snapshot.entity_count(),
            problems,
            ignored: bundle.ignored().to_vec(),
        })
    }

    /// The report on a bundle that was refused.
    #[must_use]
    pub fn refused(error: &LoadError) -> Self {
        let problems = error.problems().to_vec();
        let (revision, ignored) = (None, Vec::new());
        Self { valid: false, revision, policies: 0, entities: 0, problems, ignored }
    }

    /// How many of the problems are of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }
}
