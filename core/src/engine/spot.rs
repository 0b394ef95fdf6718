//! Finds what a problem is about in a text that carries no places of its own.

use cedar_policy_core::ast::EntityUID;

use crate::bundle::Member;
use crate::model::{Problem, Span};

/// The problem, at the `uid` of an entity in an entity file.
pub(super) fn entity(problem: Problem, member: &Member, uid: &EntityUID) -> Problem {
    let id: &str = uid.eid().as_ref();
    let quoted = serde_json::to_string(id).unwrap_or_default();
    // The id of a parent or of an attribute may come earlier: the id meant follows a `uid`.
    let found = member.text.match_indices(&quoted).find(|(at, _)| {
        let before = member.text.get(..*at).unwrap_or_default();
        let object = before.rfind('}').and_then(|at| before.get(at..)).unwrap_or(before);
        object.contains("\"uid\"")
    });
    placed(problem, member, found.map(|(at, text)| (at, text.len())))
}

/// The problem, at the declaration of a name in a schema: the first time the word stands outside of
/// comments.
pub(super) fn declaration(problem: Problem, member: &Member, name: &str) -> Problem {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let found = member.text.match_indices(name).find(|(at, _)| {
        let before = member.text.get(..*at).unwrap_or_default();
        let after = member.text.get(at.saturating_add(name.len())..).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        !line.contains("//") && !before.ends_with(is_word) && !after.starts_with(is_word)
    });
    placed(problem, member, found.map(|(at, text)| (at, text.len())))
}

fn placed(problem: Problem, member: &Member, found: Option<(usize, usize)>) -> Problem {
    let span = found.map(|(offset, length)| Span { offset, length, label: None });
    problem.at(&member.name, &member.text, span.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(problem: &Problem) -> (usize, usize) {
        problem.place.as_ref().unwrap().line_and_column().unwrap()
    }

    #[test]
    fn an_entity_is_found_at_its_uid_and_not_where_it_is_a_parent() {
        let text = "[{\"uid\": {\"type\": \"G\", \"id\": \"b\"}, \"parents\": [{\"type\": \"G\", \"id\": \"a\"}]},\n\
                    {\"uid\": {\"type\": \"G\", \"id\": \"a\"}, \"parents\": []}]";
        let member = Member { name: "e".into(), text: text.into() };
        let uid = "G::\"a\"".parse().unwrap();
        let problem = entity(Problem::warning("x", "x"), &member, &uid);
        assert_eq!(at(&problem), (2, 29));
    }

    #[test]
    fn a_declaration_is_found_as_a_word_outside_of_comments() {
        let text = "// A Robot.\nentity RobotArm;\nentity Robot;";
        let member = Member { name: "s".into(), text: text.into() };
        assert_eq!(at(&declaration(Problem::warning("x", "x"), &member, "Robot")), (3, 8));
    }
}
