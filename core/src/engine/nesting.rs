//! Bounds on a policy's shape, checked before it is parsed.
//!
//! The parser, the validator and the evaluator recurse over brackets and operators; what is bounded
//! here cannot exhaust their stack, on targets without a guard either.

use crate::model::{Exceeded, Limits};

/// Checks a Cedar text, policies or a schema.
///
/// # Errors
/// [`Exceeded`] with the place where brackets nest, or one policy's operators run, too far.
pub(super) fn check(text: &str, limits: &Limits) -> Result<(), Exceeded> {
    let mut depth = 0_usize;
    let mut operators = 0_usize;
    let bytes = text.as_bytes();
    let mut at = 0_usize;
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at.saturating_add(1));
        let mut step = 1;
        match (byte, next) {
            (b'"', _) => step = string_length(bytes.get(at..).unwrap_or_default()),
            (b'/', Some(b'/')) => {
                let rest = bytes.get(at..).unwrap_or_default();
                step = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            }
            (b'(' | b'[' | b'{', _) => {
                depth = depth.saturating_add(1);
                if depth > limits.policy_nesting {
                    let name = "policy_nesting";
                    return Err(Exceeded::new(name, limits.policy_nesting, depth).at(at, text));
                }
            }
            (b')' | b']' | b'}', _) => depth = depth.saturating_sub(1),
            (b';', _) if depth == 0 => operators = 0,
            (b'&' | b'|' | b'+' | b'-' | b'*' | b'!' | b'.', _) | (b'i', Some(b'f'))
                if *byte != b'i' || is_word(bytes, at, 2) =>
            {
                operators = operators.saturating_add(1);
                if operators > limits.policy_operators {
                    let name = "policy_operators";
                    let exceeded = Exceeded::new(name, limits.policy_operators, operators);
                    return Err(exceeded.at(at, text));
                }
                if matches!((byte, next), (b'&', Some(b'&')) | (b'|', Some(b'|'))) {
                    step = 2;
                }
            }
            _ => {}
        }
        at = at.saturating_add(step);
    }
    Ok(())
}

/// The comments of a Cedar text, each without its line end.
pub(super) fn comments(text: &str) -> Vec<&str> {
    let (bytes, mut at, mut comments) = (text.as_bytes(), 0_usize, Vec::new());
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let step = match rest {
            [b'"', ..] => string_length(rest),
            [b'/', b'/', ..] => {
                let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                let comment = text.get(at..at.saturating_add(line));
                comments.extend(comment.map(str::trim_end));
                line
            }
            _ => 1,
        };
        at = at.saturating_add(step);
    }
    comments
}

/// Whether the `length` bytes at `at` are a word by themselves and no part of a longer one.
fn is_word(bytes: &[u8], at: usize, length: usize) -> bool {
    let in_word = |at: Option<usize>| {
        let byte = at.and_then(|at| bytes.get(at));
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    !in_word(at.checked_sub(1)) && !in_word(at.checked_add(length))
}

/// The length of the string literal at the start of `bytes`, with both quotes.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1_usize;
    while let Some(byte) = bytes.get(at) {
        at = at.saturating_add(match byte {
            b'\\' => 2,
            b'"' => return at.saturating_add(1),
            _ => 1,
        });
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let limits = Limits { policy_nesting: 1, ..Limits::default() };
        assert_eq!(check("( \"((\\\"((\" ) // ((((\n()", &limits), Ok(()));
        assert_eq!(check("(\n(", &limits).unwrap_err().name(), "policy_nesting");
    }

    #[test]
    fn a_comment_starts_outside_of_strings_and_ends_with_its_line() {
        let text = "a \"// no \\\" // no\" // yes \"\n// and \r\n b //";
        assert_eq!(comments(text), ["// yes \"", "// and", "//"]);
    }

    #[test]
    fn operators_are_counted_by_policy() {
        let limits = Limits { policy_operators: 2, ..Limits::default() };
        assert_eq!(check("a && b == c; a || b;", &limits), Ok(()));
        // Letters that make a keyword inside a longer word are none.
        assert_eq!(check("notify in verify is gift_if if_gift a && b", &limits), Ok(()));
        assert!(check("if a then b else if c then d else if e", &limits).is_err());
        let error = check("a;\na && b && c && d", &limits).unwrap_err();
        assert_eq!(error.to_string(), "limit `policy_operators` is 2, found 3 at line 2");
    }
}
