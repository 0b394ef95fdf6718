//! What a process that was forked has of its parent's threads: nothing.

use std::ops::Deref;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use pyo3::wrap_pyfunction;

use crate::pdp::Pdp;

/// Something with threads, which are those of one process.
///
/// In a process that was forked they do not exist, and what they were doing will never be done:
/// dropping it there would wait for them for ever, so it is left alone.
#[derive(Debug)]
pub(crate) struct Threaded<T> {
    value: Arc<T>,
    process: u32,
}

impl<T> Threaded<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: Arc::new(value), process: std::process::id() }
    }
}

impl<T> Deref for Threaded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Drop for Threaded<T> {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            std::mem::forget(Arc::clone(&self.value));
        }
    }
}

static OPEN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Has a decision point closed when Python ends, and brought to life again when it is forked.
pub(crate) fn remember(pdp: &Bound<'_, Pdp>) -> PyResult<()> {
    let py = pdp.py();
    let all = OPEN.get_or_try_init(py, || -> PyResult<Py<PyAny>> {
        py.import("atexit")?.call_method1("register", (wrap_pyfunction!(ended, py)?,))?;
        let os = py.import("os")?;
        if os.hasattr("register_at_fork")? {
            let hooks = PyDict::new(py);
            hooks.set_item("after_in_child", wrap_pyfunction!(forked, py)?)?;
            os.call_method("register_at_fork", (), Some(&hooks))?;
        }
        Ok(py.import("weakref")?.call_method0("WeakSet")?.unbind())
    })?;
    all.bind(py).call_method1("add", (pdp,)).map(|_| ())
}

fn each(py: Python<'_>, call: impl Fn(&Pdp)) -> PyResult<()> {
    let Some(all) = OPEN.get(py) else { return Ok(()) };
    let all = all.bind(py).try_iter()?.collect::<PyResult<Vec<_>>>()?;
    for pdp in all {
        call(pdp.cast::<Pdp>()?.get());
    }
    Ok(())
}

/// Python is about to end.
#[pyfunction]
fn ended(py: Python<'_>) -> PyResult<()> {
    each(py, |pdp| pdp.close(py))
}

/// This process was forked just now.
#[pyfunction]
fn forked(py: Python<'_>) -> PyResult<()> {
    each(py, Pdp::forked)
}
