//! The status in JSON.

use serde::Serialize;
use serde_json::{Value, json};

use super::status::{Followed, GrantsStatus, Status};
use crate::model::LoadError;

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Status"))]
pub(crate) struct StatusShape<'a> {
    revision: String,
    name: &'a str,
    sequence: u64,
    signed_by: &'a [String],
    origin: String,
    activated_at: String,
    expires: Option<String>,
    expired: bool,
    stale: bool,
    grants: Option<GrantsShape<'a>>,
    #[serde(flatten)]
    followed: FollowedShape<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "GrantsStatus"))]
struct GrantsShape<'a> {
    sequence: Option<u64>,
    in_force: bool,
    stale: bool,
    #[serde(flatten)]
    followed: FollowedShape<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Followed"))]
struct FollowedShape<'a> {
    source: Option<&'a str>,
    last_checked: Option<String>,
    last_error: Option<LastErrorShape<'a>>,
    consecutive_failures: u32,
    age_ms: u64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "LastError"))]
struct LastErrorShape<'a> {
    #[serde(flatten)]
    error: LoadErrorShape<'a>,
    at: String,
}

impl Status {
    /// The status as JSON, with the fields of `bundle` beside the others.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!(StatusShape {
            revision: self.revision.to_string(),
            name: &self.name,
            sequence: self.sequence,
            signed_by: &self.signed_by,
            origin: self.origin.to_string(),
            activated_at: self.activated_at.to_string(),
            expires: self.expires.map(|at| at.to_string()),
            expired: self.expired,
            stale: self.stale,
            grants: self.grants.as_ref().map(GrantsShape::of),
            followed: FollowedShape::of(&self.bundle),
        })
    }
}

impl<'a> GrantsShape<'a> {
    fn of(grants: &'a GrantsStatus) -> Self {
        let GrantsStatus { sequence, in_force, stale, ref followed } = *grants;
        Self { sequence, in_force, stale, followed: FollowedShape::of(followed) }
    }
}

impl<'a> FollowedShape<'a> {
    fn of(followed: &'a Followed) -> Self {
        let last_error = followed.last_error.as_ref();
        Self {
            source: followed.source.as_deref(),
            last_checked: followed.last_checked.map(|at| at.to_string()),
            last_error: last_error.map(|(at, error)| LastErrorShape {
                error: LoadErrorShape::of(error),
                at: at.to_string(),
            }),
            consecutive_failures: followed.consecutive_failures,
            age_ms: u64::try_from(followed.age.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "LoadErrorJson"))]
struct LoadErrorShape<'a> {
    code: Option<&'a str>,
    message: String,
    help: Option<&'a str>,
}

impl<'a> LoadErrorShape<'a> {
    fn of(error: &'a LoadError) -> Self {
        let first = error.problems().first();
        Self {
            code: first.map(|problem| problem.code),
            message: error.to_string(),
            help: first.and_then(|problem| problem.help.as_deref()),
        }
    }
}

/// An error as JSON: the code of its first problem, the message, and what to do next.
pub(super) fn error_json(error: &LoadError) -> Value {
    json!(LoadErrorShape::of(error))
}
