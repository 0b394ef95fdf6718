//! Where records go: a file, standard error, or a callable.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notegate::audit::Lines;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::error::exception;
use crate::uid::kind;
use notegate::model::{self, LoadErrorKind, Problem};

/// Records that may wait to be written before more are dropped.
const QUEUE: usize = 65_536;

/// Starts what writes the records that are asked for.
pub(crate) fn start(given: &Bound<'_, PyAny>) -> PyResult<Arc<Lines>> {
    if given.is_callable() {
        let told = Told { callback: given.clone().unbind(), line: Vec::new() };
        return Ok(Arc::new(Lines::start(told, QUEUE)?));
    }
    let Ok(path) = given.extract::<PathBuf>() else {
        return Err(PyTypeError::new_err(format!(
            "records: expected a path, \"-\" or a callable, not `{}`",
            kind(given)
        )));
    };
    let lines = match path == Path::new("-") {
        true => Lines::start(io::stderr(), QUEUE),
        false => open(&path).and_then(|file| Lines::start(BufWriter::new(file), QUEUE)),
    };
    lines.map(Arc::new).map_err(|error| {
        let problem = Problem::error("records.unwritable", error.to_string());
        let problem = problem.file(&path.to_string_lossy().into(), &"".into());
        exception(given.py(), model::LoadError::new(LoadErrorKind::Unreadable, problem))
    })
}

/// The file is readable by its owner alone: records hold all that was asked.
fn open(path: &Path) -> io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Calls back with each line.
struct Told {
    callback: Py<PyAny>,
    line: Vec<u8>,
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            let line = String::from_utf8(std::mem::take(&mut self.line));
            let line = line.map_err(io::Error::other)?;
            Python::try_attach(|py| {
                self.callback.call1(py, (line,)).map(|_| ()).map_err(|error| {
                    error.write_unraisable(py, Some(self.callback.bind(py)));
                    io::Error::other("the callable failed")
                })
            })
            .unwrap_or_else(|| Err(io::Error::other("python is ending")))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
