//! What a bundle says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::{Digest, Member};
use crate::model::{Limits, LoadError, LoadErrorKind, Problem, Span, Timestamp};

/// What a bundle says of itself: `manifest.json`.
///
/// ```json
/// {
///   "name": "baseline",
///   "sequence": 1,
///   "model": "notebook/1",
///   "sensitivity": ["public", "internal", "confidential", "restricted"],
///   "grants": {"approvers": 2}
/// }
/// ```
///
/// Every field may be left out; an unknown one is refused. The ranks of sensitivity labels are
/// their places in the list, from 0.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manifest {
    /// The bundle's name.
    pub name: String,
    /// Its place in the order of deliveries.
    pub sequence: u64,
    /// The model its policies are written for.
    pub model: Model,
    /// Sensitivity labels, the least sensitive first.
    pub sensitivity: Vec<String>,
    /// What every grant must satisfy.
    pub grants: GrantTerms,
    /// When it was made.
    #[serde(deserialize_with = "moment")]
    pub created: Option<Timestamp>,
    /// When it ends.
    #[serde(deserialize_with = "moment")]
    pub expires: Option<Timestamp>,
    /// The digest of every other member, by name; a folder under development may leave it out.
    pub members: Option<BTreeMap<String, Digest>>,
}

/// The model that policies are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Model {
    /// The shipped notebook model, version 1; the bundle's schema adds its own namespace.
    #[serde(rename = "notebook/1")]
    Notebook,
    /// No shipped model: the schema that comes with the policies is all there is.
    #[serde(skip)]
    Own,
}

/// What every grant in a bundle must satisfy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
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

impl Manifest {
    pub(super) fn loose() -> Self {
        let (name, model) = ("loose".to_owned(), Model::Own);
        Self { name, model, sensitivity: Vec::new(), ..Self::default() }
    }

    pub(super) fn parse(member: &Member, limits: &Limits) -> Result<Self, LoadError> {
        let manifest: Self = parse_json(member, limits, LoadErrorKind::Layout, "manifest.syntax")?;
        let labels = &manifest.sensitivity;
        let mut seen = labels.iter().enumerate();
        match seen.find(|(at, label)| labels.iter().take(*at).any(|other| other == *label)) {
            Some((_, label)) => {
                let message = format!("sensitivity `{}` is there twice", label.escape_debug());
                let problem = Problem::error("manifest.sensitivity", message);
                let problem = problem.file(&member.name, &member.text);
                Err(LoadError::new(LoadErrorKind::Layout, problem))
            }
            None => Ok(manifest),
        }
    }
}

/// Parses a JSON member, with the place of what is wrong in it.
pub(super) fn parse_json<T: for<'a> Deserialize<'a>>(
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

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Timestamp::parse(&text).map(Some).map_err(serde::de::Error::custom)
}
