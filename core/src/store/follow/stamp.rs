//! What tells one state of a file or folder from another without reading it.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What tells one state of a file or folder from another: names, sizes, times and identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp(Vec<(PathBuf, Mark)>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    length: u64,
    changed: Option<SystemTime>,
    identity: Identity,
}

/// Which file it is, whatever its name, and when anything of it changed last.
pub(super) type Identity = (u64, u64, i64, i64);

/// A bundle is no deeper, and no link to a folder above is followed further.
const DEPTH: usize = 4;
/// More than any bundle has members; a folder of something else is not walked to its end.
const ENTRIES: usize = 65_536;

impl Stamp {
    /// The stamp of what is at this path now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut marks = Vec::new();
        add(path, 0, &mut marks)?;
        marks.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Self(marks))
    }
}

fn add(path: &Path, depth: usize, marks: &mut Vec<(PathBuf, Mark)>) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    let is_folder = metadata.is_dir();
    if !is_folder || depth == 0 {
        let length = if is_folder { 0 } else { metadata.len() };
        let (changed, identity) = (metadata.modified().ok(), identity(&metadata));
        // What else happens in a folder says nothing about the bundle in it.
        let (changed, identity) =
            if is_folder { (None, (identity.0, identity.1, 0, 0)) } else { (changed, identity) };
        marks.push((path.to_owned(), Mark { length, changed, identity }));
    }
    if marks.len() > ENTRIES {
        return Err(io::Error::other(format!("there are more than {ENTRIES} files in it")));
    }
    if !is_folder || depth == DEPTH {
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        match add(&entry.path(), depth.saturating_add(1), marks) {
            // It went while the folder was read: the next stamp is another.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            added => added?,
        }
    }
    Ok(())
}

#[cfg(unix)]
pub(super) fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> Identity {
    (0, 0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_differs_when_a_file_is_written_renamed_or_replaced_by_its_like() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "1").unwrap();
        let mut stamps = vec![Stamp::of(folder.path()).unwrap()];
        let mut changed = |what: &str| {
            let next = Stamp::of(folder.path()).unwrap();
            assert!(!stamps.contains(&next), "{what}");
            stamps.push(next);
        };
        fs::write(path("a"), "12").unwrap();
        changed("written");
        fs::rename(path("a"), path("b")).unwrap();
        changed("renamed");
        fs::write(path(".new"), "12").unwrap();
        fs::rename(path(".new"), path("b")).unwrap();
        changed("replaced by one of the same size");
        fs::create_dir(path("tests")).unwrap();
        fs::write(path("tests/c"), "").unwrap();
        changed("one added below");
    }

    #[test]
    fn a_stamp_stays_while_nothing_of_a_bundle_changes() {
        let folder = tempfile::TempDir::new().unwrap();
        fs::write(folder.path().join("a"), "1").unwrap();
        let before = Stamp::of(folder.path()).unwrap();
        fs::write(folder.path().join(".a.swp"), "1").unwrap();
        fs::read(folder.path().join("a")).unwrap();
        assert_eq!(Stamp::of(folder.path()).unwrap(), before);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_to_the_folder_above_ends() {
        let folder = tempfile::TempDir::new().unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        assert!(Stamp::of(folder.path()).is_ok());
    }
}
