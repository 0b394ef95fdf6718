//! URLs and bodies of a hub, its servers and gateways as questions.

use std::collections::HashMap;

use notegate::adapters::jupyter::{self, NamedServers, Site};
use notegate::model::notebook::ContextBuilder;
use notegate::model::{Limits, RequestError, uid_from_parts};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDict, PySet, PyString, PyTuple};
use serde_json::Value;

use crate::error::{RouteError, exception};
use crate::uid::Uid;

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
            let entity = one.as_entity().to_json_value();
            let entity = entity.map_err(|error| RouteError::new_err(error.to_string()))?;
            let attributes = entity.get("attrs").cloned().unwrap_or_default();
            all.set_item(Uid::of(&one.uid()), fields(py, attributes)?)?;
        }
        Ok(all)
    }

    /// What the path says beside it.
    #[getter]
    fn context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        match &self.asked {
            Some(asked) => context(py, asked.context()),
            None => Ok(PyDict::new(py)),
        }
    }

    /// What the body has to say, so that `with_body` comes before deciding; empty when nothing.
    #[getter]
    fn needs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.asked.as_ref().map_or(&[][..], jupyter::Reading::needs))
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

    /// The code, and whether it runs without being stored.
    #[getter]
    fn context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        context(py, self.0.context())
    }
}

fn context<'py>(py: Python<'py>, facts: &ContextBuilder) -> PyResult<Bound<'py, PyDict>> {
    let facts = facts.clone().build().map_err(|error| refused(py, error))?;
    fields(py, facts.to_json_value().map_err(|error| RouteError::new_err(error.to_string()))?)
}

fn fields(py: Python<'_>, record: Value) -> PyResult<Bound<'_, PyDict>> {
    let record: HashMap<String, Value> =
        serde_json::from_value(record).map_err(|error| RouteError::new_err(error.to_string()))?;
    let fields = PyDict::new(py);
    for (name, value) in record {
        fields.set_item(name, python(py, &value)?)?;
    }
    Ok(fields)
}

/// A value of the kinds that an address or a body gives.
fn python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    let entity = value.get("__entity");
    let part = |name: &str| entity?.get(name)?.as_str();
    if let (Some(type_name), Some(id)) = (part("type"), part("id")) {
        let uid = uid_from_parts(type_name, id, None).map_err(|error| exception(py, error))?;
        return Ok(Bound::new(py, Uid::of(&uid))?.into_any());
    }
    if let Some(millis) = duration(value) {
        let (days, rest) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
        let (days, seconds) = (i32::try_from(days)?, i32::try_from(rest.div_euclid(1_000))?);
        let micros = i32::try_from(rest.rem_euclid(1_000).saturating_mul(1_000))?;
        return Ok(PyDelta::new(py, days, seconds, micros, true)?.into_any());
    }
    Ok(match value {
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Bool(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::Number(number) => number.as_i64().into_pyobject(py)?,
        Value::Array(elements) => {
            let set = PySet::empty(py)?;
            for element in elements {
                set.add(python(py, element)?)?;
            }
            set.into_any()
        }
        _ => return Err(RouteError::new_err("a fact has no value in Python")),
    })
}

const DAY: i64 = 86_400_000;

/// In milliseconds, as the library writes it out.
fn duration(value: &Value) -> Option<i64> {
    let call = value.get("__extn")?;
    let text = call.get("arg")?.as_str()?;
    text.strip_suffix("ms")?
        .parse()
        .ok()
        .filter(|_| call.get("fn").is_some_and(|name| name == "duration"))
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
