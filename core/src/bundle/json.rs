//! JSON of manifests and grants, read strictly and written in one way.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::layout::{MANIFEST, Role};
use super::{Digest, Member};
use crate::model::{Limits, LoadError, LoadErrorKind, Problem, Span, Timestamp};

/// Parses a JSON member, with the place of what is wrong in it.
pub(super) fn parse<T: for<'a> Deserialize<'a>>(
    member: &Member,
    limits: &Limits,
    kind: LoadErrorKind,
    code: &'static str,
) -> Result<T, LoadError> {
    limits.check_json_nesting(&member.text).map_err(|exceeded| member.exceeded(exceeded))?;
    serde_json::from_str(&member.text).map_err(|error| {
        let lines = member.text.split_inclusive('\n').map(str::len);
        let before = lines.take(error.line().saturating_sub(1)).fold(0, usize::saturating_add);
        let offset = before.saturating_add(error.column().saturating_sub(1));
        let span = Span { offset: offset.min(member.text.len()), length: 0, label: None };
        let problem = Problem::error(code, error.to_string());
        LoadError::new(kind, problem.at(&member.name, &member.text, vec![span]))
    })
}

/// Parses a manifest. A list of its fields' values is none, though a derived reader would take it.
pub(super) fn parse_manifest<T: for<'a> Deserialize<'a>>(
    member: &Member,
    limits: &Limits,
) -> Result<T, LoadError> {
    const CODE: &str = "manifest.syntax";
    limits.check_json_nesting(&member.text).map_err(|exceeded| member.exceeded(exceeded))?;
    if member.text.trim_ascii_start().starts_with('[') {
        let problem = Problem::error(CODE, "a manifest is an object, and this is an array");
        let problem = problem.file(&member.name, &member.text);
        return Err(LoadError::new(LoadErrorKind::Layout, problem));
    }
    parse(member, limits, LoadErrorKind::Layout, CODE)
}

/// The text of a manifest: indented, with a line end at its end.
pub(super) fn write_manifest(manifest: &impl Serialize) -> Result<Member, LoadError> {
    let mut text = serde_json::to_string_pretty(manifest).map_err(|error| {
        let problem = Problem::error("manifest.syntax", error.to_string());
        LoadError::new(LoadErrorKind::Layout, problem)
    })?;
    text.push('\n');
    Ok(Member { name: MANIFEST.into(), text: text.into() })
}

/// A field that may be left out and is not `null`.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A moment that may be left out and is not `null`.
pub(super) fn moment<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    timestamp(deserializer).map(Some)
}

/// A moment.
pub(super) fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    Timestamp::parse(&text).map_err(D::Error::custom)
}

/// The digests of the members of a bundle; a name that is there twice, or that no member may have,
/// is refused.
#[derive(Debug)]
pub(super) struct Digests(pub(super) BTreeMap<String, Digest>);

impl<'de> Deserialize<'de> for Digests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Digests;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names of members with their digests")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Digests, A::Error> {
                let mut members = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    let shown = name.escape_debug();
                    if matches!(Role::of(&name), None | Some(Role::Manifest | Role::Signature(_))) {
                        let message = format!("`{shown}` is not a member that has a digest");
                        return Err(A::Error::custom(message));
                    }
                    match members.entry(name.clone()) {
                        Entry::Vacant(free) => _ = free.insert(map.next_value()?),
                        Entry::Occupied(_) => {
                            let message = format!("member `{shown}` is there twice");
                            return Err(A::Error::custom(message));
                        }
                    }
                }
                Ok(Digests(members))
            }
        }

        deserializer.deserialize_map(Names)
    }
}
