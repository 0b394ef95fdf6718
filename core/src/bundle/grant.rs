//! Just-in-time access as data.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::json;
use super::{GrantTerms, Member};
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem, Timestamp};

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
    #[serde(deserialize_with = "json::timestamp")]
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
    pub(super) fn parse_all(member: &Member, limits: &Limits) -> Result<Vec<Self>, LoadError> {
        let grants: Vec<Self> =
            json::parse(member, limits, LoadErrorKind::Grants, "grants.syntax")?;
        Exceeded::check("policies", limits.policies, grants.len())
            .map_err(|exceeded| member.exceeded(exceeded))?;
        let mut seen = BTreeSet::new();
        let mut problems = Vec::new();
        for grant in &grants {
            if !seen.insert(&grant.id) {
                problems.push(grant.problem("its id is there twice".to_owned()));
            }
            if grant.approved_by.contains(&grant.principal.id) {
                problems.push(grant.problem("its principal approved it".to_owned()));
            }
        }
        placed(problems, member)?;
        Ok(grants)
    }

    /// Whether all of them satisfy the terms of a bundle.
    pub(super) fn check_all(
        grants: &[Self],
        terms: &GrantTerms,
        member: &Member,
    ) -> Result<(), LoadError> {
        let want = terms.approvers;
        let few = grants.iter().filter(|grant| grant.approved_by.len() < want);
        let problem = |grant: &Self| {
            let have = grant.approved_by.len();
            grant.problem(format!("{have} approved it and the manifest asks for {want}"))
        };
        placed(few.map(problem).collect(), member)
    }

    fn problem(&self, message: String) -> Problem {
        let id = self.id.escape_debug();
        Problem::error("grants.terms", format!("grant `{id}`: {message}"))
    }
}

fn placed(problems: Vec<Problem>, member: &Member) -> Result<(), LoadError> {
    let placed = problems.into_iter().map(|one| one.file(&member.name, &member.text));
    LoadError::check(LoadErrorKind::Grants, placed.collect())
}
