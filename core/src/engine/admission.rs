//! What the schema asks of a question, by the numbers that a snapshot gives to what it names.

use std::sync::Arc;

use super::by_name::ByName;
use super::fit::{Declared, Fields, Fit};
use super::index::Asked;
use super::names::{Names, TypeId, TypeName, UidId, same};
use crate::request::Question;

/// The actions of a schema, by their numbers.
///
/// INVARIANT: of what it says yes to, [`Fit`] says it too. It says it sooner, since all that a question names was looked up.
#[derive(Debug)]
pub(super) struct Admission {
    /// By their ids.
    actions: ByName<Action>,
}

/// An action that the snapshot names.
#[derive(Debug)]
pub(super) struct Action {
    pub(super) uid: UidId,
    type_name: Box<str>,
    id: Box<str>,
    principals: Types,
    resources: Types,
    context: Arc<Fields>,
}

/// Types of low numbers, a bit for each; others are not in it.
#[derive(Debug, Clone, Copy)]
struct Types(u128);

impl Admission {
    pub(super) fn new(fit: &Fit, names: &Names) -> Self {
        let actions = fit.actions().filter_map(|(id, declared)| Action::new(id, declared, names));
        Self { actions: ByName::new(actions.collect(), |action| &action.id) }
    }

    /// The action that a question asks for.
    pub(super) fn action(&self, question: &Question<'_>) -> Option<&Action> {
        let [_, (type_name, id), _] = question.uids();
        let is = |one: &str, other: &str| same(one.as_bytes(), other.as_bytes());
        self.actions.find(id, |action| is(&action.id, id) && is(&action.type_name, type_name))
    }
}

impl Action {
    /// `None` when the snapshot does not name it.
    fn new(id: &str, declared: &Declared, names: &Names) -> Option<Self> {
        let parts = (&*declared.type_name, id);
        let [uid] = names.written([&parts]);
        Some(Self {
            uid: uid.known()?,
            type_name: declared.type_name.clone(),
            id: id.into(),
            principals: Types::new(&declared.principals, names),
            resources: Types::new(&declared.resources, names),
            context: Arc::clone(&declared.context),
        })
    }

    /// Whether the schema allows a question that asks for it, brings no entities, and of which this was looked up; a no
    /// is no answer.
    pub(super) fn admits(&self, question: &Question<'_>, asked: &Asked<'_>) -> bool {
        question.sent().is_empty()
            && self.principals.have(asked.principal.entity_type)
            && self.resources.have(asked.resource.entity_type)
            && self.context.admit(question.context())
    }
}

impl Types {
    fn new(type_names: &[Box<str>], names: &Names) -> Self {
        let numbers = type_names.iter().filter_map(|name| names.type_id(TypeName::Written(name)));
        Self(numbers.fold(0, |bits, number| bits | bit(number)))
    }

    #[inline]
    fn have(self, number: Option<TypeId>) -> bool {
        number.is_some_and(|number| self.0 & bit(number) != 0)
    }
}

#[inline]
fn bit(number: TypeId) -> u128 {
    1_u128.checked_shl(number.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Bundle, Loose};
    use crate::engine::{Options, SCHEMA, Snapshot, question};
    use crate::model::{Limits, Schema};
    use crate::request::Given;

    fn snapshot() -> Snapshot {
        let policies =
            vec![("all.cedar".to_owned(), b"permit (principal, action, resource);".to_vec())];
        let schema = Some(("schema.cedarschema".to_owned(), SCHEMA.as_bytes().to_vec()));
        let ada =
            r#"[{"uid": {"type": "Notebook::User", "id": "ada"}, "attrs": {}, "parents": []}]"#;
        let entities = Some(("entities.json".to_owned(), ada.as_bytes().to_vec()));
        let loose = Loose { policies, schema, entities, ..Loose::default() };
        let bundle = Bundle::from_loose(loose, &Limits::default()).unwrap();
        Snapshot::build(&bundle, Options::default()).unwrap()
    }

    #[test]
    fn numbers_admit_what_names_admit_and_nothing_else() {
        let snapshot = snapshot();
        let (fit, admission) =
            (snapshot.fit.as_deref().unwrap(), snapshot.admission.as_ref().unwrap());
        let types = snapshot.schema().into_iter().flat_map(Schema::entity_types);
        let types: Vec<String> =
            types.map(ToString::to_string).chain(["Lab::Robot".to_owned()]).collect();
        let now = ("now", Given::DateTime(0));
        let contexts: [&[(&str, Given<'_>)]; 6] = [
            &[now, ("mfa", Given::Bool(true))],
            &[now],
            &[],
            &[("now", Given::Long(0))],
            &[now, ("mfa", Given::Text("yes"))],
            &[now, ("colour", Given::Text("red"))],
        ];
        let mut admitted = [0, 0];
        let mut compare = |principal: &str, action: (&str, &str), resource: &str, context| {
            let question =
                Question::new((principal, "ada"), action, (resource, "ada"), context).unwrap();
            let action = admission.action(&question);
            let uid = action.map(|action| action.uid);
            let names = &snapshot.store.names;
            let asked = snapshot.store.asked(question::uids(&question, uid, names));
            assert_eq!(asked.action.uid.known(), uid);
            let admits = action.is_some_and(|action| action.admits(&question, &asked));
            assert_eq!(admits, fit.admits(&question), "{question:?}");
            admitted[usize::from(admits)] += 1;
        };
        for (id, declared) in fit.actions() {
            let action = (&*declared.type_name, id);
            let first = |types: &[Box<str>]| types.first().cloned().unwrap_or_default();
            let principal = &first(&declared.principals);
            let resource = &first(&declared.resources);
            for other in &types {
                compare(other, action, resource, contexts[0]);
                compare(principal, action, other, contexts[0]);
            }
            for context in contexts {
                compare(principal, action, resource, context);
            }
            compare(principal, (&*declared.type_name, "no:such"), resource, contexts[0]);
            compare(principal, ("Lab::Action", id), resource, contexts[0]);
        }
        assert!(admitted.iter().all(|count| *count > 100), "{admitted:?}");
    }
}
