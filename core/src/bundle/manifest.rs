//! What a bundle says of itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::json::{self, Digests};
use super::{Digest, Member};
use crate::model::{Limits, LoadError, LoadErrorKind, Problem, Timestamp};

/// The most that 53 bits hold.
const HIGHEST_SEQUENCE: u64 = (1 << 53) - 1;
const LONGEST_NAME: usize = 128;
const MOST_LABELS: usize = 64;
const LONGEST_LABEL: usize = 256;
const MOST_APPROVERS: usize = 64;

/// What a bundle says of itself: `manifest.json`.
///
/// ```json
/// {
///   "name": "baseline",
///   "sequence": 1,
///   "model": "notebook/1",
///   "sensitivity": ["public", "internal", "confidential", "restricted"],
///   "grants": {"approvers": 2},
///   "created": "2026-11-23T09:00:00.000Z",
///   "expires": "2026-12-23T09:00:00.000Z",
///   "members": {"policies.cedar": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
/// }
/// ```
///
/// Every field may be left out under development; an unknown one is refused, and so is one that is
/// there twice. A manifest with `members` is sealed: it must also have a `name` and a `sequence`,
/// and the bundle holds exactly what it lists.
///
/// | Field | Bound |
/// |---|---|
/// | `name` | 1 to 128 of `A`-`Z`, `a`-`z`, `0`-`9`, `.`, `_` and `-`, the first a letter or digit |
/// | `sequence` | below 2^53, so that every reader of JSON reads the same number |
/// | `sensitivity` | 64 labels of 256 bytes |
/// | `approvers` | 64 |
/// | `created` | not after `expires` |
/// | all of it | the limits `manifest_bytes` and `json_nesting` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The bundle's name.
    pub name: String,
    /// Its place in the order of deliveries.
    pub sequence: u64,
    /// The model its policies are written for.
    pub model: Model,
    /// Sensitivity labels, the least sensitive first; their ranks are their places, from 0.
    pub sensitivity: Vec<String>,
    /// What every grant must satisfy.
    pub grants: GrantTerms,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// The digest of every other member, by name; `None` when the bundle is not sealed.
    pub members: Option<BTreeMap<String, Digest>>,
}

/// The model that policies are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Model {
    /// The shipped notebook model, version 1; the bundle's schema adds its own namespace.
    #[serde(rename = "notebook/1")]
    Notebook,
    /// No shipped model: the schema that comes with the policies is all there is.
    #[serde(skip)]
    Own,
}

/// What every grant in a bundle must satisfy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrantTerms {
    /// How many different people must have approved it; none of them is its principal.
    pub approvers: usize,
}

impl Default for Manifest {
    fn default() -> Self {
        let labels = ["public", "internal", "confidential", "restricted"];
        Self {
            name: "unnamed".to_owned(),
            sequence: 0,
            model: Model::Notebook,
            sensitivity: labels.map(str::to_owned).to_vec(),
            grants: GrantTerms::default(),
            created: None,
            expires: None,
            members: None,
        }
    }
}

/// The text of a manifest.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Text {
    #[serde(deserialize_with = "json::given")]
    name: Option<String>,
    #[serde(deserialize_with = "json::given")]
    sequence: Option<u64>,
    #[serde(deserialize_with = "json::given")]
    model: Option<Model>,
    #[serde(deserialize_with = "json::given")]
    sensitivity: Option<Vec<String>>,
    grants: GrantTerms,
    #[serde(deserialize_with = "json::moment")]
    created: Option<Timestamp>,
    #[serde(deserialize_with = "json::moment")]
    expires: Option<Timestamp>,
    #[serde(deserialize_with = "json::given")]
    members: Option<Digests>,
}

/// The same, as it is written when a bundle is sealed.
#[derive(Serialize)]
struct Written<'a> {
    name: &'a str,
    sequence: u64,
    model: Model,
    sensitivity: &'a [String],
    grants: &'a GrantTerms,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    members: &'a BTreeMap<String, Digest>,
}

impl Manifest {
    #[cfg(not(target_os = "wasi"))]
    pub(super) fn loose() -> Self {
        let (name, model) = ("loose".to_owned(), Model::Own);
        Self { name, model, sensitivity: Vec::new(), ..Self::default() }
    }

    pub(super) fn parse(member: &Member, limits: &Limits) -> Result<Self, LoadError> {
        let text: Text = json::parse_manifest(member, limits)?;
        let other = Self::default();
        let unstated = [("name", text.name.is_none()), ("sequence", text.sequence.is_none())];
        let manifest = Self {
            name: text.name.unwrap_or(other.name),
            sequence: text.sequence.unwrap_or(other.sequence),
            model: text.model.unwrap_or(other.model),
            sensitivity: text.sensitivity.unwrap_or(other.sensitivity),
            grants: text.grants,
            created: text.created,
            expires: text.expires,
            members: text.members.map(|members| members.0),
        };
        let mut problems = manifest.problems();
        if manifest.members.is_some() {
            let unstated = unstated.into_iter().filter(|(_, unstated)| *unstated);
            problems.extend(unstated.map(|(field, _)| {
                let message = format!("it has `members` and no `{field}`");
                Problem::error("manifest.field", message)
            }));
        }
        placed(problems, member)?;
        Ok(manifest)
    }

    /// Its text, with these members.
    pub(super) fn write(&self, members: &BTreeMap<String, Digest>) -> Result<Member, LoadError> {
        json::write_manifest(&Written {
            name: &self.name,
            sequence: self.sequence,
            model: self.model,
            sensitivity: &self.sensitivity,
            grants: &self.grants,
            created: self.created.map(|moment| moment.to_string()),
            expires: self.expires.map(|moment| moment.to_string()),
            members,
        })
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems = common_problems(&self.name, self.sequence, self.created, self.expires);
        let mut wrong = |code, message: String| problems.push(Problem::error(code, message));
        if self.grants.approvers > MOST_APPROVERS {
            let (found, most) = (self.grants.approvers, MOST_APPROVERS);
            wrong("manifest.field", format!("`approvers` is {found}, and may be {most} at most"));
        }
        if self.sensitivity.len() > MOST_LABELS {
            let (found, most) = (self.sensitivity.len(), MOST_LABELS);
            wrong("manifest.sensitivity", format!("there are {found} labels, and {most} at most"));
            return problems;
        }
        let mut seen = BTreeSet::new();
        for label in &self.sensitivity {
            if label.len() > LONGEST_LABEL {
                let message =
                    format!("a label has {} bytes, and {LONGEST_LABEL} at most", label.len());
                wrong("manifest.sensitivity", message);
            } else if !seen.insert(label) {
                let message = format!("sensitivity `{}` is there twice", label.escape_debug());
                wrong("manifest.sensitivity", message);
            }
        }
        problems
    }
}

/// What is wrong with the fields that every manifest has.
pub(super) fn common_problems(
    name: &str,
    sequence: u64,
    created: Option<Timestamp>,
    expires: Option<Timestamp>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |message: String| problems.push(Problem::error("manifest.field", message));
    let first = name.bytes().next();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !first.is_some_and(|first| first.is_ascii_alphanumeric())
        || name.len() > LONGEST_NAME
        || !name.bytes().all(plain)
    {
        let shown: String = name.chars().take(LONGEST_NAME).flat_map(char::escape_debug).collect();
        wrong(format!(
            "`{shown}` is not a bundle's name: 1 to {LONGEST_NAME} letters, digits, `.`, `_` and `-`, \
             the first a letter or digit"
        ));
    }
    if sequence > HIGHEST_SEQUENCE {
        wrong(format!("`sequence` is {sequence}, and may be {HIGHEST_SEQUENCE} at most"));
    }
    if let (Some(created), Some(expires)) = (created, expires)
        && created > expires
    {
        wrong(format!("it ends, at {expires}, before it is made, at {created}"));
    }
    problems
}

/// `Ok` when there are no problems; each is said of the whole manifest.
pub(super) fn placed(problems: Vec<Problem>, member: &Member) -> Result<(), LoadError> {
    let problems = problems.into_iter().map(|problem| problem.file(&member.name, &member.text));
    LoadError::check(LoadErrorKind::Layout, problems.collect())
}
