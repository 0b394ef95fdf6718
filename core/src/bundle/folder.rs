//! A bundle from a folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use super::{Bundle, Member, Role};
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem};

impl Bundle {
    /// A bundle from a folder.
    ///
    /// Files that the layout does not know are left out and listed in [`Bundle::ignored`], names
    /// that start with a dot are passed over, symbolic links are followed (a Kubernetes ConfigMap
    /// is made of them).
    ///
    /// # Errors
    /// As [`Bundle::from_members`], and when a file or the folder cannot be read.
    pub fn from_folder(folder: &Path, limits: &Limits) -> Result<Self, LoadError> {
        let mut reading = Reading { limits, total: 0, texts: BTreeMap::new(), ignored: Vec::new() };
        reading.folder(folder, "")?;
        Self::assemble(reading.texts, reading.ignored, limits)
    }
}

/// Reads one file that is no member of a folder, such as loose policies or entities.
///
/// A file over `member_bytes` is refused by its size, before it is read.
///
/// # Errors
/// When it is no regular file, cannot be read, or is over the limit.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, LoadError> {
    read(path, &path.to_string_lossy(), limits)
}

fn read(path: &Path, name: &str, limits: &Limits) -> Result<Vec<u8>, LoadError> {
    let unreadable = |error: io::Error| unreadable(name, &error.to_string());
    // Asked before opening: opening a pipe waits for its writer.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(self::unreadable(name, "it is not a regular file"));
    }
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    Exceeded::check("member_bytes", limits.member_bytes, length).map_err(|exceeded| {
        let problem = Problem::from(exceeded).file(&name.into(), &"".into());
        LoadError::new(LoadErrorKind::Limit, problem)
    })?;
    // It may have grown since it was asked.
    let most = u64::try_from(limits.member_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    Ok(bytes)
}

struct Reading<'a> {
    limits: &'a Limits,
    total: usize,
    texts: BTreeMap<Arc<str>, Member>,
    ignored: Vec<String>,
}

impl Reading<'_> {
    /// Reads the files of one folder, whose names in the bundle start with `prefix`.
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), LoadError> {
        let unreadable =
            |error: io::Error| unreadable(&folder.to_string_lossy(), &error.to_string());
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let message = format!("the name `{}` is not UTF-8", name.to_string_lossy());
                return Err(self::unreadable(&folder.to_string_lossy(), &message));
            };
            if name.starts_with('.') {
                continue;
            }
            let (path, name) = (entry.path(), format!("{prefix}{name}"));
            let is_folder = fs::metadata(&path).map_err(unreadable)?.is_dir();
            match (is_folder, Role::of(&name)) {
                (false, Some(_)) => self.file(&path, name)?,
                (true, _) if name == "tests" || name.starts_with("tests/") => {
                    self.nested(&path, &format!("{name}/"))?;
                }
                _ if name != "README.md" => self.ignored.push(name),
                _ => {}
            }
        }
        self.ignored.sort_unstable();
        Ok(())
    }

    fn nested(&mut self, folder: &Path, prefix: &str) -> Result<(), LoadError> {
        // A link to a folder above would never end; test cases need no deep tree.
        let depth = prefix.matches('/').count();
        Exceeded::check("folder depth", 4, depth)?;
        self.folder(folder, prefix)
    }

    fn file(&mut self, path: &Path, name: String) -> Result<(), LoadError> {
        let bytes = read(path, &name, self.limits)?;
        self.total = self.total.saturating_add(bytes.len());
        Exceeded::check("bundle_bytes", self.limits.bundle_bytes, self.total)?;
        let member = Member::read(name, bytes, self.limits)?;
        self.texts.insert(Arc::clone(&member.name), member);
        Ok(Exceeded::check("members", self.limits.members, self.texts.len())?)
    }
}

fn unreadable(name: &str, message: &str) -> LoadError {
    let problem = Problem::error("file.unreadable", message);
    LoadError::new(LoadErrorKind::Unreadable, problem.file(&name.into(), &"".into()))
}
