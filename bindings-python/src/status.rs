//! How what is in force stands.

use notegate::audit::SinkStatus;
use notegate::store;
use pyo3::prelude::*;
use pyo3::types::PyDelta;

use crate::times;

/// How what is in force stands, at the moment it was asked for.
#[pyclass(frozen, module = "notegate")]
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) standing: store::Status,
    pub(crate) mismatches: u64,
    pub(crate) records: Option<SinkStatus>,
}

/// How the records are going.
#[pyclass(frozen, get_all, module = "notegate")]
#[derive(Debug)]
pub(crate) struct Records {
    /// Records that were written.
    written: u64,
    /// Records that were dropped because too many waited.
    dropped: u64,
    /// Records that could not be written.
    failed: u64,
}

#[pymethods]
impl Status {
    /// The revision in force: `sha256:` and the digest of the bundle's contents.
    #[getter]
    fn revision(&self) -> String {
        self.standing.revision.to_string()
    }

    /// The sequence in the bundle's manifest.
    #[getter]
    fn sequence(&self) -> u64 {
        self.standing.sequence
    }

    /// The name in the bundle's manifest.
    #[getter]
    fn name(&self) -> &str {
        &self.standing.name
    }

    /// The ids of the keys that signed the bundle.
    #[getter]
    fn signed_by(&self) -> Vec<String> {
        self.standing.signed_by.clone()
    }

    /// Where the bundle came from: `the host`, its source, or `the last good copy`.
    #[getter]
    fn origin(&self) -> String {
        self.standing.origin.to_string()
    }

    /// When it came into force, in UTC.
    #[getter]
    fn activated_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        times::moment(py, self.standing.activated_at)
    }

    /// When the bundle expires, in UTC.
    #[getter]
    fn expires<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.standing.expires.map(|at| times::moment(py, at)).transpose()
    }

    /// Whether it has expired.
    #[getter]
    fn expired(&self) -> bool {
        self.standing.expired
    }

    /// Whether what is in force is not known to be the newest.
    #[getter]
    fn stale(&self) -> bool {
        self.standing.stale
    }

    /// The source that is followed; `None` when there is none.
    #[getter]
    fn source(&self) -> Option<&str> {
        self.standing.bundle.source.as_deref()
    }

    /// How long ago something good came: what is in force, or news of nothing newer.
    #[getter]
    fn age<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDelta>> {
        times::elapsed(py, self.standing.bundle.age)
    }

    /// What went wrong last with the source, in words.
    #[getter]
    fn last_error(&self) -> Option<String> {
        self.standing.bundle.last_error.as_ref().map(|(_, error)| error.to_string())
    }

    /// How many times in a row nothing good came from the source.
    #[getter]
    fn consecutive_failures(&self) -> u32 {
        self.standing.bundle.consecutive_failures
    }

    /// On how many decisions the two evaluators differed; each was a denial.
    #[getter]
    fn mismatches(&self) -> u64 {
        self.mismatches
    }

    /// How the records are going; `None` when none are written.
    #[getter]
    fn records(&self) -> Option<Records> {
        let status = self.records?;
        Some(Records { written: status.written, dropped: status.dropped, failed: status.failed })
    }

    /// All of it as JSON.
    fn to_json(&self) -> String {
        self.standing.to_json().to_string()
    }

    fn __repr__(&self) -> String {
        let store::Status { name, sequence, revision, .. } = &self.standing;
        format!("<notegate.Status {name:?} sequence {sequence}, {revision}>")
    }
}

#[pymethods]
impl Records {
    fn __repr__(&self) -> String {
        let Self { written, dropped, failed } = self;
        format!("<notegate.Records {written} written, {dropped} dropped, {failed} failed>")
    }
}
