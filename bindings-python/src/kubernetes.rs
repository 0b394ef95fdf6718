//! Pod manifests as facts for a question.

use notegate::adapters::kubernetes::{self, ImageReference, ManifestError, Origin};
use notegate::model::Limits;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::entity::Entity;
use crate::error::PodError;
use crate::uid::Uid;
use crate::value::fields;

/// What the manifest of a pod says, as facts of the model.
#[pyclass(frozen, module = "notegate.kubernetes")]
#[derive(Debug)]
pub(crate) struct PodFacts(kubernetes::PodFacts);

#[pymethods]
impl PodFacts {
    /// The uid of the pod: the resource of a `pod:create`.
    #[getter]
    fn uid(&self) -> Uid {
        Uid::of(self.0.uid())
    }

    /// The pod itself, to send with the question as `entities`.
    #[getter]
    fn entities(&self) -> Vec<Entity> {
        vec![Entity::of(self.0.pod().clone())]
    }

    /// What the manifest says of the images and the service account that it names, to send with the
    /// question as `attributes`: a bundle's own word on them stays.
    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for named in self.0.named() {
            all.set_item(Uid::of(&named.uid), fields(py, &named.attributes)?)?;
        }
        Ok(all)
    }

    /// The pod's limits: `cpu` in millicores, `memory` in bytes, `gpu` in devices, each only when it
    /// is stated for the whole pod.
    #[getter]
    fn limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let limits = PyDict::new(py);
        let stated = self.0.limits();
        for (name, amount) in [("cpu", stated.cpu), ("memory", stated.memory), ("gpu", stated.gpu)]
        {
            if let Some(amount) = amount {
                limits.set_item(name, amount)?;
            }
        }
        Ok(limits)
    }

    /// The pod's namespace, server and profile, each as far as it is known, for the context.
    #[getter]
    fn context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let context = PyDict::new(py);
        for (name, uid) in self.0.context() {
            context.set_item(name, Uid::of(uid))?;
        }
        Ok(context)
    }

    fn __repr__(&self) -> String {
        format!("<notegate.kubernetes.PodFacts {:?}>", self.0.uid().id().unescaped())
    }
}

/// Reads the manifest of a pod: a dict as it would be sent to the API server, or its JSON.
#[pyfunction]
#[pyo3(signature = (manifest, owner=None, server=None, profile=None, namespace=None))]
pub(crate) fn pod(
    manifest: &Bound<'_, PyAny>,
    owner: Option<String>,
    server: Option<String>,
    profile: Option<String>,
    namespace: Option<String>,
) -> PyResult<PodFacts> {
    let py = manifest.py();
    let origin = Origin { namespace, owner, server, profile };
    let text = json_text(manifest)?;
    let facts = kubernetes::PodFacts::read(&text, &origin, &Limits::default());
    facts.map(PodFacts).map_err(|error| refused(py, &error))
}

/// Reads a quantity: `cpu` in millicores, any other compute in whole ones.
#[pyfunction]
pub(crate) fn quantity(compute: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
    // `str` of a number is the text that JSON has for it.
    let text = value.str()?;
    let text = text.to_str()?;
    kubernetes::quantity(compute, text).map_err(|error| refused(value.py(), &error))
}

/// Whether devices of this name are counted as `gpu`.
#[pyfunction]
pub(crate) fn is_gpu(name: &str) -> bool {
    kubernetes::is_gpu(name)
}

/// The text of an image reference, complete, of another registry or at another digest if one is given.
#[pyfunction]
#[pyo3(signature = (reference, registry=None, digest=None))]
pub(crate) fn image(
    py: Python<'_>,
    reference: &str,
    registry: Option<&str>,
    digest: Option<&str>,
) -> PyResult<String> {
    let changed = || {
        let mut image = ImageReference::read(reference)?;
        if let Some(registry) = registry {
            image = image.from_registry(registry)?;
        }
        if let Some(digest) = digest {
            image = image.at_digest(digest)?;
        }
        Ok(image.to_string())
    };
    changed().map_err(|error: ManifestError| refused(py, &error))
}

/// The text that a client of Kubernetes would send for this dict.
fn json_text(manifest: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = manifest.py();
    if let Ok(text) = manifest.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    if let Ok(bytes) = manifest.cast::<PyBytes>() {
        let text = std::str::from_utf8(bytes.as_bytes());
        return text.map(str::to_owned).map_err(|error| PodError::new_err(error.to_string()));
    }
    if !manifest.is_instance_of::<PyDict>() {
        let found = manifest.get_type().name()?;
        let message = format!("expected the manifest as a dict or as JSON, found `{found}`");
        return Err(PyTypeError::new_err(message));
    }
    let strict = PyDict::new(py);
    strict.set_item("allow_nan", false)?;
    let text = py.import("json")?.call_method("dumps", (manifest,), Some(&strict));
    let text = text.map_err(|error| PodError::new_err(format!("not JSON: {}", error.value(py))))?;
    text.extract()
}

fn refused(py: Python<'_>, error: &ManifestError) -> PyErr {
    let raised = PodError::new_err(error.to_string());
    let value = raised.value(py);
    let set = |name: &str, text: Option<&str>| value.setattr(name, text);
    let all =
        [("code", Some(error.code())), ("place", Some(error.place())), ("help", error.help_text())];
    match all.into_iter().try_for_each(|(name, text)| set(name, text)) {
        Ok(()) => raised,
        Err(other) => other,
    }
}
