//! What it costs a program in Python.

use super::doors::table;
use crate::found::Found;
use crate::text::time;

/// The way that ratios are to.
const PAIRS: &str = "Notegate, in pairs";

/// Our Python package, beside what else there is in Python.
pub(super) fn called(found: &Found) -> String {
    let Some(pairs) = found.doors.iter().find(|one| one.name == PAIRS) else {
        return String::new();
    };
    let mut text = format!(
        "
## From Python

A call of `authorize` with a look at `allowed`, in {}, beside what else decides there. They take turns
of 200 ms, each in a process of its own; a ratio is of the mean to that in pairs. Percentiles of batches
are those of whole batches, by their questions.

",
        pairs.language
    );
    text += &table(found, pairs);
    text + &imported(found)
}

fn imported(found: &Found) -> String {
    let Some(import) = &found.import else { return String::new() };
    format!(
        "\n`import notegate` takes {}, the median of {} interpreters that had just started; the slowest took {}.\n",
        time(import.median_ns),
        import.runs,
        time(import.slowest_ns)
    )
}
