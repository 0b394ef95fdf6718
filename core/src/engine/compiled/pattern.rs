//! Patterns of `like`.

use cedar_policy_core::ast::{Pattern as Parsed, PatternElem};

/// A pattern: pieces of text with anything between them.
///
/// Pieces are compared as bytes. That is the same as comparing them by character, since in UTF-8 no
/// character begins inside another.
#[derive(Debug)]
pub(super) struct Pattern {
    first: Box<str>,
    /// One for each wildcard: what comes after it.
    rest: Box<[Box<str>]>,
}

impl Pattern {
    pub(super) fn new(parsed: &Parsed) -> Self {
        let mut pieces = vec![String::new()];
        for element in parsed.iter() {
            match element {
                PatternElem::Wildcard => pieces.push(String::new()),
                PatternElem::Char(char) => {
                    if let Some(piece) = pieces.last_mut() {
                        piece.push(*char);
                    }
                }
            }
        }
        let mut pieces = pieces.into_iter().map(String::into_boxed_str);
        let first = pieces.next().unwrap_or_default();
        Self { first, rest: pieces.collect() }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((last, middle)) = self.rest.split_last() else { return text == &*self.first };
        let Some(mut text) = text.strip_prefix(&*self.first) else { return false };
        for piece in middle {
            match text.split_once(&**piece) {
                Some((_, after)) => text = after,
                None => return false,
            }
        }
        text.ends_with(&**last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_what_the_official_one_matches() {
        let pieces = ["a", "ab", "*", "b", "é", "aa"];
        let texts = ["", "a", "ab", "aab", "aba", "bab", "éa", "abéab", "aaaa", "baéb"];
        for one in pieces {
            for two in pieces {
                for three in pieces {
                    let elements = [one, two, three].into_iter().flat_map(str::chars);
                    let parsed: Parsed = elements
                        .map(|char| match char {
                            '*' => PatternElem::Wildcard,
                            char => PatternElem::Char(char),
                        })
                        .collect();
                    let pattern = Pattern::new(&parsed);
                    for text in texts {
                        let expected = parsed.wildcard_match(text);
                        assert_eq!(pattern.matches(text), expected, "{parsed} on {text}");
                    }
                }
            }
        }
    }
}
