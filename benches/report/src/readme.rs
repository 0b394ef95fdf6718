//! The table of the README.

use crate::found::Found;
use crate::text::{count, head, ratio, row, time};

const BEGIN: &str = "<!-- Written by `make bench`. -->\n";
const END: &str = "<!-- End. -->\n";

/// The same text, with the table between its marks written anew.
pub(crate) fn with_figures(text: &str, found: &Found) -> Result<String, String> {
    let marks = || format!("`README.md` has no `{}` before `{}`", BEGIN.trim(), END.trim());
    let (before, rest) = text.split_once(BEGIN).ok_or_else(marks)?;
    let (_, after) = rest.split_once(END).ok_or_else(marks)?;
    Ok([before, BEGIN, "\n", &table(found), "\n", END, after].concat())
}

fn table(found: &Found) -> String {
    let mut text = head(&["Policies", "From strings", "Prepared", "Official authorizer", "Ratio"]);
    for one in found.by_policies() {
        let Some(official) = one.official else { continue };
        text += &row([
            count(one.spec.policies),
            time(one.strings.mean_ns),
            time(one.prepared.mean_ns),
            time(official.mean_ns),
            ratio(official.mean_ns / one.strings.mean_ns),
        ]);
    }
    text
}
