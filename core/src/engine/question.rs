//! What a question names, looked up in a snapshot's names.

use super::names::{Names, TypeName, Uid, UidId};
use crate::model::entity_type;
use crate::request::{Given, Handle, Question, Sent};

/// Looks up an entity uid that is asked about often.
pub(super) fn handle(type_name: &str, id: &str, names: &Names) -> Handle {
    let parts = (type_name, id);
    let [uid] = names.written([&parts]);
    let known = uid.known().map(|uid| (uid.0, names.lineage().clone()));
    Handle::new(type_name, id, known)
}

/// Principal, action and resource.
pub(super) fn uids<'q>(question: &'q Question<'_>, names: &Names) -> [Uid<'q>; 3] {
    let written = question.uids().each_ref();
    if question.handles().iter().all(Option::is_none) {
        return names.written(written);
    }
    let [one, two, three] = question.handles();
    let [principal, action, resource] = written;
    [(one, principal), (two, action), (three, resource)].map(|(handle, parts)| {
        let number = handle.and_then(|handle| handle.number(names.lineage()));
        number.map(|number| Uid::Known(UidId(number))).unwrap_or_else(|| {
            let [uid] = names.written([parts]);
            uid
        })
    })
}

/// Whether all types of a question have a name of the language's, the `uids` among them.
pub(super) fn is_well_named(question: &Question<'_>, uids: &[Uid<'_>; 3], names: &Names) -> bool {
    let is_named = |uid: &Uid<'_>| match uid {
        Uid::Written((type_name, _)) => is_known(type_name, names),
        Uid::Known(_) | Uid::Parsed(_) => true,
    };
    let value = |(_, given): &(&str, Given<'_>)| value_is_well_named(given, names);
    let is_well_sent = |sent: &Sent<'_>| {
        let rest = sent.whole.unwrap_or_default();
        is_known(sent.uid.0, names)
            && rest.parents.iter().all(|(type_name, _)| is_known(type_name, names))
            && sent.attributes.iter().chain(rest.tags).all(value)
    };
    uids.iter().all(is_named)
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
