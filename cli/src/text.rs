//! Text of others, made safe to look at.
//!
//! An id, a message or a line of a policy may hold anything: terminal escapes that repaint the
//! screen, marks that reverse the reading order. They are shown as escapes and do nothing.

/// One line: whatever could move the cursor or the reading order is shown as its escape.
pub(crate) fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        push(char, &mut shown);
    }
    shown
}

/// The same, with line ends kept.
pub(crate) fn escape_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char == '\n' { shown.push(char) } else { push(char, &mut shown) }
    }
    shown
}

/// A source text with tabs and line ends kept, and where the given offsets are in it.
pub(crate) fn escape_source(text: &str, offsets: &mut [usize]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut order: Vec<&mut usize> = offsets.iter_mut().collect();
    order.sort_unstable();
    let mut waiting = order.into_iter().peekable();
    for (at, char) in text.char_indices() {
        while let Some(offset) = waiting.next_if(|offset| **offset <= at) {
            *offset = shown.len();
        }
        if matches!(char, '\n' | '\t') { shown.push(char) } else { push(char, &mut shown) }
    }
    waiting.for_each(|offset| *offset = shown.len());
    shown
}

fn push(char: char, shown: &mut String) {
    if hides(char) { shown.extend(char.escape_debug()) } else { shown.push(char) }
}

/// Control characters, and marks that are invisible or change the reading order.
fn hides(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_a_reader_is_escaped_and_the_rest_is_not() {
        assert_eq!(escape("ada's \"plan\" \\ é 日本"), "ada's \"plan\" \\ é 日本");
        assert_eq!(escape("a\u{1b}[31m\n\0\t\u{7f}\u{9b}"), "a\\u{1b}[31m\\n\\0\\t\\u{7f}\\u{9b}");
        for mark in
            ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200e}', '\u{200f}', '\u{61c}']
        {
            assert_eq!(escape(&mark.to_string()), format!("\\u{{{:x}}}", u32::from(mark)));
        }
    }

    #[test]
    fn offsets_move_with_the_escapes_before_them() {
        let mut offsets = [6, 0, 2];
        assert_eq!(escape_source("a\u{1b}b\tc\n", &mut offsets), "a\\u{1b}b\tc\n");
        assert_eq!(offsets, [11, 0, 7]);
    }
}
