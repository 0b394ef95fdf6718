//! What a question names, looked up in a snapshot's names.

use super::index::Asked;
use super::names::{Names, TypeName, Uid, UidId};
use super::standing::Standing;
use crate::model::entity_type;
use crate::request::{Given, Handle, Question, Sent};

/// Looks up an entity uid that is asked about often.
pub(super) fn handle(type_name: &str, id: &str, names: &Names) -> Handle {
    let parts = (type_name, id);
    let [uid] = names.written([&parts]);
    let known = uid.known().map(|uid| (uid.0, names.lineage().clone()));
    Handle::new(type_name, id, known)
}

/// Principal, action and resource, of which the action may have been looked up before.
#[inline]
pub(super) fn uids<'q>(
    question: &'q Question<'_>,
    action: Option<UidId>,
    names: &Names,
) -> [Uid<'q>; 3] {
    let [principal, written, resource] = question.uids();
    let [one, two, three] = question.handles();
    let action = action.or_else(|| number(*two, names));
    match (action, number(*one, names), number(*three, names)) {
        (None, None, None) => names.written([principal, written, resource]),
        (Some(action), None, None) => {
            let [principal, resource] = names.written([principal, resource]);
            [principal, Uid::Known(action), resource]
        }
        (action, one, three) => [
            known_or_written(one, principal, names),
            known_or_written(action, written, names),
            known_or_written(three, resource, names),
        ],
    }
}

#[inline]
fn number(handle: Option<&Handle>, names: &Names) -> Option<UidId> {
    handle.and_then(|handle| handle.number(names.lineage())).map(UidId)
}

#[inline]
fn known_or_written<'q>(
    known: Option<UidId>,
    parts: &'q (&'q str, &'q str),
    names: &Names,
) -> Uid<'q> {
    known.map_or_else(
        || {
            let [uid] = names.written([parts]);
            uid
        },
        Uid::Known,
    )
}

/// Whether all types of a question have a name of the language's, those of what is `asked` among them.
pub(super) fn is_well_named(question: &Question<'_>, asked: &Asked<'_>, names: &Names) -> bool {
    let is_named = |standing: &Standing<'_>| match standing.uid {
        Uid::Written((type_name, _)) => {
            standing.entity_type.is_some() || entity_type(type_name).is_some()
        }
        Uid::Known(_) | Uid::Parsed(_) => true,
    };
    let value = |(_, given): &(&str, Given<'_>)| value_is_well_named(given, names);
    let is_well_sent = |sent: &Sent<'_>| {
        let rest = sent.whole.unwrap_or_default();
        is_known(sent.uid.0, names)
            && rest.parents.iter().all(|(type_name, _)| is_known(type_name, names))
            && sent.attributes.iter().chain(rest.tags).all(value)
    };
    [&asked.principal, &asked.action, &asked.resource].into_iter().all(is_named)
        && question.context().iter().all(value)
        && question.sent().iter().all(is_well_sent)
}

fn value_is_well_named(given: &Given<'_>, names: &Names) -> bool {
    match given {
        Given::Entity((type_name, _)) => is_known(type_name, names),
        Given::Set(elements) => elements.iter().all(|one| value_is_well_named(one, names)),
        Given::Record(fields) => fields.iter().all(|(_, one)| value_is_well_named(one, names)),
        _ => true,
    }
}

fn is_known(type_name: &str, names: &Names) -> bool {
    names.type_id(TypeName::Written(type_name)).is_some() || entity_type(type_name).is_some()
}
