use serde_json::{Map, Value, json};

use super::world::{Attribute, KINDS, Kind, World};
use super::{Choices, Uid};

pub(crate) const TEXTS: [&str; 10] =
    ["a", "b", "", "n", "s", "10.0.0.1", "aab", "é*", "a\"b\\", "1.5"];
pub(crate) const LONGS: [i64; 9] = [0, 1, 2, -1, 100, i64::MAX, i64::MIN, 3, 86_400_000];
pub(crate) const ADDRESSES: [&str; 12] = [
    "10.0.0.1",
    "10.0.0.0/8",
    "127.0.0.1",
    "::1",
    "ff02::1/16",
    "0.0.0.0/0",
    "224.0.0.1/3",
    "::ffff:a00:1/120",
    "127.0.0.0/7",
    "::/0",
    "10.1.2.3/8",
    "255.255.255.255/32",
];
pub(crate) const DECIMALS: [&str; 8] = [
    "0.0",
    "1.5",
    "-1.25",
    "922337203685477.5807",
    "-922337203685477.5808",
    "1.50",
    "-0.0001",
    "12.3",
];
pub(crate) const MOMENTS: [&str; 7] = [
    "1970-01-01",
    "2024-10-15T11:35:00Z",
    "1969-12-31T23:59:59.999Z",
    "2024-10-15",
    "9999-12-31T00:00:00Z",
    "0000-01-01",
    "2024-10-15T11:35:00.123+0130",
];
pub(crate) const DURATIONS: [&str; 8] = [
    "1h",
    "-1d",
    "0ms",
    "9223372036854775807ms",
    "-9223372036854775808ms",
    "90m",
    "1d2h3m4s5ms",
    "-1ms",
];

impl World {
    /// The value of an attribute, as JSON of entities and contexts.
    pub(crate) fn value(
        &self,
        choices: &mut Choices<'_>,
        attribute: &Attribute,
        inside: Option<usize>,
    ) -> Value {
        if !self.strict && choices.chance(4) {
            let kind = KINDS[choices.below(KINDS.len())];
            return self.loose(choices, kind, 2);
        }
        match attribute.kind {
            Kind::Entity => entity(self.referred(choices, attribute.of)),
            Kind::Record => {
                let place = attribute.record(inside);
                self.fields(choices, &self.records[place], Some(place)).into()
            }
            Kind::Entities => {
                let count = count(choices);
                (0..count).map(|_| entity(self.referred(choices, attribute.of))).collect()
            }
            Kind::Mixed if self.strict => {
                let count = count(choices);
                (0..count).map(|_| self.element(choices, attribute.of)).collect()
            }
            kind => self.loose(choices, kind, 2),
        }
    }

    /// Attributes with their values.
    pub(crate) fn fields(
        &self,
        choices: &mut Choices<'_>,
        attributes: &[Attribute],
        inside: Option<usize>,
    ) -> Map<String, Value> {
        let mut fields = Map::new();
        for attribute in attributes {
            if choices.chance(60) || (attribute.required && (self.strict || choices.chance(80))) {
                let value = self.value(choices, attribute, inside);
                fields.insert(attribute.name.to_owned(), value);
            }
        }
        fields
    }

    /// A value of a kind, whatever is declared.
    pub(crate) fn loose(&self, choices: &mut Choices<'_>, kind: Kind, depth: usize) -> Value {
        match kind {
            Kind::Bool => json!(choices.below(2) == 0),
            Kind::Long => json!(LONGS[choices.below(LONGS.len())]),
            Kind::Text => json!(choices.one(&TEXTS)),
            Kind::Entity => entity(self.uid(choices)),
            Kind::Record if depth == 0 => json!({"n": 1}),
            Kind::Record => {
                let place = choices.below(2);
                let mut fields = Map::new();
                for attribute in self.records[place].iter().take(3) {
                    let value = self.loose(choices, attribute.kind, depth - 1);
                    fields.insert(attribute.name.to_owned(), value);
                }
                fields.into()
            }
            Kind::Texts => (0..count(choices)).map(|_| json!(choices.one(&TEXTS))).collect(),
            Kind::Entities => (0..count(choices)).map(|_| entity(self.uid(choices))).collect(),
            Kind::Mixed if choices.chance(4) => many(choices),
            Kind::Mixed => (0..choices.below(5))
                .map(|_| {
                    let of = KINDS[choices.below(KINDS.len())];
                    self.loose(choices, of, depth.saturating_sub(1).min(1))
                })
                .collect(),
            Kind::Address => made("ip", choices.one(&ADDRESSES)),
            Kind::Decimal => made("decimal", choices.one(&DECIMALS)),
            Kind::Moment => made("datetime", choices.one(&MOMENTS)),
            Kind::Duration => made("duration", choices.one(&DURATIONS)),
        }
    }

    /// An element of a set of that sort, as the schema has them.
    fn element(&self, choices: &mut Choices<'_>, sort: usize) -> Value {
        match sort {
            0 => json!(LONGS[choices.below(LONGS.len())]),
            1 => (0..choices.below(3)).map(|_| json!(choices.below(3))).collect(),
            2 => made("decimal", choices.one(&DECIMALS)),
            3 => json!({"n": choices.below(3)}),
            _ => made("ip", choices.one(&ADDRESSES)),
        }
    }

    fn referred(&self, choices: &mut Choices<'_>, of: usize) -> Uid {
        if self.strict || choices.chance(70) { self.uid_of(choices, of) } else { self.uid(choices) }
    }
}

/// How many elements a set has: few, or more than are looked through one by one.
fn count(choices: &mut Choices<'_>) -> usize {
    if choices.chance(10) { 14 } else { choices.below(4) }
}

/// More elements than are compared pair by pair.
fn many(choices: &mut Choices<'_>) -> Value {
    let nested = choices.chance(50);
    let element = |number: usize| match nested {
        true => json!([number]),
        false => made("decimal", &format!("{number}.0")),
    };
    (0..60 + choices.below(12)).map(element).collect()
}

pub(crate) fn entity((name, id): Uid) -> Value {
    json!({"__entity": {"type": name, "id": id}})
}

fn made(name: &str, text: &str) -> Value {
    json!({"__extn": {"fn": name, "arg": text}})
}
