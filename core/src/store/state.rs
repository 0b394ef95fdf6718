//! What survives a restart: the highest sequence, and a copy of the last good one.
//!
//! ```text
//! <folder>/
//!   state.json           which sequence was the highest, and which copies belong to it
//!   bundle-<digest>      the last good bundle, as it can be verified again
//!   grants-<digest>      the last good grants, when they come by themselves
//!   lock                 held while one of several processes writes
//! ```
//!
//! A copy is complete before `state.json` names it, and `state.json` is replaced by renaming: at
//! whatever instant the process or the machine stops, what is found names what is there.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::Part;
use super::mark::Mark;
use crate::model::{Exceeded, LoadError, LoadErrorKind, Problem, Revision};

/// A folder of what survives a restart. Several processes may share it.
#[derive(Debug)]
pub(super) struct StateFolder {
    path: PathBuf,
}

/// What the state folder says.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) bundle: Option<Entry>,
    pub(super) grants: Option<Entry>,
}

/// What is kept of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The highest sequence, where sequences count.
    pub(super) mark: Option<Mark>,
    /// The name of the copy.
    pub(super) copy: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateJson {
    format: u32,
    kept: Kept,
    /// The digest of `kept` as it is written: what is not whole does not count.
    digest: String,
}

const STATE: &str = "state.json";
const STATE_BYTES: u64 = 64 << 10;
const NEW: &str = ".new-";
/// Writing takes less; who holds the lock for longer has stopped.
const LOCK_TRIES: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(25);

impl StateFolder {
    /// The folder at this path, made when it is not there, readable by its owner alone.
    pub(super) fn open(path: &Path) -> Result<Self, LoadError> {
        let folder = Self { path: path.to_owned() };
        folder.locked(|| Ok(()))?;
        Ok(folder)
    }

    /// What was kept; nothing when nothing was.
    pub(super) fn read(&self) -> Result<Kept, LoadError> {
        self.locked(|| self.kept())
    }

    /// The copy of this name, of at most `limit` bytes.
    pub(super) fn copy(&self, name: &str, limit: usize) -> Result<Vec<u8>, LoadError> {
        // The name comes out of a file: it must not lead out of the folder.
        if !is_copy(name) {
            return Err(damaged(&self.path, &format!("`{}` is no copy", name.escape_debug())));
        }
        let path = self.path.join(name);
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(|error| failed(&path, &error))?;
        Exceeded::check("bundle_bytes", limit, bytes.len())?;
        Ok(bytes)
    }

    /// The names of all copies of a part, for when nothing says which is the last good one.
    pub(super) fn copies(&self, part: Part) -> Vec<String> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(|name| is_copy(name) && name.starts_with(part.name())).collect()
    }

    /// Keeps what is about to come into force.
    ///
    /// Refused when another process was further already; `known` is what this process knows of, for
    /// when the file was damaged since.
    pub(super) fn keep(
        &self,
        part: Part,
        mark: Option<&Mark>,
        known: Option<&Mark>,
        revision: Revision,
        bytes: &[u8],
    ) -> Result<(), LoadError> {
        let copy = copy_name(part, revision);
        self.locked(|| {
            let mut kept = self.kept().unwrap_or_default();
            let entry = kept.entry(part);
            let highest = entry.as_ref().and_then(|entry| entry.mark.clone()).or(known.cloned());
            if let (Some(highest), Some(mark)) = (&highest, mark) {
                highest.admits(mark)?;
            }
            let next = Entry { mark: mark.cloned().or(highest), copy: copy.clone() };
            if entry.as_ref() != Some(&next) || !self.path.join(&copy).is_file() {
                *entry = Some(next);
                self.replace(&copy, bytes)?;
                self.replace(STATE, &kept.to_json()?)?;
            }
            self.sweep(&kept);
            Ok(())
        })
    }

    fn kept(&self) -> Result<Kept, LoadError> {
        let path = self.path.join(STATE);
        let mut text = String::new();
        match File::open(&path).and_then(|file| file.take(STATE_BYTES).read_to_string(&mut text)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::default()),
            Err(error) => return Err(damaged(&path, &error.to_string())),
            Ok(_) => {}
        }
        let state: StateJson =
            serde_json::from_str(&text).map_err(|error| damaged(&path, &error.to_string()))?;
        if state.format != 1 {
            return Err(damaged(&path, &format!("its format is {}, not 1", state.format)));
        }
        if state.digest != state.kept.digest()? {
            return Err(damaged(&path, "its digest is not that of its contents"));
        }
        Ok(state.kept)
    }

    /// Replaces a file whole: it is on disk under another name before it takes this one.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), LoadError> {
        let path = self.path.join(name);
        let written = || -> io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(NEW).tempfile_in(&self.path)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            NamedTempFile::persist(file, &path)?;
            sync_folder(&self.path)
        };
        written().map_err(|error| failed(&path, &error))
    }

    /// Removes what nothing names: older copies, and what a process that was killed left.
    fn sweep(&self, kept: &Kept) {
        let named = [&kept.bundle, &kept.grants];
        let named = |name: &str| named.iter().copied().flatten().any(|entry| entry.copy == name);
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with(NEW) || (is_copy(&name) && !named(&name)) {
                // What cannot be removed now is in nobody's way, and is tried again next time.
                _ = fs::remove_file(entry.path());
            }
        }
    }

    fn locked<T>(&self, act: impl FnOnce() -> Result<T, LoadError>) -> Result<T, LoadError> {
        let path = self.path.join("lock");
        let file = self.lock_file(&path).map_err(|error| failed(&path, &error))?;
        let mut tries = 0_u32;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < LOCK_TRIES => {
                    tries = tries.saturating_add(1);
                    std::thread::sleep(LOCK_PAUSE);
                }
                Err(error) => return Err(failed(&path, &io::Error::from(error))),
            }
        }
        // Closing the file gives the lock up.
        act()
    }

    /// The file to lock, in the folder, which is made when it is not there, or no longer.
    fn lock_file(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened,
        }
        let mut making = fs::DirBuilder::new();
        making.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut making, 0o700);
        making.create(&self.path)?;
        options.open(path)
    }
}

impl Kept {
    pub(super) fn entry(&mut self, part: Part) -> &mut Option<Entry> {
        match part {
            Part::Bundle => &mut self.bundle,
            Part::Grants => &mut self.grants,
        }
    }

    fn digest(&self) -> Result<String, LoadError> {
        let text = serde_json::to_vec(self).map_err(|error| unwritable(&error))?;
        Ok(Revision::of([("kept", text.as_slice())]).to_string())
    }

    fn to_json(&self) -> Result<Vec<u8>, LoadError> {
        let state = StateJson { format: 1, digest: self.digest()?, kept: self.clone() };
        serde_json::to_vec_pretty(&state).map_err(|error| unwritable(&error))
    }
}

pub(super) fn copy_name(part: Part, revision: Revision) -> String {
    let revision = revision.to_string();
    let digest = revision.split_once(':').map_or(revision.as_str(), |(_, digest)| digest);
    format!("{}-{digest}", part.name())
}

fn is_copy(name: &str) -> bool {
    let digest = name.strip_prefix("bundle-").or_else(|| name.strip_prefix("grants-"));
    digest.is_some_and(|digest| {
        digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Makes a rename last.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

fn failed(path: &Path, error: &io::Error) -> LoadError {
    let message = format!("`{}`: {error}", path.display());
    let problem = Problem::error("state.failed", message)
        .help("what is in force must survive a restart: give the state folder room and permission");
    LoadError::new(LoadErrorKind::State, problem)
}

fn damaged(path: &Path, message: &str) -> LoadError {
    let message = format!("`{}`: {message}", path.display());
    LoadError::new(LoadErrorKind::State, Problem::error("state.damaged", message))
}

fn unwritable(error: &serde_json::Error) -> LoadError {
    LoadError::new(LoadErrorKind::State, Problem::error("state.failed", error.to_string()))
}
