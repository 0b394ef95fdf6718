//! What a bundle may hold, by name.

use std::sync::Arc;

use super::KeyId;
use crate::model::{LoadError, LoadErrorKind, Problem};

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const SCHEMA: &str = "schema.cedarschema";
pub(super) const ENTITIES: &str = "entities.json";
pub(super) const GRANTS: &str = "grants.json";

/// How deep the folders of a bundle may be nested; test cases need no deep tree.
pub(super) const DEEPEST: usize = 4;

/// What a member is for, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Manifest,
    Signature(KeyId),
    Single,
    Policies,
    Test,
}

impl Role {
    /// `None` when no member may have this name: one that leads elsewhere has no role.
    pub(super) fn of(name: &str) -> Option<Self> {
        let plain = |segment: &str| !segment.is_empty() && !segment.starts_with('.');
        let odd = |char: char| char == '\\' || char.is_control();
        if !name.split('/').all(plain) || name.contains(odd) {
            return None;
        }
        match name.split_once('/') {
            None if name == MANIFEST => Some(Self::Manifest),
            None if [SCHEMA, ENTITIES, GRANTS].contains(&name) => Some(Self::Single),
            None if name.ends_with(".cedar") => Some(Self::Policies),
            None => {
                let id = name.strip_prefix("manifest.")?.strip_suffix(".sig")?;
                KeyId::parse(id).map(Self::Signature)
            }
            Some(("tests", rest))
                if rest.ends_with(".json") && name.matches('/').count() <= DEEPEST =>
            {
                Some(Self::Test)
            }
            Some(_) => None,
        }
    }
}

/// Something is there that no bundle holds.
pub(super) fn no_member(name: &str) -> LoadError {
    let message = format!("`{}` is not a member of a bundle", name.escape_debug());
    let help = "a bundle holds manifest.json, schema.cedarschema, *.cedar, entities.json, \
                grants.json, tests/*.json and signatures";
    LoadError::new(LoadErrorKind::Layout, Problem::error("bundle.member", message).help(help))
}

pub(super) fn twice(name: &str) -> LoadError {
    layout(format!("member `{}` is there twice", name.escape_debug()))
}

pub(super) fn layout(message: impl Into<String>) -> LoadError {
    LoadError::new(LoadErrorKind::Layout, Problem::error("bundle.layout", message))
}

/// A problem of one file as a whole.
pub(super) fn of_file(kind: LoadErrorKind, name: &str, problem: Problem) -> LoadError {
    LoadError::new(kind, problem.file(&name.into(), &Arc::from("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_no_member() {
        for name in [
            "",
            ".",
            "..",
            "/a.cedar",
            "../a.cedar",
            "./a.cedar",
            "tests/../a.json",
            "tests//a.json",
            "tests/./a.json",
            "tests\\a.json",
            "a\0.cedar",
            "a\n.cedar",
            ".hidden.cedar",
            "tests/.a.json",
            "other/a.json",
            "tests/a/b/c/d/e.json",
            "manifest.0.sig",
            "manifest..sig",
            "a.cedar/",
        ] {
            assert_eq!(Role::of(name), None, "{name:?}");
        }
        assert_eq!(Role::of("tests/a/b.json"), Some(Role::Test));
        let id = "00112233445566778899aabbccddeeff";
        let signature = Role::of(&format!("manifest.{id}.sig"));
        assert_eq!(signature, KeyId::parse(id).map(Role::Signature));
    }
}
