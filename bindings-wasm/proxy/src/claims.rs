//! Claims of a token that another filter of the proxy has verified.
//!
//! They are read from the proxy's protobuf form of what filters say of a request: asked for one by one, a
//! number, a list and a text that happens to look like either come as the same bytes.

use prost::Message as _;

use crate::protobuf::{Fields, Kind, Metadata};

/// The claims of a token.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Claims(Fields);

impl Claims {
    /// The claims that the filter of a namespace has put under a name; `None` when it has put none.
    ///
    /// # Errors
    /// When it cannot be read: then nobody can say that there were none.
    pub(crate) fn read(
        metadata: &[u8],
        namespace: &str,
        name: &str,
    ) -> Result<Option<Self>, Unreadable> {
        let mut metadata = Metadata::decode(metadata).map_err(|_| Unreadable)?;
        let Some(mut filter) = metadata.filters.remove(namespace) else { return Ok(None) };
        match filter.fields.remove(name).and_then(|value| value.kind) {
            None => Ok(None),
            Some(Kind::Fields(claims)) => Ok(Some(Self(claims))),
            Some(_) => Err(Unreadable),
        }
    }

    /// The one text that a claim is; `None` when there is no such claim.
    ///
    /// # Errors
    /// When it is something else than a text.
    pub(crate) fn text(&self, path: &[String]) -> Result<Option<&str>, Unreadable> {
        match self.find(path)? {
            None | Some(Kind::Null(_)) => Ok(None),
            Some(Kind::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Unreadable),
        }
    }

    /// The texts that a claim is a list of; one text alone is a list of it.
    ///
    /// # Errors
    /// When it is something else than texts.
    pub(crate) fn texts(&self, path: &[String]) -> Result<Vec<&str>, Unreadable> {
        match self.find(path)? {
            None | Some(Kind::Null(_)) => Ok(Vec::new()),
            Some(Kind::Text(text)) => Ok(vec![text]),
            Some(Kind::List(list)) => {
                let texts = list.values.iter().map(|value| match &value.kind {
                    Some(Kind::Text(text)) => Ok(text.as_str()),
                    _ => Err(Unreadable),
                });
                texts.collect()
            }
            Some(_) => Err(Unreadable),
        }
    }

    fn find(&self, path: &[String]) -> Result<Option<&Kind>, Unreadable> {
        let Some((last, above)) = path.split_last() else { return Err(Unreadable) };
        let mut fields = &self.0;
        for name in above {
            match fields.fields.get(name).map(|value| &value.kind) {
                None | Some(None | Some(Kind::Null(_))) => return Ok(None),
                Some(Some(Kind::Fields(inner))) => fields = inner,
                Some(Some(_)) => return Err(Unreadable),
            }
        }
        Ok(fields.fields.get(last).and_then(|value| value.kind.as_ref()))
    }
}

/// A token, or what is said of one, is not what the configuration expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protobuf::metadata;

    fn claims(json: &serde_json::Value) -> Claims {
        let bytes = metadata("filter", "jwt", json);
        Claims::read(&bytes, "filter", "jwt").unwrap().unwrap()
    }

    fn path(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_text_is_a_text_and_nothing_else_is() {
        let claims =
            claims(&json!({"sub": "ada", "n": 1, "l": ["a"], "z": null, "o": {"sub": "in"}}));
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
        let claims = claims(&json!({"one": "a", "two": ["a", "b"], "mixed": ["a", 1], "none": []}));
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
}
