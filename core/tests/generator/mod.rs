//! Generates what the two evaluators are compared on.
//!
//! Everything is drawn from bytes, so that a property test can shrink it and a fuzzer can steer it.
//! When the bytes run out every choice is the first one, which is always a small one.
#![expect(clippy::indexing_slicing, clippy::expect_used, reason = "a generator is part of a test")]

mod compare;
mod entities;
mod expressions;
mod given;
mod policies;
mod requests;

pub(crate) use compare::{Compared, compare};
pub(crate) use requests::Asked;

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

/// A bundle's worth of texts, and what is asked of it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) policies: String,
    /// Template links, in the form of the stock command line.
    pub(crate) links: String,
    pub(crate) schema: Option<&'static str>,
    pub(crate) entities: serde_json::Value,
    pub(crate) asked: Vec<Asked>,
}

impl Case {
    pub(crate) fn generate(bytes: &[u8]) -> Self {
        let choices = &mut Choices::new(bytes);
        let strict = choices.chance(25);
        let (policies, links) = policies::generate(choices);
        let entities = entities::generate(choices, strict);
        let count = 1 + choices.below(6);
        let mut asked: Vec<Asked> = Vec::new();
        for _ in 0..count {
            asked.push(Asked::generate(choices));
        }
        Self { policies, links, schema: strict.then_some(SCHEMA), entities, asked }
    }
}

/// Types of entities; the last is one that no schema, policy or stored entity needs to name.
pub(crate) const TYPES: [&str; 5] = ["User", "Lab::Group", "Lab::Doc", "Lab::Sub::User", "Ghost"];

/// Ids that stored entities have, and in the end some that they may not.
pub(crate) const IDS: [&str; 7] = ["a", "b", "c", "", "x\"] || true || [\"", "é", "ghost"];

pub(crate) const ACTIONS: [&str; 6] = ["read", "write", "all", "group", "other", "unknown"];

/// Every attribute may be there or not; those of entities, of the context and of records are alike.
pub(crate) const ATTRIBUTES: [(&str, Kind); 17] = [
    ("n", Kind::Long),
    ("b", Kind::Bool),
    ("s", Kind::Text),
    ("owner", Kind::Entity),
    ("rec", Kind::Record),
    ("names", Kind::Texts),
    ("friends", Kind::Entities),
    ("ip", Kind::Address),
    ("dec", Kind::Decimal),
    ("when", Kind::Moment),
    ("for", Kind::Duration),
    ("mixed", Kind::Mixed),
    ("m", Kind::Long),
    ("other", Kind::Entity),
    ("has space", Kind::Text),
    ("inner", Kind::Record),
    ("absent", Kind::Long),
];

/// What an expression is meant to be; now and then it is something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Long,
    Text,
    Entity,
    Record,
    Texts,
    Entities,
    Mixed,
    Address,
    Decimal,
    Moment,
    Duration,
}

pub(crate) const KINDS: [Kind; 12] = [
    Kind::Bool,
    Kind::Long,
    Kind::Text,
    Kind::Entity,
    Kind::Record,
    Kind::Texts,
    Kind::Entities,
    Kind::Mixed,
    Kind::Address,
    Kind::Decimal,
    Kind::Moment,
    Kind::Duration,
];

const SCHEMA: &str = r#"
    type Inner = { n?: Long, s?: String, owner?: User, ip?: ipaddr, inner?: { n?: Long } };
    entity User in [Lab::Group] = {
        n?: Long, m?: Long, b?: Bool, s?: String, owner?: User, other?: Lab::Doc, rec?: Inner,
        names?: Set<String>, friends?: Set<User>, ip?: ipaddr, dec?: decimal, when?: datetime,
        for?: duration, "has space"?: String
    } tags String;
    action all, group;
    action read in [all, group] appliesTo { principal: [User], resource: [Lab::Doc, Lab::Group] };
    action write in [group] appliesTo { principal: [User], resource: [Lab::Doc] };
    action other appliesTo { principal: [User], resource: [Lab::Doc] };
    namespace Lab {
        entity Group in [Lab::Group] = { n?: Long, owner?: User };
        entity Doc in [Lab::Group, Lab::Doc] = {
            n?: Long, s?: String, owner?: User, names?: Set<String>, rec?: { n?: Long }
        } tags Long;
    }
"#;

/// A text as it is written in a policy.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
