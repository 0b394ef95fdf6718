//! A file in a folder that enforcement points read.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::too_large;
use crate::console::Console;
use crate::failure::Failure;
use crate::files::{folder_of, sync_folder};

/// A file that is replaced under a lock.
///
/// The new file is written beside it under a name that readers pass over, and takes its name when it
/// is on disk. Whoever is killed meanwhile leaves the old file as it was; the next push clears up.
pub(crate) struct FilePlace {
    path: PathBuf,
    /// Held until the place is dropped; the system lets go of it when the process ends.
    _lock: File,
}

impl FilePlace {
    pub(super) fn at(path: PathBuf, console: &Console) -> Result<Self, Failure> {
        let failed = |error| Failure::unreadable(&path, &error);
        // A link stays one: what it points at is replaced.
        let path = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let lock = beside(&path, "lock").and_then(|path| open_lock(&path)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                console.note("waiting for another push to the same place");
                lock.lock().map_err(failed)?;
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn shown(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    pub(super) fn held(&self, most: usize) -> Result<Option<Vec<u8>>, Failure> {
        let failed = |error: io::Error| Failure::unreadable(&self.path, &error);
        let file = match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
            Ok(metadata) if !metadata.is_file() => {
                return Err(failed(io::Error::other("it is not a regular file")));
            }
            Ok(_) => File::open(&self.path).map_err(failed)?,
        };
        let mut content = Vec::new();
        let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        file.take(bound).read_to_end(&mut content).map_err(failed)?;
        match content.len() > most {
            true => Err(too_large(&self.shown(), most)),
            false => Ok(Some(content)),
        }
    }

    pub(super) fn put(&self, content: &[u8]) -> Result<(), Failure> {
        let put = || -> io::Result<()> {
            let partial = beside(&self.path, "partial")?;
            remove(&partial)?;
            let written = OpenOptions::new().write(true).create_new(true).open(&partial);
            let written = written.and_then(|mut file| {
                file.write_all(content)?;
                file.sync_all()
            });
            if let Err(error) = written.and_then(|()| fs::rename(&partial, &self.path)) {
                remove(&partial)?;
                return Err(error);
            }
            sync_folder(&folder_of(&self.path))
        };
        put().map_err(|error| Failure::unreadable(&self.path, &error))
    }
}

/// A file beside another, whose name starts with a dot: readers pass over it.
fn beside(path: &Path, ending: &str) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it does not name a file"))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".");
    hidden.push(ending);
    Ok(folder_of(path).join(hidden))
}

fn open_lock(path: &Path) -> io::Result<File> {
    // What is locked is never written to, and stays: removing it would let two in.
    OpenOptions::new().write(true).create(true).truncate(false).open(path)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
