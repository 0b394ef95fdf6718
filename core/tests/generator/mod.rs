//! Generates what the evaluators and the loaders are compared on.
//!
//! Everything is drawn from bytes, so that a property test can shrink it and a fuzzer can steer it.
//! When the bytes run out every choice is the first one, which is always a small one.
#![expect(clippy::indexing_slicing, clippy::expect_used, reason = "a generator is part of a test")]

mod answers;
mod compare;
mod conditions;
mod entities;
mod enumerate;
mod expressions;
mod given;
mod loading;
mod official;
mod ours;
mod overlays;
mod policies;
mod probes;
mod requests;
mod schema;
mod scopes;
mod spoil;
mod targets;
mod values;
mod world;

pub(crate) use compare::Compared;
pub(crate) use targets::{TARGETS, Target};

/// Choices, drawn from bytes.
#[derive(Debug)]
pub(crate) struct Choices<'b> {
    bytes: std::slice::Iter<'b, u8>,
}

impl<'b> Choices<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    fn byte(&mut self) -> usize {
        self.bytes.next().map_or(0, |byte| usize::from(*byte))
    }

    /// One of `0..count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.byte() % count.max(1)
    }

    /// True so often in a hundred; false when the bytes have run out.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        let byte = self.byte();
        byte != 0 && byte * 100 / 256 < percent
    }

    pub(crate) fn one<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.below(of.len())]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.len() == 0
    }
}

/// A uid: the name of its type, and its id.
pub(crate) type Uid = (&'static str, &'static str);

/// A bundle's worth of texts, and what is asked of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    pub(crate) policies: String,
    /// Template links, in the form of the stock command line.
    pub(crate) links: String,
    /// The same policies with their scopes written as conditions.
    pub(crate) unscoped: String,
    pub(crate) schema: Option<String>,
    /// The text of the entities' JSON.
    pub(crate) entities: String,
    /// Whether policies and requests are held against the schema.
    pub(crate) validated: bool,
    pub(crate) asked: Asked,
}

/// What requests are made of, and how many are made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) principals: Vec<Uid>,
    pub(crate) actions: Vec<Uid>,
    pub(crate) resources: Vec<Uid>,
    /// Each in the language's JSON form.
    pub(crate) contexts: Vec<serde_json::Value>,
    pub(crate) overlays: Vec<Overlay>,
    /// For so many overlays, how many requests have none.
    pub(crate) plain: usize,
    pub(crate) count: usize,
}

/// What a request says of entities.
#[derive(Debug, Default, Clone)]
pub(crate) struct Overlay {
    /// Entities in the language's JSON form, each uid once.
    pub(crate) entities: Vec<serde_json::Value>,
    /// Attributes of an entity, each uid once.
    pub(crate) attributes: Vec<(Uid, serde_json::Value)>,
}

/// A text as it is written in a policy.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
