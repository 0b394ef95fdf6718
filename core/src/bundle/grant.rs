//! Just-in-time access as data.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::manifest::parse_json;
use super::{Manifest, Member};
use crate::model::{Limits, LoadError, LoadErrorKind, Problem, Timestamp};

/// One grant: access for somebody, to something, until a moment.
///
/// ```json
/// {
///   "id": "incident-4711",
///   "principal": {"type": "Notebook::User", "id": "ada"},
///   "action": "data:read",
///   "resource": {"type": "Notebook::Dataset", "id": "trial-7"},
///   "expires": "2026-12-01T16:00:00Z",
///   "reason": "incident 4711",
///   "approved_by": ["grace", "edsger"]
/// }
/// ```
///
/// A grant becomes a permit whose id is `grant:<id>`. It counts until the instant `expires`, by
/// the context's `now`; nothing has to be reloaded for it to end. A forbid is stronger.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Its name, unique in the bundle.
    pub id: String,
    /// Who may; a `Notebook::Group` stands for everybody in it.
    pub principal: GrantUid,
    /// The action's name.
    pub action: String,
    /// On what; a group-like resource stands for everything in it.
    pub resource: GrantUid,
    /// When it ends.
    #[serde(deserialize_with = "timestamp")]
    pub expires: Timestamp,
    /// Why it was given.
    pub reason: String,
    /// The ids of the `Notebook::User`s who approved it.
    pub approved_by: BTreeSet<String>,
}

/// The parts of an entity uid in a grant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantUid {
    /// The entity type, with its namespace.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The id.
    pub id: String,
}

impl Grant {
    pub(super) fn parse_all(
        member: &Member,
        manifest: &Manifest,
        limits: &Limits,
    ) -> Result<Vec<Self>, LoadError> {
        let grants: Vec<Self> = parse_json(member, limits, LoadErrorKind::Grants, "grants.syntax")?;
        let mut seen = BTreeSet::new();
        let mut problems = Vec::new();
        for grant in &grants {
            if !seen.insert(&grant.id) {
                problems.push(grant.problem("its id is there twice".to_owned()));
            }
            if grant.approved_by.contains(&grant.principal.id) {
                problems.push(grant.problem("its principal approved it".to_owned()));
            }
            let (have, want) = (grant.approved_by.len(), manifest.grants.approvers);
            if have < want {
                let message = format!("{have} approved it and the manifest asks for {want}");
                problems.push(grant.problem(message));
            }
        }
        let placed = problems.into_iter().map(|one| one.file(&member.name, &member.text));
        LoadError::check(LoadErrorKind::Grants, placed.collect())?;
        Ok(grants)
    }

    fn problem(&self, message: String) -> Problem {
        let id = self.id.escape_debug();
        Problem::error("grants.terms", format!("grant `{id}`: {message}"))
    }
}

fn timestamp<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    Timestamp::parse(&text).map_err(serde::de::Error::custom)
}
