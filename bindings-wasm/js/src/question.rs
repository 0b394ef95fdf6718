//! A plain question in one text, asked in borrowed parts.
//!
//! Its parts stand behind each other, divided by a character that no part may hold: type and id of the principal,
//! the action, type and id of the resource, then each fact of the context as its name and its value, of which the
//! first letter says what it is. The number of parts comes along, so a part with that character in it is noticed.

use notegate::Pdp;
use notegate::engine::Scratch;
use notegate::model::{Exceeded, Limits, notebook};
use notegate::pdp::Decided;
use notegate::request::{Given, Question};

/// What divides the parts.
const DIVIDER: char = '\u{1f}';

/// Decides a plain question; `None` when it has to be asked in the form of JSON, which also says what is wrong.
///
/// Takes time as [`Pdp::ask`], and in proportion to the text.
pub(crate) fn ask(pdp: &Pdp, text: &str, count: usize, scratch: &mut Scratch) -> Option<Decided> {
    Exceeded::check("request_bytes", Limits::default().request_bytes, text.len()).ok()?;
    let mut parts = text.split(DIVIDER);
    let principal = (qualified(parts.next()?)?, parts.next()?);
    let action = parts.next()?;
    let resource = (qualified(parts.next()?)?, parts.next()?);
    let mut facts = Vec::with_capacity(count.min(text.len()) / 2);
    let mut found = 5_usize;
    while let Some(name) = parts.next() {
        facts.push((name, value(parts.next()?)?));
        found = found.saturating_add(2);
    }
    if found != count {
        return None;
    }
    let question = Question::new(principal, ("Notebook::Action", action), resource, &facts).ok()?;
    pdp.ask(&question, scratch).ok()
}

/// The name of a type with its namespace, where that needs no search.
fn qualified(type_name: &str) -> Option<&str> {
    notebook::type_name(type_name).or_else(|| type_name.contains("::").then_some(type_name))
}

fn value(part: &str) -> Option<Given<'_>> {
    let mut rest = part.chars();
    match (rest.next()?, rest.as_str()) {
        ('s', text) => Some(Given::Text(text)),
        ('n', number) => number.parse().ok().map(Given::Long),
        ('d', millis) => millis.parse().ok().map(Given::DateTime),
        ('b', "1") => Some(Given::Bool(true)),
        ('b', "0") => Some(Given::Bool(false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use notegate::Bundle;
    use notegate::pdp::SystemClock;

    use super::*;

    fn ask(text: &str, count: usize) -> Option<bool> {
        let policies = "@id(\"own\")\npermit(principal == Notebook::User::\"ada\", action, resource) \
                        when { context has mfa && context.mfa };";
        let members = [("a.cedar".to_owned(), policies.as_bytes().to_vec())];
        let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
        let pdp = Pdp::builder(SystemClock::default(), 1).open(&bundle).unwrap();
        super::ask(&pdp, &text.replace('|', "\u{1f}"), count, &mut Scratch::default())
            .map(|decided| decided.allowed())
    }

    #[test]
    fn parts_are_asked_about() {
        assert_eq!(ask("User|ada|server:access|Server|ada/|mfa|b1", 7), Some(true));
        assert_eq!(ask("User|ada|server:access|Server|ada/|mfa|b0", 7), Some(false));
        assert_eq!(ask("User|bob|server:access|Notebook::Server|ada/|mfa|b1", 7), Some(false));
    }

    #[test]
    fn a_part_that_holds_the_divider_is_noticed() {
        // An id of `ada`, divider, `x` would move all that follows.
        assert_eq!(ask("User|ada|server:access|Server|ada/|mfa|b1", 5), None);
        assert_eq!(ask("User|ada|x|server:access|Server|ada/", 5), None);
        assert_eq!(ask("User|ada", 5), None);
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_whole_form() {
        assert_eq!(ask("User|ada|no:such|Server|ada/", 5), None);
        assert_eq!(ask("User|ada|server:access|Server|ada/|mfa|sYes", 7), None);
        assert_eq!(ask("User|ada|server:access|Server|ada/|mfa|n9223372036854775808", 7), None);
    }
}
