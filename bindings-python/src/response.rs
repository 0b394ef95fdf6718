//! What the decision point answers.

use std::sync::OnceLock;

use notegate::model;
use notegate::pdp::Decided;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

/// What the decision point answers. Ask for `allowed`; it is neither true nor false by itself.
///
/// Show the person who is denied `message` and `decision_id` and nothing else; all of it is in the record.
#[pyclass(frozen, module = "notegate")]
#[derive(Debug)]
pub(crate) struct Response {
    /// Whether the principal may.
    // Kept as Python's own, a member that is read without a call into here.
    #[pyo3(get)]
    allowed: Py<PyBool>,
    decided: Decided,
    /// All of it, once it was asked for.
    whole: OnceLock<Box<model::Response>>,
}

impl Response {
    pub(crate) fn new(py: Python<'_>, decided: Decided) -> Self {
        let allowed = PyBool::new(py, decided.allowed()).to_owned().unbind();
        Self { allowed, decided, whole: OnceLock::new() }
    }

    fn whole(&self) -> &model::Response {
        self.whole.get_or_init(|| Box::new(self.decided.to_response()))
    }
}

/// Something that went wrong while deciding.
#[pyclass(frozen, module = "notegate")]
#[derive(Debug)]
pub(crate) struct PolicyError {
    /// The policy it happened in, when it happened in one.
    #[pyo3(get)]
    policy_id: Option<String>,
    /// What happened.
    #[pyo3(get)]
    message: String,
}

#[pymethods]
impl Response {
    /// The name of this decision, the same in its record; a UUID that sorts by time.
    #[getter]
    fn decision_id(&self) -> String {
        self.decided.decision_id().to_string()
    }

    /// What the person who is denied may read, as the policies say it.
    #[getter]
    fn message(&self) -> Option<&str> {
        self.whole().message()
    }

    /// The ids of the determining policies; none for a denial by default.
    #[getter]
    fn reason(&self) -> Vec<String> {
        self.whole().reason().iter().map(ToString::to_string).collect()
    }

    /// What went wrong while deciding.
    #[getter]
    fn errors(&self) -> Vec<PolicyError> {
        let errors = self.whole().errors().iter().map(|error| PolicyError {
            policy_id: error.policy_id.as_ref().map(ToString::to_string),
            message: error.message.clone(),
        });
        errors.collect()
    }

    /// What whoever enforces must do when it allows, such as `{"max_cpu": "2000"}`.
    #[getter]
    fn obligations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let obligations = PyDict::new(py);
        for (name, value) in self.whole().obligations().iter() {
            obligations.set_item(name, value)?;
        }
        Ok(obligations)
    }

    /// The revision of the bundle that decided.
    #[getter]
    fn revision(&self) -> String {
        self.decided.revision().to_string()
    }

    /// Whether that bundle had expired.
    #[getter]
    fn expired(&self) -> bool {
        self.decided.expired()
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err(
            "a response is neither true nor false; ask for `response.allowed`",
        ))
    }

    fn __repr__(&self) -> String {
        let decision = if self.decided.allowed() { "allow" } else { "deny" };
        format!("<notegate.Response {decision} {:?} {}>", self.reason(), self.decision_id())
    }
}

#[pymethods]
impl PolicyError {
    fn __repr__(&self) -> String {
        match &self.policy_id {
            Some(policy) => format!("<notegate.PolicyError {policy:?}: {:?}>", self.message),
            None => format!("<notegate.PolicyError {:?}>", self.message),
        }
    }
}
