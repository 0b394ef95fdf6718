//! The packs that `init` writes and `demo` decides by, embedded in the binary.

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// A bundle to start from.
#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) name: &'static str,
    /// Paths inside the pack, with their text.
    pub(crate) files: &'static [(&'static str, &'static str)],
}

include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// A day of a hub that `baseline` governs, one request a line.
pub(crate) const DAY: &str = include_str!("../../policies/day.jsonl");

/// The name of the file that it is in.
pub(crate) const DAY_FILE: &str = "day.jsonl";

impl Pack {
    /// Every pack, the smallest first.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        let (first, rest): (Vec<_>, Vec<_>) = PACKS.iter().partition(|pack| pack.name == "minimal");
        first.into_iter().chain(rest)
    }

    /// The pack of this name.
    pub(crate) fn named(name: &str) -> Result<&'static Self, Failure> {
        PACKS.iter().find(|pack| pack.name == name).ok_or_else(|| {
            let names: Vec<_> = Self::all().map(|pack| pack.name).collect();
            Failure::new("pack.unknown", format!("there is no pack `{name}`"))
                .help(format!("the packs are {}", names.join(", ")))
        })
    }

    /// What it is for: the first sentence of prose in its README.
    pub(crate) fn summary(&self) -> String {
        let lines = self.file("README.md").unwrap_or_default().lines().map(str::trim);
        let prose = lines.skip_while(|line| line.is_empty() || line.starts_with('#'));
        let paragraph = prose.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        match paragraph.split_once(". ") {
            Some((sentence, _)) => format!("{sentence}."),
            None => paragraph,
        }
    }

    /// The files that are written out.
    pub(crate) fn members(&self) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
        self.files.iter()
    }

    /// The text of one of its files.
    pub(crate) fn file(&self, name: &str) -> Option<&'static str> {
        self.files.iter().find(|(path, _)| *path == name).map(|(_, text)| *text)
    }

    /// Writes the bundle to a folder that is not there yet, or is empty.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |error| Failure::unreadable(&path, &error)
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        if fs::read_dir(folder).map_err(failed(folder))?.next().is_some() {
            let message = format!("`{}` is not empty", folder.display());
            return Err(Failure::new("folder.not_empty", message)
                .help("give a folder that is not there yet, or an empty one"));
        }
        for (name, text) in self.members() {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(failed(parent))?;
            }
            fs::write(&path, text).map_err(failed(&path))?;
        }
        Ok(())
    }
}
