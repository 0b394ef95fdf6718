//! What it costs a program in JavaScript.

use super::doors::table;
use crate::found::Found;

/// Our package for JavaScript, beside what else there is in Node.
pub(super) fn called(found: &Found) -> String {
    let Some(door) = found.doors.iter().find(|one| one.language.starts_with("Node ")) else {
        return String::new();
    };
    let head = format!(
        "
## From JavaScript

A call of `authorize` with a look at `allowed`, in {}, beside what else decides there, one after the other in
one process; a ratio is of the mean to ours.

",
        door.language
    );
    head + &table(found, door)
}
