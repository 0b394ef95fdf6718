//! Sensitivity in entities, held against the manifest's order of labels.

use cedar_policy_core::ast::EntityUID;

use super::compiled::{Field, Fields, Store, Stored};
use super::names::KeyId;
use super::spot;
use crate::bundle::Member;
use crate::model::{LoadError, LoadErrorKind, Problem};

/// How many entities are reported.
const MOST: usize = 20;

/// Refuses entities with a `{rank, label}` record whose parts disagree.
///
/// Policies compare ranks and people read labels; when the two differ, data is guarded as something
/// other than what its label says.
///
/// # Errors
/// [`LoadError`] with the code `entities.sensitivity`, one problem for each of the first entities.
pub(super) fn check(
    store: &Store,
    labels: &[String],
    member: Option<&Member>,
) -> Result<(), LoadError> {
    let look = Look { store, labels };
    let wrong = store.names.entities().filter_map(|id| {
        let row = store.names.entity(id)?;
        let (key, message) = look.first(row.attributes()).or_else(|| look.first(row.tags()))?;
        let uid = store.names.language_uid(id)?;
        Some((problem(&uid, store.names.key_text(key), &message, labels), uid))
    });
    let mut wrong: Vec<(Problem, EntityUID)> = wrong.collect();
    wrong.sort_unstable_by(|(_, one), (_, two)| one.cmp(two));
    let problems = wrong.into_iter().take(MOST).map(|(problem, uid)| match member {
        Some(member) => spot::entity(problem, member, &uid),
        None => problem,
    });
    LoadError::check(LoadErrorKind::Entities, problems.collect())
}

fn problem(uid: &EntityUID, attribute: &str, message: &str, labels: &[String]) -> Problem {
    let order: Vec<String> =
        labels.iter().enumerate().map(|(rank, label)| format!("{rank} is {label:?}")).collect();
    let message = format!("`{}` of `{uid}` has {message}", attribute.escape_debug());
    Problem::error("entities.sensitivity", message)
        .help(format!("the manifest's order of sensitivity is: {}", order.join(", ")))
}

struct Look<'a> {
    store: &'a Store,
    labels: &'a [String],
}

impl Look<'_> {
    /// What is wrong with the first field that holds something wrong.
    fn first(&self, fields: Fields) -> Option<(KeyId, String)> {
        let fields = self.store.pool().fields(fields).iter();
        fields.map(|field| (field.key, self.disagreement(field.value))).find_map(found)
    }

    /// What is wrong with the first `{rank, label}` record in a value.
    fn disagreement(&self, value: Stored) -> Option<String> {
        match value {
            Stored::Set(set) => {
                let elements = self.store.pool().elements(set).iter();
                elements.copied().find_map(|element| self.disagreement(element))
            }
            Stored::Record(fields) => {
                let values = self.store.pool().fields(fields);
                let named = |name: &str| {
                    let of_name = |field: &&Field| self.store.names.key_text(field.key) == name;
                    values.iter().find(of_name).map(|field| field.value)
                };
                match (named("rank"), named("label")) {
                    (Some(rank), Some(label)) if values.len() == 2 => self.pair(rank, label),
                    _ => self.first(fields).map(|(_, message)| message),
                }
            }
            _ => None,
        }
    }

    fn pair(&self, rank: Stored, label: Stored) -> Option<String> {
        let (Stored::Long(rank), Stored::Text { start, length }) = (rank, label) else {
            return None;
        };
        let label = self.store.pool().text(start, length);
        let rank = rank.get();
        let expected = usize::try_from(rank).ok().and_then(|rank| self.labels.get(rank));
        match expected {
            Some(expected) if expected == label => None,
            _ => Some(format!("rank {rank} with label `{}`", label.escape_debug())),
        }
    }
}

fn found((key, message): (KeyId, Option<String>)) -> Option<(KeyId, String)> {
    message.map(|message| (key, message))
}

#[cfg(test)]
mod tests {
    use crate::bundle::Bundle;
    use crate::engine::{Options, Snapshot};
    use crate::model::{Limits, LoadError};

    fn build(manifest: &str, entities: &str) -> Result<Snapshot, LoadError> {
        let members = [("manifest.json", manifest), ("a.cedar", ""), ("entities.json", entities)];
        let members = members.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
        Snapshot::build(&bundle, Options::default())
    }

    fn dataset(rank: i64, label: &str) -> String {
        format!(
            r#"[{{"uid": {{"type": "Notebook::Dataset", "id": "trial"}}, "parents": [],
                "attrs": {{"sensitivity": {{"rank": {rank}, "label": "{label}"}}}}}}]"#
        )
    }

    #[test]
    fn a_rank_that_is_not_the_labels_place_is_refused() {
        assert!(build("{}", &dataset(3, "restricted")).is_ok());
        for (rank, label) in [(0, "restricted"), (3, "secret"), (4, "x"), (-1, "public")] {
            let error = build("{}", &dataset(rank, label)).unwrap_err();
            assert_eq!(error.problems()[0].code, "entities.sensitivity", "{error}");
            assert!(error.to_string().starts_with("entities.json:1:"), "{error}");
        }
    }

    #[test]
    fn the_manifest_gives_the_order() {
        let manifest = r#"{"sensitivity": ["open", "closed"]}"#;
        assert!(build(manifest, &dataset(1, "closed")).is_ok());
        assert!(build(manifest, &dataset(1, "internal")).is_err());
    }

    #[test]
    fn other_entities_over_the_same_policies_are_held_to_it_too() {
        let snapshot = build("{}", "[]").unwrap();
        let member = |text: String| crate::bundle::Member { name: "b".into(), text: text.into() };
        assert!(snapshot.with_entities(&member(dataset(1, "internal"))).is_ok());
        assert!(snapshot.with_entities(&member(dataset(1, "public"))).is_err());
    }
}
