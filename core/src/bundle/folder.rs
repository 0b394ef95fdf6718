//! The folder form, and files.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::collect::Collecting;
use super::layout::{DEEPEST, Role, of_file};
use super::member::check_size;
use super::{Bundle, Delivery, Trust};
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem};

impl Bundle {
    /// A bundle from a folder, trusted as it is: for development.
    ///
    /// Files that the layout does not know are left out and listed in [`Bundle::ignored`], names
    /// that start with a dot are passed over. A symbolic link is followed when it stays inside the
    /// folder; one that leads out of it is refused. When there is a folder `..data`, as in a mounted
    /// Kubernetes ConfigMap, that version of it is read and no other.
    ///
    /// # Errors
    /// As [`Bundle::from_members`], and when a file or the folder cannot be read.
    pub fn from_folder(folder: &Path, limits: &Limits) -> Result<Self, LoadError> {
        Delivery::from_folder(folder, limits)?.bundle(&Trust::unsigned())
    }
}

/// Reads one file that is no member of a folder, such as loose policies or entities.
///
/// A file over `member_bytes` is refused by its size, before it is read.
///
/// # Errors
/// When it is no regular file, cannot be read, or is over the limit.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, LoadError> {
    read_path(path, |name, size| check_size(name, size, limits))
}

/// Reads a whole file whose size is asked for before it is opened.
pub(super) fn read_path(
    path: &Path,
    check: impl Fn(&str, usize) -> Result<(), LoadError>,
) -> Result<Vec<u8>, LoadError> {
    let name = path.to_string_lossy();
    let failed = |error: io::Error| unreadable(&name, &error);
    // Asked before opening: opening a pipe waits for its writer.
    let metadata = fs::metadata(path).map_err(failed)?;
    let size = size(&name, metadata.is_file(), metadata.len())?;
    check(&name, size)?;
    read(File::open(path).map_err(failed)?, &name, size)
}

/// A folder that is read through a handle: what happens to its path meanwhile does not matter.
#[derive(Debug)]
pub(super) struct Folder {
    root: Dir,
    /// Names at its top that are not hidden, in order.
    names: Vec<String>,
}

impl Folder {
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, LoadError> {
        let failed = |error: io::Error| unreadable(&path.to_string_lossy(), &error);
        let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
        let root = match root.open_dir(VERSION) {
            Ok(version) => version,
            Err(error) if error.kind() == io::ErrorKind::NotFound => root,
            Err(error) => return Err(unreadable(VERSION, &error)),
        };
        let names = names(&root, ".", limits)?;
        Ok(Self { root, names })
    }

    /// Names at its top, in order.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The bytes of a file, when `check` allows its size.
    pub(super) fn read(
        &self,
        name: &str,
        check: impl FnOnce(usize) -> Result<(), LoadError>,
    ) -> Result<Vec<u8>, LoadError> {
        let failed = |error: io::Error| unreadable(name, &error);
        let metadata = self.root.metadata(name).map_err(failed)?;
        let size = size(name, metadata.is_file(), metadata.len())?;
        check(size)?;
        read(self.root.open(name).map_err(failed)?, name, size)
    }

    /// Collects the members; gives the names of what is no part of a bundle.
    pub(super) fn collect(self, members: &mut Collecting<'_>) -> Result<Vec<String>, LoadError> {
        let mut ignored = Vec::new();
        for name in &self.names {
            let is_folder = self.is_folder(name)?;
            match Role::of(name) {
                Some(Role::Manifest | Role::Signature(_)) => {}
                Some(_) if !is_folder => self.file(name, members)?,
                _ if is_folder && name == "tests" => {
                    self.below(name, 1, members, &mut ignored)?;
                }
                _ if name != "README.md" => ignored.push(name.clone()),
                _ => {}
            }
        }
        ignored.sort_unstable();
        Ok(ignored)
    }

    fn below(
        &self,
        folder: &str,
        depth: usize,
        members: &mut Collecting<'_>,
        ignored: &mut Vec<String>,
    ) -> Result<(), LoadError> {
        // A link to a folder above would never end.
        Exceeded::check("folder depth", DEEPEST, depth)?;
        for name in names(&self.root, folder, members.limits)? {
            let name = format!("{folder}/{name}");
            if self.is_folder(&name)? {
                self.below(&name, depth.saturating_add(1), members, ignored)?;
            } else if Role::of(&name).is_some() {
                self.file(&name, members)?;
            } else {
                ignored.push(name);
            }
        }
        Ok(())
    }

    fn is_folder(&self, name: &str) -> Result<bool, LoadError> {
        match self.root.metadata(name) {
            Ok(metadata) => Ok(metadata.is_dir()),
            // What is no part of a bundle may lead wherever it likes.
            Err(_) if Role::of(name).is_none() && name != "tests" => Ok(false),
            Err(error) => Err(unreadable(name, &error)),
        }
    }

    fn file(&self, name: &str, members: &mut Collecting<'_>) -> Result<(), LoadError> {
        let bytes = self.read(name, |size| members.expect(name, size))?;
        members.add(name, &bytes)
    }
}

/// Where Kubernetes keeps the version of a mounted ConfigMap that is in force.
const VERSION: &str = "..data";

/// What lies in a folder, without hidden names.
fn names(root: &Dir, folder: &str, limits: &Limits) -> Result<Vec<String>, LoadError> {
    let failed = |error: io::Error| unreadable(folder, &error);
    let mut names = Vec::new();
    for entry in root.read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let Some(name) = name.to_str() else {
            let message = format!("the name `{}` is not UTF-8", name.to_string_lossy());
            return Err(unreadable(folder, &io::Error::other(message)));
        };
        if !name.starts_with('.') {
            names.push(name.to_owned());
            // Manifest, signatures and what is ignored may come on top of the members.
            let most = limits.members.saturating_mul(2).saturating_add(limits.signatures);
            if names.len() > most {
                return Err(Exceeded::new("members", limits.members, names.len()).into());
            }
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn size(name: &str, is_file: bool, size: u64) -> Result<usize, LoadError> {
    if !is_file {
        return Err(unreadable(name, &io::Error::other("it is not a regular file")));
    }
    Ok(usize::try_from(size).unwrap_or(usize::MAX))
}

/// Reads what was promised; a file that has grown since is changing and refused.
fn read(file: impl Read, name: &str, size: usize) -> Result<Vec<u8>, LoadError> {
    let most = u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::with_capacity(size);
    file.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if bytes.len() != size {
        let problem = Problem::error("file.changing", "it changed while it was read")
            .help("read it again when it is written");
        return Err(of_file(LoadErrorKind::Unreadable, name, problem));
    }
    Ok(bytes)
}

fn unreadable(name: &str, error: &io::Error) -> LoadError {
    // Only the folder's handle refuses without the system having said so.
    let leads_out =
        error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none();
    let problem = if leads_out {
        Problem::error("file.outside", "it is a link that leads out of the folder")
            .help("put a copy of the file in its place")
    } else {
        Problem::error("file.unreadable", error.to_string())
    };
    of_file(LoadErrorKind::Unreadable, name, problem)
}
