//! A document that names a file names one that is there.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_file_that_a_document_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut missing = Vec::new();
    for document in documents(root) {
        let text = fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let links = between(&text, "](", ")").filter(|link| !link.contains("://"));
        let links = links.map(|link| folder.join(link.split('#').next().unwrap()));
        let rooms = ["core/", "cli/", "policies/", "benches/", "fuzz/", "docs/", ".ci/"];
        let paths = between(&text, "`", "`").filter(|word| {
            rooms.iter().any(|room| word.starts_with(room)) && !word.contains([' ', '*', '<', '\n'])
        });
        let paths = paths.map(|path| root.join(path));
        let absent = links.chain(paths).filter(|path| !path.exists());
        missing.extend(absent.map(|path| format!("{}: {}", document.display(), path.display())));
    }
    assert!(missing.is_empty(), "named and not there:\n{}", missing.join("\n"));
}

/// Every Markdown document that is kept, wherever it stands; not what was built or installed.
fn documents(root: &Path) -> Vec<PathBuf> {
    let (mut folders, mut documents) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let others = ["target", "node_modules"].contains(&name) || name.starts_with('.');
            if path.is_dir() && !others {
                folders.push(path);
            } else if name.ends_with(".md") {
                documents.push(path);
            }
        }
    }
    assert!(documents.len() > 3, "no documents under {}", root.display());
    documents
}

/// What stands between two marks, pair by pair.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(open)? + open.len();
        let length = rest[start..].find(close)?;
        let found = &rest[start..start + length];
        rest = &rest[start + length + close.len()..];
        Some(found)
    })
}
