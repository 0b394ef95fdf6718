//! Where records go: a file, standard error, or a callable.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use notegate::audit::{Lines, Record, Sink, SinkStatus};
use notegate::model::{self, LoadErrorKind, Problem};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::error::exception;
use crate::process::Threaded;
use crate::uid::kind;

/// Records that may wait to be written before more are dropped.
const QUEUE: usize = 65_536;

/// Records on their way to where they were asked for.
#[derive(Debug)]
pub(crate) struct Records {
    to: To,
    /// None once they are closed.
    lines: ArcSwapOption<Threaded<Lines>>,
}

#[derive(Debug)]
enum To {
    Errors,
    File(PathBuf),
    Callable(Arc<Py<PyAny>>),
}

impl Records {
    pub(crate) fn start(given: &Bound<'_, PyAny>) -> PyResult<Self> {
        let to = if given.is_callable() {
            To::Callable(Arc::new(given.clone().unbind()))
        } else {
            match given.extract::<PathBuf>() {
                Ok(path) if path == Path::new("-") => To::Errors,
                Ok(path) => To::File(path),
                Err(_) => {
                    return Err(PyTypeError::new_err(format!(
                        "records: expected a path, \"-\" or a callable, not `{}`",
                        kind(given)
                    )));
                }
            }
        };
        let lines = to.lines().map_err(|error| {
            let problem = Problem::error("records.unwritable", error.to_string());
            let problem = match &to {
                To::File(path) => problem.file(&path.to_string_lossy().into(), &"".into()),
                _ => problem,
            };
            exception(given.py(), model::LoadError::new(LoadErrorKind::Unreadable, problem))
        })?;
        Ok(Self { to, lines: ArcSwapOption::from_pointee(Threaded::new(lines)) })
    }

    /// Writes what waits, and takes no more. Waits for the callable: not with the interpreter held.
    pub(crate) fn close(&self) {
        drop(self.lines.swap(None));
    }

    /// Goes on in a process that was forked. What waits is the parent's to write.
    pub(crate) fn forked(&self) {
        if self.lines.load().is_some() {
            // What cannot be opened again any more drops each record, and counts it.
            let lines = self.to.lines().ok();
            self.lines.store(lines.map(|lines| Arc::new(Threaded::new(lines))));
        }
    }
}

impl Sink for Records {
    fn accept(&self, record: Record) {
        if let Some(lines) = &*self.lines.load() {
            lines.accept(record);
        }
    }

    fn status(&self) -> SinkStatus {
        let lines = self.lines.load();
        lines.as_ref().map_or_else(SinkStatus::default, |lines| lines.status())
    }
}

impl To {
    fn lines(&self) -> io::Result<Lines> {
        match self {
            Self::Errors => Lines::start(io::stderr(), QUEUE),
            Self::File(path) => Lines::start(BufWriter::new(open(path)?), QUEUE),
            Self::Callable(callback) => {
                Lines::start(Told { callback: Arc::clone(callback), line: Vec::new() }, QUEUE)
            }
        }
    }
}

/// The file is readable by its owner alone: records hold all that was asked.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Calls back with each line.
struct Told {
    callback: Arc<Py<PyAny>>,
    line: Vec<u8>,
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            let line = String::from_utf8(std::mem::take(&mut self.line));
            let line = line.map_err(io::Error::other)?;
            let told = Python::try_attach(|py| {
                self.callback.call1(py, (line,)).map(|_| ()).map_err(|error| {
                    error.write_unraisable(py, Some(self.callback.bind(py)));
                    io::Error::other("the callable failed")
                })
            });
            told.unwrap_or_else(|| Err(io::Error::other("python is ending")))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
