//! Policy ids that a person would take for one another.

use std::collections::HashMap;

use super::{at, bounded, quoted};
use crate::engine::PolicyInfo;
use crate::model::Problem;

/// Ids that differ only in case, in a separator, or in characters that look alike.
///
/// Ids are what records, tests and denials name policies by; two that look the same in a log have
/// people read the wrong policy. (Ids that are the same are refused when the bundle is read.)
pub(super) fn repeated_ids(infos: &[PolicyInfo]) -> Vec<Problem> {
    let mut first: HashMap<(bool, String), &PolicyInfo> = HashMap::new();
    let mut problems = Vec::new();
    for info in infos {
        let id: &str = info.id.as_ref();
        // `I` is lower case `i` and looks like `l`: either reading may match another id.
        let keys = [(false, id.to_lowercase()), (true, skeleton(id))];
        let earlier = keys.iter().find_map(|key| first.get(key).copied());
        for key in keys {
            first.entry(key).or_insert(info);
        }
        if let Some(earlier) = earlier {
            let message = format!("policy id {} looks like {}", quoted(info), quoted(earlier));
            let problem = Problem::warning("lint.repeated_id", message);
            problems
                .push(at(problem, &info.place).help("give one of them an id that is told apart"));
        }
    }
    bounded(problems, "lint.repeated_id", "ids that look like others")
}

/// An id as a hurried reader sees it.
fn skeleton(id: &str) -> String {
    let seen = id.chars().filter(|char| !is_invisible(*char)).map(|char| match char {
        '0' | 'Ο' | 'ο' | 'О' | 'о' => 'o',
        '1' | 'I' | '|' | 'Ι' | 'І' | 'Ӏ' => 'l',
        '_' | ' ' | '.' | '‐' | '‑' | '–' | '—' | '−' | '\u{a0}' => '-',
        'А' | 'а' | 'Α' | 'α' => 'a',
        'В' | 'Β' => 'b',
        'С' | 'с' | 'Ϲ' | 'ϲ' => 'c',
        'Е' | 'е' | 'Ε' => 'e',
        'Н' | 'Η' => 'h',
        'і' | 'ι' => 'i',
        'Ј' | 'ј' => 'j',
        'К' | 'к' | 'Κ' | 'κ' => 'k',
        'М' | 'Μ' => 'm',
        'Ν' => 'n',
        'Р' | 'р' | 'Ρ' | 'ρ' => 'p',
        'Ѕ' | 'ѕ' => 's',
        'Т' | 'Τ' => 't',
        'Х' | 'х' | 'Χ' | 'χ' => 'x',
        'У' | 'у' | 'Υ' => 'y',
        'Ζ' => 'z',
        other => other,
    });
    seen.flat_map(char::to_lowercase).collect()
}

fn is_invisible(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
