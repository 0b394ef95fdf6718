//! Sensitivity in entities, held against the manifest's order of labels.

use cedar_policy::Entities;
use cedar_policy_core::ast::{Entity, Literal, PartialValue, Value, ValueKind};
use cedar_policy_core::entities::Entities as CoreEntities;

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
    entities: &Entities,
    labels: &[String],
    member: Option<&Member>,
) -> Result<(), LoadError> {
    let entities: &CoreEntities = entities.as_ref();
    let wrong = entities.iter().filter_map(|entity| {
        let values = entity.attrs().chain(entity.tags());
        let (attribute, message) = values.into_iter().find_map(|(name, value)| match value {
            PartialValue::Value(value) => disagreement(value, labels).map(|text| (name, text)),
            PartialValue::Residual(_) => None,
        })?;
        let problem = problem(entity, attribute, &message, labels);
        Some((
            entity.uid(),
            match member {
                Some(member) => spot::entity(problem, member, entity.uid()),
                None => problem,
            },
        ))
    });
    let mut wrong: Vec<_> = wrong.collect();
    wrong.sort_unstable_by_key(|(uid, _)| *uid);
    let problems = wrong.into_iter().take(MOST).map(|(_, problem)| problem);
    LoadError::check(LoadErrorKind::Entities, problems.collect())
}

fn problem(entity: &Entity, attribute: &str, message: &str, labels: &[String]) -> Problem {
    let order: Vec<String> =
        labels.iter().enumerate().map(|(rank, label)| format!("{rank} is {label:?}")).collect();
    let (uid, attribute) = (entity.uid(), attribute.escape_debug());
    let message = format!("`{attribute}` of `{uid}` has {message}");
    Problem::error("entities.sensitivity", message)
        .help(format!("the manifest's order of sensitivity is: {}", order.join(", ")))
}

/// What is wrong with the first `{rank, label}` record in a value.
fn disagreement(value: &Value, labels: &[String]) -> Option<String> {
    match value.value_kind() {
        ValueKind::Set(set) => set.iter().find_map(|value| disagreement(value, labels)),
        ValueKind::Record(fields) => match (fields.get("rank"), fields.get("label")) {
            (Some(rank), Some(label)) if fields.len() == 2 => pair(rank, label, labels),
            _ => fields.values().find_map(|value| disagreement(value, labels)),
        },
        ValueKind::Lit(_) | ValueKind::ExtensionValue(_) => None,
    }
}

fn pair(rank: &Value, label: &Value, labels: &[String]) -> Option<String> {
    let (ValueKind::Lit(Literal::Long(rank)), ValueKind::Lit(Literal::String(label))) =
        (rank.value_kind(), label.value_kind())
    else {
        return None;
    };
    let expected = usize::try_from(*rank).ok().and_then(|rank| labels.get(rank));
    match expected {
        Some(expected) if expected.as_str() == label.as_str() => None,
        _ => Some(format!("rank {rank} with label `{}`", label.escape_debug())),
    }
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
