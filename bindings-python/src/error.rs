//! The library's errors as exceptions.

use notegate::model::{self, Exceeded};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::{create_exception, pyclass, pymethods};

create_exception!(notegate, NotegateError, PyException, "What every error of Notegate is.");
create_exception!(
    notegate,
    LoadError,
    NotegateError,
    "A bundle, grants, keys or a place for records were refused.\n\n\
     `code` is a stable name of the first problem, `problems` are all of them. What was in force stays."
);
create_exception!(
    notegate,
    RequestError,
    NotegateError,
    "A question was refused before it was decided: a uid, a value, an entity or a limit is wrong, or \
     the schema does not know it.\n\n\
     `code` is a stable name of the kind, `help` says what to do. Who enforces denies."
);
create_exception!(
    notegate,
    RouteError,
    NotegateError,
    "A URL or the body of a request was refused. Who enforces denies."
);
create_exception!(
    notegate,
    PodError,
    NotegateError,
    "The manifest of a pod was refused. Who enforces denies."
);

/// One thing wrong with a bundle, and where.
#[pyclass(frozen, module = "notegate")]
#[derive(Debug)]
pub(crate) struct Problem(model::Problem);

#[pymethods]
impl Problem {
    /// A stable name such as `policy.syntax`.
    #[getter]
    fn code(&self) -> &'static str {
        self.0.code
    }

    /// What is wrong.
    #[getter]
    fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do next.
    #[getter]
    fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The file it is in.
    #[getter]
    fn file(&self) -> Option<&str> {
        self.0.place.as_ref().map(|place| &*place.file)
    }

    /// The line it starts in, from 1.
    #[getter]
    fn line(&self) -> Option<usize> {
        self.0.place.as_ref()?.line_and_column().map(|(line, _)| line)
    }

    /// The column it starts at, from 1.
    #[getter]
    fn column(&self) -> Option<usize> {
        self.0.place.as_ref()?.line_and_column().map(|(_, column)| column)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<notegate.Problem {}: {}>", self.0.code, self.0.to_string().escape_debug())
    }
}

/// What the library refuses.
#[derive(Debug)]
pub(crate) enum Refused {
    Load(model::LoadError),
    Request(model::RequestError),
}

impl From<model::LoadError> for Refused {
    fn from(error: model::LoadError) -> Self {
        Self::Load(error)
    }
}

impl From<model::RequestError> for Refused {
    fn from(error: model::RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<Exceeded> for Refused {
    fn from(exceeded: Exceeded) -> Self {
        Self::Request(exceeded.into())
    }
}

/// The one place in which the library's errors become exceptions.
pub(crate) fn exception(py: Python<'_>, refused: impl Into<Refused>) -> PyErr {
    match refused.into() {
        Refused::Load(error) => load(py, &error).unwrap_or_else(|other| other),
        Refused::Request(error) => request(py, &error).unwrap_or_else(|other| other),
    }
}

fn load(py: Python<'_>, error: &model::LoadError) -> PyResult<PyErr> {
    let raised = LoadError::new_err(error.to_string());
    let value = raised.value(py);
    let first = error.problems().first();
    value.setattr("code", first.map_or("load", |problem| problem.code))?;
    value.setattr("help", first.and_then(|problem| problem.help.as_deref()))?;
    let problems = error.problems().iter().cloned().map(|one| Bound::new(py, Problem(one)));
    value.setattr("problems", problems.collect::<PyResult<Vec<_>>>()?)?;
    Ok(raised)
}

fn request(py: Python<'_>, error: &model::RequestError) -> PyResult<PyErr> {
    let raised = RequestError::new_err(error.to_string());
    let value = raised.value(py);
    value.setattr("code", error.code())?;
    value.setattr("help", error.help_text())?;
    Ok(raised)
}
