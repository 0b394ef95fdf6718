//! The single-file form: a tar archive in exactly one spelling.
//!
//! An archive that differs in one bit from what [`write`] writes for the same members is refused,
//! so no reader can be shown something that another reader does not see, and the same members are
//! always the same bytes. It is not compressed: nothing has to be unpacked before its signature is
//! verified, and no small file stands for a large one. A transport may compress it on the way.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use tar::{EntryType, Header};

use super::layout::{Role, no_member, of_file, twice};
use super::member::check_size;
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem};

const BLOCK: usize = 512;

/// What stands at the end: two blocks of zeros.
const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// Walks an archive, reading no further than it is asked to.
#[derive(Debug)]
pub(super) struct Archive<'a> {
    bytes: Cow<'a, [u8]>,
    at: usize,
    last: Option<(u8, String)>,
}

/// One file of an archive, in its place.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    content: Range<usize>,
    next: usize,
}

impl<'a> Archive<'a> {
    pub(super) fn new(bytes: Cow<'a, [u8]>, limits: &Limits) -> Result<Self, LoadError> {
        Exceeded::check("bundle_bytes", limits.bundle_bytes, bytes.len())?;
        if bytes.is_empty() {
            return Err(wrong("it is empty"));
        }
        Ok(Self { bytes, at: 0, last: None })
    }

    /// The file that it stands at; `None` at the end of the archive, behind which nothing may be.
    pub(super) fn entry(&self, limits: &Limits) -> Result<Option<Entry>, LoadError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(block) = rest.get(..BLOCK) else {
            return Err(if self.at == 0 { wrong(FOREIGN) } else { truncated() });
        };
        if block.iter().all(|byte| *byte == 0) {
            return match rest {
                rest if rest == END => Ok(None),
                rest if rest.len() < END.len() => Err(truncated()),
                _ => Err(wrong("something stands behind its end")),
            };
        }
        let header = Header::from_byte_slice(block);
        let name = name(header)?;
        if Role::of(&name).is_none() {
            return Err(no_member(&name));
        }
        let size = header.entry_size().map_err(|_| form(&name))?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        check_size(&name, size, limits)?;
        if header.as_bytes() != self::header(&name, size)?.as_bytes() {
            return Err(form(&name));
        }
        let start = self.at.saturating_add(BLOCK);
        let content = start..start.saturating_add(size);
        let next = content.end.checked_next_multiple_of(BLOCK).ok_or_else(truncated)?;
        let padding = self.bytes.get(content.end..next).ok_or_else(truncated)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(form(&name));
        }
        match self.last.as_ref().map(|last| last.cmp(&place(&name))) {
            None | Some(Ordering::Less) => Ok(Some(Entry { name, content, next })),
            Some(Ordering::Equal) => Err(twice(&name)),
            Some(Ordering::Greater) => Err(form(&name)),
        }
    }

    /// The bytes of a file.
    pub(super) fn content(&self, entry: &Entry) -> &[u8] {
        self.bytes.get(entry.content.clone()).unwrap_or_default()
    }

    /// Goes on to what stands behind a file.
    pub(super) fn pass(&mut self, entry: Entry) {
        self.at = entry.next;
        self.last = Some(place(&entry.name));
    }
}

impl Entry {
    pub(super) fn size(&self) -> usize {
        self.content.len()
    }
}

/// The archive of these files.
pub(super) fn write<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Result<Vec<u8>, LoadError> {
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_by_cached_key(|(name, _)| place(name));
    let mut bytes = Vec::new();
    for (name, content) in files {
        bytes.extend_from_slice(header(name, content.len())?.as_bytes());
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    }
    bytes.extend_from_slice(&END);
    Ok(bytes)
}

/// The order of files: the manifest and its signatures first, so that nothing has to be read before
/// they are checked.
fn place(name: &str) -> (u8, String) {
    let rank = match Role::of(name) {
        Some(Role::Manifest) => 0,
        Some(Role::Signature(_)) => 1,
        _ => 2,
    };
    (rank, name.to_owned())
}

/// The one header that a file of this name and size has.
fn header(name: &str, size: usize) -> Result<Header, LoadError> {
    let mut header = Header::new_ustar();
    let placed = header.set_path(name).and_then(|()| {
        header.set_device_major(0)?;
        header.set_device_minor(0)
    });
    placed.map_err(|_| {
        let problem = Problem::error("archive.name", "its name does not fit the single-file form");
        of_file(LoadErrorKind::Layout, name, problem.help("give it a name of at most 100 bytes"))
    })?;
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(u64::try_from(size).unwrap_or(u64::MAX));
    header.set_cksum();
    // Six digits, as GNU tar, bsdtar and the format's own text write it: what they make can be read.
    let sum = header.cksum().map_err(|_| form(name))?;
    for (place, byte) in header.as_old_mut().cksum.iter_mut().zip(format!("{sum:06o}\0 ").bytes()) {
        *place = byte;
    }
    Ok(header)
}

/// The name in a header of a regular file; whatever else an archive can hold is refused by its kind.
fn name(header: &Header) -> Result<String, LoadError> {
    if header.as_ustar().is_none() && header.as_gnu().is_none() {
        return Err(wrong(FOREIGN));
    }
    let name = header.path_bytes();
    let Ok(name) = str::from_utf8(&name) else {
        return Err(no_member(&String::from_utf8_lossy(&name)));
    };
    let what = match header.entry_type() {
        EntryType::Regular => return Ok(name.to_owned()),
        EntryType::Link => "a hard link",
        EntryType::Symlink => "a symbolic link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Directory => "a folder",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a file with holes",
        _ => "an extension of the archive",
    };
    let message = format!("it is {what}, and a bundle holds regular files alone");
    let problem = Problem::error("archive.kind", message).help(REPACK);
    Err(of_file(LoadErrorKind::Layout, name, problem))
}

const FOREIGN: &str = "it is not a bundle in its single-file form";

const REPACK: &str = "pack the folder with `notegate bundle pack`";

fn form(name: &str) -> LoadError {
    let message = "it is not written in the form that a bundle has";
    let problem = Problem::error("archive.form", message).help(REPACK);
    of_file(LoadErrorKind::Layout, name, problem)
}

fn truncated() -> LoadError {
    let problem = Problem::error("archive.truncated", "it ends before its end");
    LoadError::new(LoadErrorKind::Layout, problem.help("fetch or pack it again"))
}

fn wrong(message: &str) -> LoadError {
    let problem = Problem::error("archive.form", message).help(REPACK);
    LoadError::new(LoadErrorKind::Layout, problem)
}
