//! A folder or file of this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::bell::Bell;
use super::place::Place;
use super::stamp::Stamp;
use super::watch::Watch;
use crate::model::{LoadError, LoadErrorKind, Problem};
use crate::store::arrival::Arrival;
use crate::store::reading::Reading;

/// A folder or file of this machine, looked at when the system says that it changed, and now and
/// then.
///
/// It is read once nothing in it changed for as long as `settles`, and what was read counts when
/// nothing changed meanwhile. A writer that pauses for longer half-way is seen half-way: give it a
/// signed bundle, whose digests tell, or rename the whole into place. Symbolic links are followed,
/// so a Kubernetes ConfigMap can be mounted at the path.
#[derive(Debug, Clone)]
pub struct PathSource {
    path: PathBuf,
    pub(super) poll: Duration,
    settles: Duration,
}

/// What keeps changing for as long as this is given up until the next look.
const UNSETTLED: Duration = Duration::from_secs(10);

impl PathSource {
    /// What is at this path: a bundle's folder, or a file with a whole bundle in it.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let (poll, settles) = (Duration::from_secs(5), Duration::from_millis(100));
        Self { path: path.into(), poll, settles }
    }

    /// Looks so often even when the system says nothing: some file systems, those of a network among
    /// them, have no notices. Five seconds; an unchanged bundle costs the look at its files' names,
    /// sizes and times.
    #[must_use]
    pub fn poll(self, poll: Duration) -> Self {
        Self { poll, ..self }
    }

    /// Reads after so long without a change: 100 milliseconds.
    #[must_use]
    pub fn settles(self, settles: Duration) -> Self {
        Self { settles, ..self }
    }

    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) fn watch(&self, bell: Arc<Bell>) -> Watch {
        Watch::new(&self.path, bell)
    }

    pub(super) fn place(self) -> PathPlace {
        PathPlace { name: self.name(), source: self, read: None, kept: None }
    }
}

/// Reads the path of a source.
#[derive(Debug)]
pub(super) struct PathPlace {
    name: String,
    source: PathSource,
    /// Of what was read last.
    read: Option<Stamp>,
    /// Of what need not be read again.
    kept: Option<Stamp>,
}

impl Place for PathPlace {
    fn name(&self) -> &str {
        &self.name
    }

    fn fetch(&mut self, reading: &Reading<'_>, bell: &Bell) -> Result<Option<Arrival>, LoadError> {
        let path = self.source.path.as_path();
        let mut stamp = self.stamp()?;
        if self.kept.as_ref() == Some(&stamp) {
            return Ok(None);
        }
        let mut waited = Duration::ZERO;
        while waited <= UNSETTLED {
            waited = waited.saturating_add(self.source.settles.max(Duration::from_millis(1)));
            if !bell.pause(self.source.settles) {
                break;
            }
            let before = std::mem::replace(&mut stamp, self.stamp()?);
            if before != stamp {
                continue;
            }
            let read = reading.path(path);
            let after = self.stamp()?;
            if after == stamp {
                self.read = Some(after);
                return read.map(Some);
            }
            stamp = after;
        }
        let problem = Problem::error("source.unsettled", "it keeps changing while it is read")
            .help("write it elsewhere, and rename it into place");
        Err(unreadable(problem, path))
    }

    fn keep(&mut self) {
        self.kept = self.read.take();
    }
}

impl PathPlace {
    fn stamp(&self) -> Result<Stamp, LoadError> {
        let path = self.source.path.as_path();
        Stamp::of(path)
            .map_err(|error| unreadable(Problem::error("file.unreadable", error.to_string()), path))
    }
}

fn unreadable(problem: Problem, path: &Path) -> LoadError {
    let problem = problem.file(&path.to_string_lossy().into(), &"".into());
    LoadError::new(LoadErrorKind::Unreadable, problem)
}
