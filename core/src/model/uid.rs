//! Entity uids from the forms in which people and programs give them.
//!
//! A uid is put together from a type and an id, never from glued text: an id may hold anything.

use std::borrow::Cow;
use std::fmt;

use cedar_policy_core::ast::{EntityType, Name};
use cedar_policy_core::parser::unescape::to_unescaped_string;

use super::{EntityId, EntityTypeName, EntityUid, RequestError, RequestErrorKind, notebook};

const HELP: &str = "write it as `Type::\"id\"`, or as {\"type\": \"Type\", \"id\": \"id\"} in JSON, \
                    where the id needs no escapes of the policy language";

/// Reads a uid in the language's own form, `Type::"id"`.
///
/// A type without a namespace is taken to be in `namespace`.
///
/// # Errors
/// When the text is not of that form.
pub fn read_uid(text: &str, namespace: Option<&str>) -> Result<EntityUid, RequestError> {
    let uid = written(text).map_err(|error| refused("an entity uid", text, &error))?;
    let type_name = qualified(uid.type_name().clone(), namespace)?;
    Ok(EntityUid::from_type_name_and_id(type_name, uid.id().clone()))
}

/// A uid as the language writes it and in no other way, read without the language's grammar.
fn written(text: &str) -> Result<EntityUid, String> {
    let parts = text.strip_suffix('"').and_then(|text| text.split_once("::\""));
    let (type_name, id) =
        parts.ok_or("a type with `::` and an id in quotes behind it is expected")?;
    let type_name: EntityTypeName =
        type_name.parse().map_err(|error| format!("of its type: {error}"))?;
    let id = to_unescaped_string(id).map_err(|errors| format!("of its id: {}", errors.head))?;
    let uid = EntityUid::from_type_name_and_id(type_name, EntityId::new(id));
    match uid.to_string() {
        same if same == text => Ok(uid),
        normalized => Err(format!("it has to be written as `{}`", normalized.escape_debug())),
    }
}

/// A uid from a type and an id, which may hold anything.
///
/// A type without a namespace is taken to be in `namespace`.
///
/// # Errors
/// When the type is not a name of the policy language.
pub fn uid_from_parts(
    type_name: &str,
    id: &str,
    namespace: Option<&str>,
) -> Result<EntityUid, RequestError> {
    let parsed: Result<EntityTypeName, _> = type_name.parse();
    let type_name = parsed.map_err(|error| refused("an entity type", type_name, &error))?;
    let type_name = qualified(type_name, namespace)?;
    Ok(EntityUid::from_type_name_and_id(type_name, EntityId::new(id)))
}

/// The type of that name, written as the language writes it and in no other way.
#[must_use]
pub fn entity_type(name: &str) -> Option<EntityTypeName> {
    if let Some(shipped) = notebook::entity_type(name) {
        return Some(shipped.clone());
    }
    name.parse().ok().filter(|parsed: &EntityTypeName| parsed.to_string() == name)
}

/// The whole name of a type.
#[must_use]
pub fn type_text(type_name: &EntityTypeName) -> Cow<'static, str> {
    let name = AsRef::<EntityType>::as_ref(type_name).name().as_ref();
    let mut namespace = name.namespace_components().map(AsRef::<str>::as_ref);
    let shipped = match (namespace.next(), namespace.next()) {
        (Some("Notebook"), None) => notebook::type_name(name.basename().as_ref()),
        _ => None,
    };
    shipped.map_or_else(|| Cow::Owned(type_name.to_string()), Cow::Borrowed)
}

/// Reads an action: a uid, or, where there is a namespace, the plain name of one of its actions,
/// such as `kernel:start`.
///
/// # Errors
/// When a text with a quote in it, or without a namespace any text, is not a uid.
pub fn read_action(text: &str, namespace: Option<&str>) -> Result<EntityUid, RequestError> {
    match namespace {
        Some(_) if !text.contains('"') => uid_from_parts("Action", text, namespace),
        _ => read_uid(text, namespace),
    }
}

/// The type, in the namespace when it has none of its own.
fn qualified(
    type_name: EntityTypeName,
    namespace: Option<&str>,
) -> Result<EntityTypeName, RequestError> {
    let Some(namespace) = namespace else { return Ok(type_name) };
    let name: Result<Name, _> = namespace.parse();
    let name = name.map_err(|error| refused("a namespace", namespace, &error))?;
    Ok(AsRef::<EntityType>::as_ref(&type_name).qualify_with(Some(&name)).into())
}

fn refused(what: &str, text: &str, error: &dyn fmt::Display) -> RequestError {
    let shown: String = text.chars().take(200).flat_map(char::escape_debug).collect();
    let message = format!("`{shown}` is not {what}: {error}");
    RequestError::new(RequestErrorKind::EntityUid, message).help(HELP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_without_a_namespace_takes_the_one_given() {
        let notebook = Some("Notebook");
        let full = read_uid("Notebook::User::\"ada\"", None).unwrap();
        assert_eq!(read_uid("User::\"ada\"", notebook).unwrap(), full);
        assert_eq!(read_uid("Notebook::User::\"ada\"", notebook).unwrap(), full);
        assert_eq!(uid_from_parts("User", "ada", notebook).unwrap(), full);
        assert_eq!(read_uid("User::\"ada\"", None).unwrap().type_name().namespace(), "");
        let own = read_uid("Lab::Robot::\"r2\"", notebook).unwrap();
        assert_eq!(own.to_string(), "Lab::Robot::\"r2\"");
    }

    #[test]
    fn an_action_may_be_given_by_its_name_alone() {
        let named = read_action("kernel:start", Some("Notebook")).unwrap();
        assert_eq!(named.to_string(), "Notebook::Action::\"kernel:start\"");
        assert_eq!(read_action("Action::\"kernel:start\"", Some("Notebook")).unwrap(), named);
        assert!(read_action("view", None).is_err());
        assert!(read_action("Action::\"view", None).is_err());
    }

    #[test]
    fn an_id_from_parts_is_taken_as_it_is() {
        for id in ["", "x\"] || true", "a\nb\0c", "\u{202e}abc", "it's", "Notebook::User::\"ada\""]
        {
            let uid = uid_from_parts("User", id, Some("Notebook")).unwrap();
            assert_eq!(uid.id().unescaped(), id);
            assert_eq!(read_uid(&uid.to_string(), None).unwrap(), uid);
        }
    }

    #[test]
    fn a_uid_is_read_as_the_official_parser_reads_it() {
        use proptest::prelude::*;
        use proptest::sample::select;
        const PARTS: &[&str] = &[
            "User", "Notebook", "::", ":", "\"", "\"", "\\", "\\\"", "\\n", "\n", "\\u{41}",
            "\\u{0}", "\\0", "'", "\\'", "é", "\\*", " ", "//", "if", "in", "__cedar", "_1", "1",
            "a", "\u{202e}", "\u{feff}", "\u{301}",
        ];
        let hostile = proptest::collection::vec(select(PARTS), 0..8).prop_map(|all| all.concat());
        let names = proptest::collection::vec(select(PARTS), 0..4).prop_map(|all| all.concat());
        let near = (names, hostile.clone()).prop_map(|(name, id)| format!("{name}::\"{id}\""));
        let real = any::<String>().prop_map(|id| format!("Lab::Robot::\"{}\"", id.escape_debug()));
        let texts = prop_oneof![hostile, near, real, any::<String>()];
        proptest!(|(text in texts)| {
            prop_assert_eq!(written(&text).ok(), text.parse::<EntityUid>().ok());
        });
    }

    #[test]
    fn what_is_not_a_uid_is_refused_with_its_text_escaped_and_cut() {
        for bad in ["", "User", "User::ada", "User::\"a\" || true", " User::\"a\"", "::\"a\""] {
            let error = read_uid(bad, Some("Notebook")).unwrap_err();
            assert_eq!(error.kind(), RequestErrorKind::EntityUid, "{bad}");
        }
        let error = uid_from_parts("Us\u{1b}er", "ada", None).unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'), "{error}");
        let long = "x".repeat(100_000);
        assert!(read_uid(&long, None).unwrap_err().to_string().len() < 1_000);
    }
}
