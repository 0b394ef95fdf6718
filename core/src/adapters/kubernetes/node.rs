//! A value of a manifest together with its place, read by type.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::error::{ManifestError, ManifestErrorKind as Kind};

/// A value of a manifest with its place. `null` is an absent field, as the API server has it.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    value: &'a Value,
    place: String,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, place: String::new() }
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// The fields that are there, in the order of the text.
    pub(super) fn fields(&self) -> Result<Vec<(&'a str, Node<'a>)>, ManifestError> {
        let stated = self.object()?.iter().filter(|(_, value)| !value.is_null());
        Ok(stated.map(|(name, value)| (name.as_str(), self.child(name, value))).collect())
    }

    pub(super) fn field(&self, name: &str) -> Result<Option<Node<'a>>, ManifestError> {
        let value = self.object()?.get(name).filter(|value| !value.is_null());
        Ok(value.map(|value| self.child(name, value)))
    }

    pub(super) fn required(&self, name: &str) -> Result<Node<'a>, ManifestError> {
        self.field(name)?.ok_or_else(|| {
            let place = self.child(name, self.value).place;
            ManifestError::new(Kind::Field, place, "is not there")
        })
    }

    /// A field of a field: what is absent on the way is absent.
    pub(super) fn at(&self, path: &[&str]) -> Result<Option<Node<'a>>, ManifestError> {
        let mut node = Some(self.clone());
        for name in path {
            node = match node {
                Some(node) => node.field(name)?,
                None => None,
            };
        }
        Ok(node)
    }

    /// The objects in the list `name`; none when it is absent.
    pub(super) fn items(&self, name: &str) -> Result<Vec<Node<'a>>, ManifestError> {
        let Some(list) = self.field(name)? else { return Ok(Vec::new()) };
        if list.value.is_array() { Ok(list.elements()) } else { Err(list.not("a list")) }
    }

    /// What is in this list; nothing when it is none.
    pub(super) fn elements(&self) -> Vec<Node<'a>> {
        let element = |(index, value)| {
            let mut place = self.place.clone();
            _ = write!(place, "[{index}]");
            Node { value, place }
        };
        self.value.as_array().into_iter().flatten().enumerate().map(element).collect()
    }

    /// The text in the field `name`. Empty text is an absent field, as the API server has it.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, ManifestError> {
        let text = self.field(name)?.map(|field| field.as_text()).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<&'a str>, ManifestError> {
        self.items(name)?.iter().map(Node::as_text).collect()
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ManifestError> {
        let Some(field) = self.field(name)? else { return Ok(None) };
        field.value.as_bool().map(Some).ok_or_else(|| field.not("`true` or `false`"))
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, ManifestError> {
        let Some(field) = self.field(name)? else { return Ok(None) };
        field.value.as_i64().map(Some).ok_or_else(|| field.not("a whole number"))
    }

    pub(super) fn as_text(&self) -> Result<&'a str, ManifestError> {
        self.value.as_str().ok_or_else(|| self.not("text"))
    }

    /// The error that this value is not what is expected here.
    pub(super) fn not(&self, expected: &str) -> ManifestError {
        let found = match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "`true` or `false`",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        let message = format!("expected {expected}, found {found}");
        ManifestError::new(Kind::Field, self.place.clone(), message)
    }

    /// The error that this value is none that the field takes.
    pub(super) fn refuse(&self, message: impl Into<String>) -> ManifestError {
        ManifestError::new(Kind::Value, self.place.clone(), message)
    }

    fn object(&self) -> Result<&'a Map<String, Value>, ManifestError> {
        self.value.as_object().ok_or_else(|| self.not("an object"))
    }

    fn child(&self, name: &str, value: &'a Value) -> Node<'a> {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let mut place = self.place.clone();
        if !plain || name.is_empty() {
            _ = write!(place, "[\"{}\"]", name.escape_debug());
        } else {
            let dot = if place.is_empty() { "" } else { "." };
            _ = write!(place, "{dot}{name}");
        }
        Node { value, place }
    }
}
