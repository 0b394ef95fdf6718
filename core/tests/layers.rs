//! The arrows between the rooms, read from the sources.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms it may name.
const ROOMS: [(&str, &[&str]); 8] = [
    ("model", &[]),
    ("request", &["model"]),
    ("bundle", &["model"]),
    ("engine", &["model", "request", "bundle"]),
    ("store", &["model", "bundle", "engine"]),
    ("audit", &["model", "request", "adapters"]),
    ("pdp", &["model", "request", "bundle", "engine", "store", "audit"]),
    ("adapters", &["model", "request"]),
];

/// What only some files may touch, by what its name in the source is.
const TOUCHES: [(&str, &[&str]); 8] = [
    ("cedar_policy_core", &["engine/", "model/conformance.rs", "model/uid.rs"]),
    ("cedar_policy", &["engine/", "model/"]),
    ("std::fs", &["bundle/folder.rs", "store/follow/", "store/state.rs"]),
    ("cap_std", &["bundle/folder.rs"]),
    ("std::thread", &["audit/lines.rs", "store/follow/", "store/state.rs"]),
    ("SystemTime::now", &["pdp/clock.rs"]),
    ("Instant", &["pdp/clock.rs"]),
    ("RandomState", &["pdp/clock.rs", "engine/"]),
];

#[test]
fn every_arrow_between_rooms_is_in_the_table() {
    let mut wrong = Vec::new();
    for (name, code) in sources() {
        let room = name.split('/').next().unwrap();
        let Some((_, allowed)) = ROOMS.iter().find(|(known, _)| *known == room) else {
            assert!(name == "lib.rs", "`{name}` is in no room of the table");
            continue;
        };
        for (other, _) in ROOMS.iter().filter(|(other, _)| *other != room) {
            if names_room(&code, other) && !allowed.contains(other) {
                wrong.push(format!("{name} names {other}"));
            }
        }
        // From `room/file.rs`, two steps up is the crate; from `room/mod.rs`, one.
        let steps = name.matches('/').count() + usize::from(!name.ends_with("mod.rs"));
        if code.contains(&"super::".repeat(steps)) {
            wrong.push(format!("{name} leaves its room by `super`"));
        }
    }
    assert!(wrong.is_empty(), "arrows that are not in the table:\n{}", wrong.join("\n"));
}

#[test]
fn files_threads_clocks_randomness_and_the_language_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (name, code) in sources() {
        for (what, allowed) in TOUCHES {
            if names(&code, what) && !allowed.iter().any(|place| name.starts_with(place)) {
                wrong.push(format!("{name} touches {what}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn doors_do_not_name_the_policy_language() {
    for door in ["cli", "bindings-python", "bindings-wasm/js", "bindings-wasm/proxy"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(door);
        let mut texts = read_all(&folder.join("src"));
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        texts.insert("Cargo.toml".to_owned(), manifest);
        for (name, text) in texts {
            let named = text.contains("cedar_policy") || text.contains("cedar-policy");
            assert!(!named, "{door}/{name}");
        }
    }
}

#[test]
fn the_contents_page_holds_no_logic() {
    let (_, code) = sources().into_iter().find(|(name, _)| name == "lib.rs").unwrap();
    // Behind it there is only the README, whose example is run as a test.
    let code = code.split("#[cfg(doctest)]").next().unwrap();
    for line in code.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let listed = line.starts_with("pub mod ") || line.starts_with("pub use ");
        assert!(listed && !line.contains('*'), "lib.rs: {line}");
    }
}

/// Sources by path inside `src`, without comments and without the tests at their foot.
fn sources() -> BTreeMap<String, String> {
    let mut sources = read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    sources.retain(|name, _| !name.ends_with("_tests.rs"));
    for text in sources.values_mut() {
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let uncommented = code.lines().map(|line| line.split("//").next().unwrap());
        *text = uncommented.collect::<Vec<_>>().join("\n");
    }
    sources
}

fn read_all(root: &Path) -> BTreeMap<String, String> {
    let (mut folders, mut texts) = (vec![root.to_owned()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                texts.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(!texts.is_empty(), "no sources under {}", root.display());
    texts
}

/// Whether the code names a room: `crate::room`, alone or in a group of imports.
fn names_room(code: &str, room: &str) -> bool {
    let grouped = code.split("crate::{").skip(1).any(|group| {
        let group = group.split(';').next().unwrap();
        group.split([',', '{', '}']).any(|item| item.trim().split("::").next() == Some(room))
    });
    grouped || names(code, &format!("crate::{room}"))
}

/// Whether the code has this path, as whole words.
fn names(code: &str, path: &str) -> bool {
    let word = |char: Option<char>| char.is_some_and(|char| char.is_alphanumeric() || char == '_');
    code.match_indices(path).any(|(at, _)| {
        let (before, after) =
            (code[..at].chars().next_back(), code[at + path.len()..].chars().next());
        !word(before) && !word(after)
    })
}
