//! What an operator wrote, walked by hand, so that whatever is wrong is named by its place.

use serde_json::{Map, Value};

use super::ConfigError;

/// A value and its place, such as `identity[0].jwt.user`.
pub(super) struct Node {
    place: String,
    json: Value,
}

/// An object of which each field is asked for.
pub(super) struct Object {
    place: String,
    fields: Map<String, Value>,
    asked: Vec<&'static str>,
}

/// The name of an alternative, and what is said of it.
pub(super) struct Variant {
    place: String,
    pub(super) name: String,
    content: Option<Node>,
}

impl Node {
    pub(super) fn whole(json: Value) -> Self {
        Self { place: String::new(), json }
    }

    pub(super) fn object(self) -> Result<Object, ConfigError> {
        match self.json {
            Value::Object(fields) => Ok(Object { place: self.place, fields, asked: Vec::new() }),
            _ => Err(self.expected("an object")),
        }
    }

    /// What an object holds, whatever its keys are.
    pub(super) fn entries(self) -> Result<impl Iterator<Item = (String, Self)>, ConfigError> {
        let Object { place, fields, .. } = self.object()?;
        Ok(fields.into_iter().map(move |(key, json)| {
            let place = below(&place, &key);
            (key, Self { place, json })
        }))
    }

    pub(super) fn list(self) -> Result<impl Iterator<Item = Self>, ConfigError> {
        let Value::Array(list) = self.json else { return Err(self.expected("a list")) };
        let place = self.place;
        let at = move |(at, json)| Self { place: format!("{place}[{at}]"), json };
        Ok(list.into_iter().enumerate().map(at))
    }

    pub(super) fn text(self) -> Result<String, ConfigError> {
        match self.json {
            Value::String(text) => Ok(text),
            _ => Err(self.expected("a text")),
        }
    }

    /// One text, or several.
    pub(super) fn texts(self, expected: &str) -> Result<Vec<String>, ConfigError> {
        let text = |json| match json {
            Value::String(text) => Some(text),
            _ => None,
        };
        let texts = match self.json {
            Value::String(text) => Some(vec![text]),
            Value::Array(list) => list.into_iter().map(text).collect(),
            _ => None,
        };
        texts.ok_or_else(|| error(&self.place, expected))
    }

    pub(super) fn flag(self) -> Result<bool, ConfigError> {
        self.json.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    pub(super) fn number<N: TryFrom<u64>>(self) -> Result<N, ConfigError> {
        let number = self.json.as_u64().and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| match &self.json {
            Value::Number(number) => error(
                &self.place,
                &format!(
                    "invalid value: `{number}`, expected a whole number that is not too large"
                ),
            ),
            _ => self.expected("a whole number"),
        })
    }

    /// One of these words.
    pub(super) fn word<T: Copy>(self, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let Value::String(text) = &self.json else { return Err(self.expected("a text")) };
        match words.iter().find(|(word, _)| word == text) {
            Some((_, meant)) => Ok(*meant),
            None => Err(unknown_variant(&self.place, text, words.iter().map(|(word, _)| *word))),
        }
    }

    /// A word, or an object that has one and says something of it.
    pub(super) fn variant(self) -> Result<Variant, ConfigError> {
        let expected = "a word, or an object with one field";
        match self.json {
            Value::String(name) => Ok(Variant { place: self.place, name, content: None }),
            Value::Object(fields) if fields.len() == 1 => {
                let place = self.place;
                let mut fields = fields.into_iter();
                let (name, json) = fields.next().ok_or_else(|| error(&place, expected))?;
                let content = Some(Self { place: below(&place, &name), json });
                Ok(Variant { place, name, content })
            }
            _ => Err(self.expected(expected)),
        }
    }

    fn expected(&self, expected: &str) -> ConfigError {
        let found = match &self.json {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        error(&self.place, &format!("invalid type: {found}, expected {expected}"))
    }
}

impl Object {
    /// A field that may be left out, or be null.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<Node> {
        self.stated(name).filter(|node| !node.json.is_null())
    }

    /// A field that may be left out.
    pub(super) fn stated(&mut self, name: &'static str) -> Option<Node> {
        self.asked.push(name);
        let json = self.fields.shift_remove(name)?;
        Some(Node { place: below(&self.place, name), json })
    }

    pub(super) fn required(&mut self, name: &'static str) -> Result<Node, ConfigError> {
        let missing = || format!("missing field `{name}`");
        self.stated(name).ok_or_else(|| error(&self.place, &missing()))
    }

    /// A text that may be left out.
    pub(super) fn text_or(
        &mut self,
        name: &'static str,
        default: &str,
    ) -> Result<String, ConfigError> {
        self.stated(name).map_or_else(|| Ok(default.to_owned()), Node::text)
    }

    /// Nothing else may be there.
    pub(super) fn end(self) -> Result<(), ConfigError> {
        let Some((name, _)) = self.fields.iter().next() else { return Ok(()) };
        let known = list(self.asked.iter().copied());
        let message = format!("unknown field `{}`, expected {known}", name.escape_debug());
        Err(error(&below(&self.place, name), &message))
    }
}

impl Variant {
    /// What is said of it.
    pub(super) fn content(self) -> Result<Node, ConfigError> {
        let Self { place, name, content } = self;
        content.ok_or_else(|| error(&place, &format!("nothing is said of `{name}`")))
    }

    /// Nothing may be said of it.
    pub(super) fn alone(self) -> Result<(), ConfigError> {
        match self.content {
            None => Ok(()),
            Some(node) if node.json.is_null() => Ok(()),
            Some(node) => Err(node.expected("nothing")),
        }
    }

    pub(super) fn unknown(&self, known: &[&str]) -> ConfigError {
        unknown_variant(&self.place, &self.name, known.iter().copied())
    }
}

fn unknown_variant<'k>(
    place: &str,
    name: &str,
    known: impl Iterator<Item = &'k str>,
) -> ConfigError {
    let shown = name.escape_debug();
    error(place, &format!("unknown variant `{shown}`, expected {}", list(known)))
}

fn list<'k>(known: impl Iterator<Item = &'k str>) -> String {
    let quoted: Vec<String> = known.map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn below(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

fn error(place: &str, message: &str) -> ConfigError {
    ConfigError::at(if place.is_empty() { "the configuration" } else { place }, message)
}
