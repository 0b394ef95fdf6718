//! URLs and bodies of a hub, its servers and gateways as questions.

use notegate::adapters::jupyter::{self, NamedServers, Site};
use notegate::model::{Limits, RequestError};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::error::RouteError;
use crate::uid::Uid;
use crate::value::fields;

/// Reads requests for a hub and all behind its proxy, for one server, or for a kernel gateway.
#[pyclass(frozen, module = "notegate.jupyter")]
#[derive(Debug)]
pub(crate) struct Mapper(Site);

/// What one way to read a request asks for.
#[pyclass(frozen, module = "notegate.jupyter")]
#[derive(Debug)]
pub(crate) struct Reading {
    /// None when it is for everybody.
    asked: Option<jupyter::Reading>,
    canonical: String,
}

/// What a message on a kernel's channels asks for.
#[pyclass(frozen, module = "notegate.jupyter")]
#[derive(Debug)]
pub(crate) struct Message(jupyter::Message);

#[pymethods]
impl Mapper {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "in Python they are keywords with defaults")]
    #[pyo3(signature = (base_url="/", owner=None, server_name=None, standalone=false, *, gateway=None,
        named_servers="plain", default_kernel="python3"))]
    fn new(
        py: Python<'_>,
        base_url: &str,
        owner: Option<&str>,
        server_name: Option<&str>,
        standalone: bool,
        gateway: Option<&str>,
        named_servers: &str,
        default_kernel: &str,
    ) -> PyResult<Self> {
        let site = match (gateway, owner, standalone) {
            (Some(name), None, false) => Site::gateway(base_url, name),
            (None, Some(owner), true) => Site::standalone(base_url, owner),
            (None, Some(owner), false) => {
                Site::server(base_url, owner, server_name.unwrap_or_default())
            }
            (None, None, false) => Site::hub(base_url),
            _ => return Err(PyValueError::new_err("an owner, a gateway, or neither")),
        };
        let named = match named_servers {
            "never" => NamedServers::Never,
            "plain" => NamedServers::Plain,
            "anything" => NamedServers::Anything,
            _ => {
                let message = "named_servers: expected `never`, `plain` or `anything`";
                return Err(PyValueError::new_err(message));
            }
        };
        let site = site.map_err(|error| refused(py, error))?;
        Ok(Self(site.named_servers(named).default_kernel(default_kernel)))
    }

    /// Reads a method and a target as they came; every reading must be allowed.
    #[pyo3(signature = (method, target, user=None, websocket=false))]
    fn read(
        &self,
        py: Python<'_>,
        method: &str,
        target: &str,
        user: Option<&str>,
        websocket: bool,
    ) -> PyResult<Vec<Reading>> {
        let read = self.0.read(method, target, websocket, user);
        let read = read.map_err(|error| refused(py, error))?;
        let reading = |asked| Reading { asked, canonical: read.canonical().to_owned() };
        Ok(match read.is_public() {
            true => vec![reading(None)],
            false => read.readings().iter().cloned().map(Some).map(reading).collect(),
        })
    }
}

#[pymethods]
impl Reading {
    /// Whether it is for everybody, so that nothing is asked.
    #[getter]
    fn public(&self) -> bool {
        self.asked.is_none()
    }

    /// The name of the action; empty when it is for everybody.
    #[getter]
    fn action(&self) -> &'static str {
        self.asked.as_ref().map_or("", jupyter::Reading::action)
    }

    /// What the action is taken on; None when it is for everybody.
    #[getter]
    fn resource(&self) -> Option<Uid> {
        self.asked.as_ref().map(|asked| Uid::of(asked.resource()))
    }

    /// What the path says of the resource, to go over what is stored of it: attributes by uid.
    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for one in self.asked.iter().flat_map(jupyter::Reading::attributes) {
            all.set_item(Uid::of(&one.uid), fields(py, &one.attributes)?)?;
        }
        Ok(all)
    }

    /// What the path says beside it.
    #[getter]
    fn context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        match &self.asked {
            Some(asked) => fields(py, asked.context().fields()),
            None => Ok(PyDict::new(py)),
        }
    }

    /// What the body has to say, so that `with_body` comes before deciding; empty when nothing.
    #[getter]
    fn needs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.asked.as_ref().map_or(&[][..], jupyter::Reading::needs))
    }

    /// The same, whose body says how much a save or an upload writes: for policies that look at `bytes` or `chunk`.
    fn measured(&self) -> Self {
        let asked = self.asked.clone().map(jupyter::Reading::measured);
        Self { asked, canonical: self.canonical.clone() }
    }

    /// The path to pass on in place of the one that came.
    #[getter]
    fn canonical(&self) -> &str {
        &self.canonical
    }

    /// What is asked for, with the body that came; every reading must be allowed.
    #[pyo3(signature = (body, content_type=""))]
    fn with_body(&self, py: Python<'_>, body: &[u8], content_type: &str) -> PyResult<Vec<Self>> {
        let reading = |asked| Self { asked, canonical: self.canonical.clone() };
        let Some(asked) = &self.asked else { return Ok(vec![reading(None)]) };
        let asked = asked.with_body(body, content_type, &Limits::default());
        let asked = asked.map_err(|error| refused(py, error))?;
        Ok(asked.into_iter().map(Some).map(reading).collect())
    }

    fn __repr__(&self) -> String {
        match &self.asked {
            Some(asked) => {
                format!("<notegate.jupyter.Reading {} on {}>", asked.action(), asked.resource())
            }
            None => "<notegate.jupyter.Reading for everybody>".to_owned(),
        }
    }
}

#[pymethods]
impl Message {
    /// Reads a message by its type, and its content as JSON.
    #[new]
    fn new(py: Python<'_>, kind: &str, content: &str) -> PyResult<Self> {
        let message = jupyter::Message::read(kind, content, &Limits::default());
        message.map(Self).map_err(|error| refused(py, error))
    }

    /// The name of the action.
    #[getter]
    fn action(&self) -> &'static str {
        self.0.action()
    }

    /// All the code, and whether it runs without being stored.
    #[getter]
    fn context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        fields(py, self.0.context().fields())
    }
}

fn refused(py: Python<'_>, error: RequestError) -> PyErr {
    let raised = RouteError::new_err(error.to_string());
    let value = raised.value(py);
    let set = value.setattr("code", error.code());
    match set.and_then(|()| value.setattr("help", error.help_text())) {
        Ok(()) => raised,
        Err(other) => other,
    }
}
