//! How much the body of a save or an upload writes.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::refused;
use crate::model::RequestError;
use crate::model::notebook::ContextBuilder;

/// The facts that it says, which cost reading all of it.
pub(super) const FACTS: [&str; 2] = ["bytes", "chunk"];

/// The body of a save or an upload. Nothing of what it writes is copied.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Content<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    chunk: Option<i64>,
}

impl<'a> Content<'a> {
    /// Nothing at all makes an empty file. What comes is bounded by whoever kept it: it is read once, without
    /// recursion.
    pub(super) fn read(text: &'a str) -> Result<Self, RequestError> {
        let text = text.trim();
        if text.is_empty() || text == "null" {
            return Ok(Self::default());
        }
        // A list would be read as fields in their order.
        if !text.starts_with('{') {
            return Err(refused("the body is not an object"));
        }
        serde_json::from_str(text).map_err(|error| {
            refused("the body does not say what is written").help(error.to_string())
        })
    }

    pub(super) fn context(&self, context: ContextBuilder) -> ContextBuilder {
        let context = context.bytes(i64::try_from(self.bytes()).unwrap_or(i64::MAX));
        match self.chunk {
            Some(chunk) => context.chunk(chunk),
            None => context,
        }
    }

    /// Never less than what is written of it.
    fn bytes(&self) -> usize {
        let Some(content) = self.content.map(RawValue::get) else { return 0 };
        let text = content.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        match (text, self.format.as_deref()) {
            // A notebook is written as JSON, in the server's own spacing.
            (None, _) => content.len(),
            (Some(text), Some("base64")) => decoded(text),
            (Some(text), _) => length(text, str::len, |_| 1),
        }
    }
}

/// What base64 stands for. Padding and white space stand for nothing; readers pass over more than these.
fn decoded(text: &str) -> usize {
    let counts = |byte: u8| !byte.is_ascii_whitespace() && byte != b'=';
    let plain = |text: &str| text.bytes().filter(|byte| counts(*byte)).count();
    let digits = length(text, plain, |byte| usize::from(counts(byte)));
    let (whole, rest) = (digits / 4, digits % 4);
    whole.saturating_mul(3).saturating_add(rest.saturating_mul(3) / 4)
}

/// The length of a JSON string from what stands between its quotes: of `plain` text, and of what is escaped and
/// stands for one byte.
fn length(text: &str, plain: impl Fn(&str) -> usize, one: impl Fn(u8) -> usize) -> usize {
    let (mut rest, mut length) = (text, 0_usize);
    while let Some((before, escaped)) = rest.split_once('\\') {
        let mut after = escaped.chars();
        let stands_for = match after.next() {
            Some('u') => {
                let digits = after.as_str().get(..4).unwrap_or_default();
                after = after.as_str().get(4..).unwrap_or_default().chars();
                match u16::from_str_radix(digits, 16).unwrap_or_default() {
                    unit @ ..0x80 => one(u8::try_from(unit).unwrap_or_default()),
                    // Half of a pair, which is four bytes.
                    ..0x800 | 0xD800..0xE000 => 2,
                    _ => 3,
                }
            }
            Some('n' | 'r' | 't' | 'f') => one(b'\n'),
            _ => one(b'/'),
        };
        length = length.saturating_add(plain(before)).saturating_add(stands_for);
        rest = after.as_str();
    }
    length.saturating_add(plain(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(body: &str) -> usize {
        Content::read(body).unwrap().bytes()
    }

    #[test]
    fn text_is_as_long_as_it_is_written() {
        for text in ["", "a", "é\u{1F600}\\", "\"\n\r\t/\u{8}\u{c}\u{1}", "\u{7ff}\u{800}\u{ffff}"]
        {
            let plain = serde_json::json!({"content": text, "format": "text"}).to_string();
            assert_eq!(bytes(&plain), text.len(), "{text:?}");
            let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            let escaped = format!(r#"{{"format": "text", "\u0063ontent": "{units}"}}"#);
            assert_eq!(bytes(&escaped), text.len(), "{escaped}");
        }
    }

    #[test]
    fn base64_is_as_long_as_what_it_stands_for() {
        let of = |text: &str| bytes(&format!(r#"{{"content": "{text}", "format": "base64"}}"#));
        for (text, length) in [
            ("", 0),
            ("YQ==", 1),
            ("YWI=", 2),
            ("YWJj", 3),
            ("YWJjZA==", 4),
            ("YWJj\\nZA==\\r\\n", 4),
            ("\\/\\u002f\\/\\/", 3),
            ("YQ", 1),
        ] {
            assert_eq!(of(text), length, "{text}");
        }
        // What a reader passes over counts: it is never less than what is written.
        assert!(of("Y_W-J!j") >= 3);
    }

    #[test]
    fn a_notebook_is_as_long_as_it_was_sent_and_nothing_is_none() {
        assert_eq!(bytes(r#"{"type": "notebook", "content": {"cells": []} }"#), 13);
        for body in ["", " null ", "{}", r#"{"content": null}"#, r#"{"type": "directory"}"#] {
            assert_eq!(bytes(body), 0, "{body}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for body in [
            r#"{"content": "a", "content": "ab"}"#,
            r#"{"content": "a", "\u0063ontent": "ab"}"#,
            r#"{"format": "text", "format": "base64"}"#,
            r#"{"chunk": 1, "chunk": 2}"#,
            r#"{"chunk": true}"#,
            r#"{"chunk": 1.0}"#,
            r#"{"format": 1}"#,
            r#"["a", "text", 1]"#,
            r#"{"content": "a"} {}"#,
            r#"{"content": "a"#,
            "1",
        ] {
            assert!(Content::read(body).is_err(), "{body}");
        }
        let deep = format!(r#"{{"content": {}"#, "[".repeat(1 << 20));
        assert!(Content::read(&deep).is_err());
    }
}
