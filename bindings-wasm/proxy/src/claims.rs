//! Claims of a token that another filter of the proxy has verified.
//!
//! They are read from the proxy's protobuf form of what filters say of a request: asked for one by one, a
//! number, a list and a text that happens to look like either come as the same bytes. Nothing is copied, and
//! what no claim is looked for in is passed over.

use crate::wire::{Field, Message};

/// The claims of a token: a `google.protobuf.Struct`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claims<'m>(Message<'m>);

/// What a claim is, as far as it is told apart.
enum Kind<'m> {
    Null,
    Text(&'m str),
    Fields(Message<'m>),
    List(Message<'m>),
    Other,
}

impl<'m> Claims<'m> {
    /// The claims that the filter of a namespace has put under a name; `None` when it has put none.
    ///
    /// # Errors
    /// When it cannot be read: then nobody can say that there were none.
    pub(crate) fn read(
        metadata: &'m [u8],
        namespace: &str,
        name: &str,
    ) -> Result<Option<Self>, Unreadable> {
        let Some(filter) = entry(Message(metadata), namespace)? else { return Ok(None) };
        match entry(filter, name)?.map(kind).transpose()?.flatten() {
            None => Ok(None),
            Some(Kind::Fields(claims)) => Ok(Some(Self(claims))),
            Some(_) => Err(Unreadable),
        }
    }

    /// The one text that a claim is; `None` when there is no such claim.
    ///
    /// # Errors
    /// When it is something else than a text.
    pub(crate) fn text(&self, path: &[String]) -> Result<Option<&'m str>, Unreadable> {
        match self.find(path)? {
            None | Some(Kind::Null) => Ok(None),
            Some(Kind::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Unreadable),
        }
    }

    /// The texts that a claim is a list of; one text alone is a list of it.
    ///
    /// # Errors
    /// When it is something else than texts.
    pub(crate) fn texts(&self, path: &[String]) -> Result<Vec<&'m str>, Unreadable> {
        match self.find(path)? {
            None | Some(Kind::Null) => Ok(Vec::new()),
            Some(Kind::Text(text)) => Ok(vec![text]),
            Some(Kind::List(list)) => {
                let values = list
                    .fields()
                    .filter(|field| !matches!(field, Ok((number, _)) if *number != VALUES));
                let texts = values.map(|value| match kind(value?.1.message()?)? {
                    Some(Kind::Text(text)) => Ok(text),
                    _ => Err(Unreadable),
                });
                texts.collect()
            }
            Some(_) => Err(Unreadable),
        }
    }

    fn find(&self, path: &[String]) -> Result<Option<Kind<'m>>, Unreadable> {
        let Some((last, above)) = path.split_last() else { return Err(Unreadable) };
        let mut fields = self.0;
        for name in above {
            match entry(fields, name)?.map(kind).transpose()?.flatten() {
                None | Some(Kind::Null) => return Ok(None),
                Some(Kind::Fields(inner)) => fields = inner,
                Some(_) => return Err(Unreadable),
            }
        }
        Ok(entry(fields, last)?.map(kind).transpose()?.flatten())
    }
}

/// The entries of the one map that `Metadata` and `Struct` are, the key and the value of an entry, and the values of a
/// `ListValue`.
const ENTRIES: u32 = 1;
const KEY: u32 = 1;
const VALUE: u32 = 2;
const VALUES: u32 = 1;

/// What there is under a key.
///
/// # Errors
/// When it is there twice: the proxy writes each once.
fn entry<'m>(map: Message<'m>, key: &str) -> Result<Option<Message<'m>>, Unreadable> {
    let mut found = None;
    for field in map.fields() {
        let (ENTRIES, entry) = field? else { continue };
        let entry = entry.message()?;
        let is = entry.one(KEY)?.map(Field::text).transpose()?.unwrap_or_default() == key;
        if is {
            let value = entry.one(VALUE)?.map(Field::message).transpose()?;
            if found.replace(value.unwrap_or_default()).is_some() {
                return Err(Unreadable);
            }
        }
    }
    Ok(found)
}

/// What a `google.protobuf.Value` holds; nothing when it holds nothing.
///
/// # Errors
/// When it holds two things.
fn kind(value: Message<'_>) -> Result<Option<Kind<'_>>, Unreadable> {
    let mut found = None;
    for field in value.fields() {
        let (number, field) = field?;
        let kind = match number {
            1 => Kind::Null,
            3 => Kind::Text(field.text()?),
            5 => Kind::Fields(field.message()?),
            6 => Kind::List(field.message()?),
            2 | 4 => Kind::Other,
            _ => continue,
        };
        if found.replace(kind).is_some() {
            return Err(Unreadable);
        }
    }
    Ok(found)
}

/// A token, or what is said of one, is not what the configuration expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protobuf::metadata;

    fn claims(bytes: &[u8]) -> Claims<'_> {
        Claims::read(bytes, "filter", "jwt").unwrap().unwrap()
    }

    fn bytes(json: &serde_json::Value) -> Vec<u8> {
        metadata("filter", "jwt", json)
    }

    fn path(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_text_is_a_text_and_nothing_else_is() {
        let bytes =
            bytes(&json!({"sub": "ada", "n": 1, "l": ["a"], "z": null, "o": {"sub": "in"}}));
        let claims = claims(&bytes);
        assert_eq!(claims.text(&path(&["sub"])), Ok(Some("ada")));
        assert_eq!(claims.text(&path(&["o", "sub"])), Ok(Some("in")));
        for absent in [&["x"][..], &["z"], &["o", "x"], &["z", "x"], &["x", "y"]] {
            assert_eq!(claims.text(&path(absent)), Ok(None), "{absent:?}");
        }
        for other in [&["n"][..], &["l"], &["o"], &["sub", "x"], &[]] {
            assert_eq!(claims.text(&path(other)), Err(Unreadable), "{other:?}");
        }
    }

    #[test]
    fn a_list_of_texts_is_read_whole_or_not_at_all() {
        let bytes = bytes(&json!({"one": "a", "two": ["a", "b"], "mixed": ["a", 1], "none": []}));
        let claims = claims(&bytes);
        assert_eq!(claims.texts(&path(&["one"])), Ok(vec!["a"]));
        assert_eq!(claims.texts(&path(&["two"])), Ok(vec!["a", "b"]));
        assert_eq!(claims.texts(&path(&["none"])), Ok(Vec::new()));
        assert_eq!(claims.texts(&path(&["absent"])), Ok(Vec::new()));
        assert_eq!(claims.texts(&path(&["mixed"])), Err(Unreadable));
    }

    #[test]
    fn no_claims_are_none_and_bytes_that_are_no_claims_are_refused() {
        assert_eq!(Claims::read(&[], "filter", "jwt"), Ok(None));
        let other = metadata("filter", "jwt", &json!({"sub": "ada"}));
        assert_eq!(Claims::read(&other, "other", "jwt"), Ok(None));
        assert_eq!(Claims::read(&other, "filter", "other"), Ok(None));
        assert_eq!(Claims::read(b"\xff\xff", "filter", "jwt"), Err(Unreadable));
        let text = metadata("filter", "jwt", &json!("ada"));
        assert_eq!(Claims::read(&text, "filter", "jwt"), Err(Unreadable));
    }

    #[test]
    fn what_is_said_twice_is_refused_and_what_is_cut_short_too() {
        let whole = bytes(&json!({"sub": "ada", "groups": ["a", "b"], "deep": {"er": "x"}}));
        let twice = [&whole[..], &whole].concat();
        assert_eq!(Claims::read(&twice, "filter", "jwt"), Err(Unreadable));
        for length in 1..whole.len() {
            assert_eq!(
                Claims::read(&whole[..length], "filter", "jwt"),
                Err(Unreadable),
                "{length}"
            );
        }
    }

    #[test]
    fn claims_are_read_as_a_reader_of_all_protobuf_reads_them() {
        use prost::Message as _;
        let whole =
            bytes(&json!({"sub": "ada", "groups": ["a", "b"], "deep": {"er": "x"}, "n": 4.5}));
        let path = path(&["sub"]);
        for at in 0..whole.len() {
            for byte in [0, 1, 0x0a, 0x12, 0x7f, 0x80, 0xff] {
                let mut spoiled = whole.clone();
                spoiled[at] = byte;
                let ours = Claims::read(&spoiled, "filter", "jwt");
                let ours =
                    ours.and_then(|claims| claims.map_or(Ok(None), |claims| claims.text(&path)));
                let Ok(Some(name)) = ours else { continue };
                // Who is named here is named by the other reader as well, if it can read it at all.
                let Ok(mut theirs) = crate::protobuf::Metadata::decode(&spoiled[..]) else {
                    continue;
                };
                let token = theirs
                    .filters
                    .remove("filter")
                    .and_then(|mut filter| filter.fields.remove("jwt"));
                let sub = match token.and_then(|token| token.kind) {
                    Some(crate::protobuf::Kind::Fields(mut claims)) => claims.fields.remove("sub"),
                    _ => None,
                };
                let text = crate::protobuf::Kind::Text(name.to_owned());
                assert_eq!(sub.and_then(|sub| sub.kind), Some(text), "{at} {byte}");
            }
        }
    }
}
