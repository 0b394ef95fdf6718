//! Test cases of a bundle: decided and compared.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Case, CaseEntities, Snapshot};
use crate::bundle::{Bundle, Member};
use crate::model::{Decision, LoadError, Outcome, PolicyId};

/// How the test cases of a bundle came out. In JSON with how many of them passed and failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseReport {
    /// One for each case that was run, in the order of files.
    pub results: Vec<CaseResult>,
    /// The policies that no case made determining, in the order of the policy set.
    pub undetermined: Vec<PolicyId>,
    /// How many cases the filter left out.
    pub left_out: usize,
}

/// How one test case came out. In JSON with whether it passed, and of the outcome the decision and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The file it stands in.
    pub file: Arc<str>,
    /// Its name, or its number in the file.
    pub name: String,
    /// What the snapshot said.
    pub outcome: Option<Outcome>,
    /// Where that differs from what is expected.
    pub differences: Vec<Difference>,
    /// Why it could not be decided, when it could not.
    pub error: Option<String>,
}

/// Where an outcome differs from what a test case expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Difference {
    /// The field of the case: `decision`, `reason`, `num_errors`, `obligations` or `message`.
    pub field: &'static str,
    /// What the case expects.
    pub expected: String,
    /// What the outcome is.
    pub actual: String,
}

impl CaseResult {
    /// Whether all was as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.error.is_none() && self.differences.is_empty()
    }
}

/// A report in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "CaseReport"))]
pub(crate) struct ReportShape<'a> {
    passed: usize,
    failed: usize,
    left_out: usize,
    #[cfg_attr(test, ts(as = "Vec<ResultShape<'static>>"))]
    cases: &'a [CaseResult],
    #[cfg_attr(test, ts(as = "Vec<String>"))]
    undetermined: Vec<&'a str>,
}

/// A result in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "CaseResult"))]
struct ResultShape<'a> {
    file: &'a str,
    name: &'a str,
    passed: bool,
    #[cfg_attr(test, ts(type = "\"allow\" | \"deny\" | null"))]
    decision: Option<&'static str>,
    reason: Vec<&'a str>,
    differences: &'a [Difference],
    error: Option<&'a str>,
}

impl Serialize for CaseReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let failed = self.failed();
        let shape = ReportShape {
            passed: self.results.len().saturating_sub(failed),
            failed,
            left_out: self.left_out,
            cases: &self.results,
            undetermined: self.undetermined.iter().map(AsRef::as_ref).collect(),
        };
        shape.serialize(serializer)
    }
}

impl Serialize for CaseResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let reason = self.outcome.iter().flat_map(|outcome| &outcome.reason);
        let shape = ResultShape {
            file: &self.file,
            name: &self.name,
            passed: self.passed(),
            decision: self.outcome.as_ref().map(|outcome| match outcome.decision {
                Decision::Allow => "allow",
                Decision::Deny => "deny",
            }),
            reason: reason.map(AsRef::as_ref).collect(),
            differences: &self.differences,
            error: self.error.as_deref(),
        };
        shape.serialize(serializer)
    }
}

impl CaseReport {
    /// How many cases failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|result| !result.passed()).count()
    }
}

impl Snapshot {
    /// Decides the test cases of a bundle and compares; with a filter, only those whose name or
    /// file contains it.
    ///
    /// A case that cannot be decided has failed, and the rest goes on. Entities that several cases
    /// share by path are read once.
    ///
    /// # Errors
    /// When a file is no list of cases.
    pub fn run_cases(
        &self,
        bundle: &Bundle,
        filter: Option<&str>,
    ) -> Result<CaseReport, LoadError> {
        let mut stores = HashMap::new();
        let mut determining: HashSet<PolicyId> = HashSet::new();
        let (mut results, mut left_out) = (Vec::new(), 0_usize);
        for member in bundle.tests() {
            for (at, case) in Case::read_all(member, self.limits())?.iter().enumerate() {
                let name = case.shown_name(at);
                if filter.is_some_and(|part| !name.contains(part) && !member.name.contains(part)) {
                    left_out = left_out.saturating_add(1);
                    continue;
                }
                let file = Arc::clone(&member.name);
                results.push(match self.run_case(case, member, bundle, &mut stores) {
                    Ok(outcome) => {
                        determining.extend(outcome.reason.iter().cloned());
                        let differences = differences(case, &outcome);
                        let outcome = Some(outcome);
                        CaseResult { file, name, outcome, differences, error: None }
                    }
                    Err(error) => {
                        let (outcome, differences) = (None, Vec::new());
                        CaseResult { file, name, outcome, differences, error: Some(error) }
                    }
                });
            }
        }
        let ids = self.policies().iter().map(|info| &info.id);
        let undetermined = ids.filter(|id| !determining.contains(*id)).cloned().collect();
        Ok(CaseReport { results, undetermined, left_out })
    }

    fn run_case(
        &self,
        case: &Case,
        member: &Member,
        bundle: &Bundle,
        stores: &mut HashMap<String, Result<Self, String>>,
    ) -> Result<Outcome, String> {
        let request = case.request(&self.shape(None)).map_err(|error| error.to_string())?;
        let own;
        let snapshot = match &case.entities {
            None => self,
            Some(CaseEntities::Inline(entities)) => {
                let text = serde_json::to_string(entities).map_err(|error| error.to_string())?;
                let name = Arc::clone(&member.name);
                let read = self.with_entities(&Member { name, text: text.into() });
                own = read.map_err(|error| without_place(&error))?;
                &own
            }
            Some(CaseEntities::Path(path)) => match member_at(&member.name, path, bundle)? {
                // They are read already.
                stored if bundle.entities().is_some_and(|own| own.name == stored.name) => self,
                other => stores
                    .entry(other.name.to_string())
                    .or_insert_with(|| self.with_entities(other).map_err(|error| error.to_string()))
                    .as_ref()
                    .map_err(Clone::clone)?,
            },
        };
        Ok(snapshot.evaluate(&request))
    }
}

/// The member of the bundle that a path in a test file means. No file is opened.
fn member_at<'a>(from: &str, path: &str, bundle: &'a Bundle) -> Result<&'a Member, String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.is_empty() => return Err(nowhere(path)),
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    let name = parts.join("/");
    let mut members = bundle.tests().iter().chain(bundle.entities());
    members.find(|member| *member.name == name).ok_or_else(|| nowhere(path))
}

fn nowhere(path: &str) -> String {
    format!("entities `{}` are neither a file in `tests` nor entities.json", path.escape_debug())
}

/// Entities that stand in a case have no place of their own in its file.
fn without_place(error: &LoadError) -> String {
    let problems: Vec<&str> = error.problems().iter().map(|one| one.message.as_str()).collect();
    problems.join("\n")
}

/// Where the outcome is not what the case expects.
fn differences(case: &Case, outcome: &Outcome) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut compare = |field, expected: String, actual: String| {
        if expected != actual {
            differences.push(Difference { field, expected, actual });
        }
    };
    compare("decision", decision(case.decision), decision(outcome.decision));
    if let Some(expected) = &case.reason {
        let actual: BTreeSet<&str> = outcome.reason.iter().map(AsRef::as_ref).collect();
        compare("reason", list(expected), list(&actual));
    }
    let errors = outcome.errors.len();
    if errors != case.num_errors {
        let messages = outcome.errors.iter().map(|error| error.message.as_str());
        let messages = messages.collect::<Vec<_>>().join("; ");
        compare(
            "num_errors",
            case.num_errors.to_string(),
            match errors {
                0 => errors.to_string(),
                _ => format!("{errors} ({messages})"),
            },
        );
    }
    if let Some(expected) = &case.obligations {
        let pairs = expected.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        compare("obligations", obligations(pairs), obligations(outcome.obligations.iter()));
    }
    if let Some(expected) = &case.message {
        compare(
            "message",
            format!("{expected:?}"),
            match &outcome.message {
                Some(actual) => format!("{actual:?}"),
                None => "none".to_owned(),
            },
        );
    }
    differences
}

fn decision(decision: Decision) -> String {
    match decision {
        Decision::Allow => "allow".to_owned(),
        Decision::Deny => "deny".to_owned(),
    }
}

fn list(ids: &BTreeSet<impl AsRef<str>>) -> String {
    let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}

fn obligations<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}: {value:?}")).collect();
    if pairs.is_empty() { "none".to_owned() } else { pairs.join(", ") }
}

#[cfg(test)]
#[path = "cases_tests.rs"]
mod tests;
