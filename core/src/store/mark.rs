//! The highest sequence that was ever in force.

use serde::{Deserialize, Serialize};

use crate::model::{LoadError, LoadErrorKind, Problem, Revision};

/// The highest sequence that was ever in force, of which name, with which contents.
///
/// A host that keeps one where it outlives a decision point gives it to the next one, which then takes
/// nothing older. It is kept in the form that it is serialized in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    pub(super) name: String,
    pub(super) sequence: u64,
    /// The revision as text.
    pub(super) revision: String,
}

impl Mark {
    pub(super) fn new(name: &str, sequence: u64, revision: Revision) -> Self {
        Self { name: name.to_owned(), sequence, revision: revision.to_string() }
    }

    /// The name of the bundle.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its sequence.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Whether what `next` stands for may follow what was in force.
    pub(super) fn admits(&self, next: &Self) -> Result<(), LoadError> {
        if next.name != self.name {
            let (next, held) = (next.name.escape_debug(), self.name.escape_debug());
            let message = format!("its name is `{next}`, and `{held}` is what is followed");
            let help = "to follow another bundle, start with another state folder";
            return Err(refused("sequence.name", message, help));
        }
        if next.sequence < self.sequence {
            let message = format!(
                "its sequence is {}, and {} was in force already",
                next.sequence, self.sequence
            );
            let help = "to go back, deliver the old contents under a new, higher sequence";
            return Err(refused("sequence.older", message, help));
        }
        if next.sequence == self.sequence && next.revision != self.revision {
            let message = format!(
                "its sequence {} was in force with other contents, {}",
                self.sequence, self.revision
            );
            let help = "raise `sequence` with every change";
            return Err(refused("sequence.other_contents", message, help));
        }
        Ok(())
    }
}

fn refused(code: &'static str, message: String, help: &str) -> LoadError {
    LoadError::new(LoadErrorKind::Sequence, Problem::error(code, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(name: &str, sequence: u64, contents: &str) -> Mark {
        Mark::new(name, sequence, Revision::of([("a", contents.as_bytes())]))
    }

    fn code(held: &Mark, next: &Mark) -> Option<&'static str> {
        held.admits(next).err().and_then(|error| error.problems().first().map(|one| one.code))
    }

    #[test]
    fn what_is_older_other_or_of_another_name_is_refused() {
        let held = mark("a", 7, "x");
        assert_eq!(code(&held, &mark("a", 6, "x")), Some("sequence.older"));
        assert_eq!(code(&held, &mark("a", 7, "y")), Some("sequence.other_contents"));
        assert_eq!(code(&held, &mark("b", 8, "y")), Some("sequence.name"));
        assert_eq!(code(&held, &mark("a", 7, "x")), None);
        assert_eq!(code(&held, &mark("a", 8, "y")), None);
    }
}
