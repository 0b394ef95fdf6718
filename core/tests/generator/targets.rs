use std::str::FromStr;

use serde_json::Value;

use super::compare::{Compared, decisions, opened};
use super::enumerate::enumerations;
use super::policies::{Policies, Wanted};
use super::requests::Spread;
use super::world::World;
use super::{Asked, Case, Choices, entities, loading, schema};

/// A property, and the cases it is held against.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// The case that these bytes make.
    pub(crate) case: fn(&[u8]) -> Case,
    /// What was compared, or where two answers differ.
    pub(crate) compare: fn(&Case) -> Result<Compared, String>,
}

pub(crate) const TARGETS: [Target; 5] = [
    Target { name: "decisions", case: any, compare: decisions },
    Target { name: "index", case: wide, compare: index },
    Target { name: "loading", case: loading::case, compare: loading::readings },
    Target { name: "overlay", case: overlaid, compare: decisions },
    Target { name: "enumerate", case: few, compare: enumerations },
];

/// Any policies over any entities.
fn any(bytes: &[u8]) -> Case {
    let spread = Spread { uids: 6, contexts: 8, overlays: 4, plain: 4, count: 300 };
    case(bytes, &Shape { policies: 8, depth: 5, stored: 7, schema: 55, spread })
}

/// Many policies, most of them told apart by their scopes.
fn wide(bytes: &[u8]) -> Case {
    let spread = Spread { uids: 12, contexts: 2, overlays: 2, plain: 4, count: 250 };
    case(bytes, &Shape { policies: 60, depth: 0, stored: 8, schema: 25, spread })
}

/// Requests that say much of entities.
fn overlaid(bytes: &[u8]) -> Case {
    let spread = Spread { uids: 5, contexts: 3, overlays: 24, plain: 1, count: 300 };
    case(bytes, &Shape { policies: 8, depth: 3, stored: 6, schema: 40, spread })
}

/// Few requests, since each is put for every stored entity.
fn few(bytes: &[u8]) -> Case {
    let spread = Spread { uids: 4, contexts: 3, overlays: 1, plain: 2, count: 4 };
    let case = case(bytes, &Shape { policies: 8, depth: 3, stored: 6, schema: 40, spread });
    Case { validated: false, ..case }
}

struct Shape {
    /// How many policies there are at the most.
    policies: usize,
    /// How deep their conditions are at the most.
    depth: usize,
    /// How many entities of a type are stored at the most.
    stored: usize,
    /// How often in a hundred there is a schema.
    schema: usize,
    spread: Spread,
}

fn case(bytes: &[u8], shape: &Shape) -> Case {
    let choices = &mut Choices::new(bytes);
    let with_schema = choices.chance(shape.schema);
    let world = World::generate(choices, with_schema);
    let schema = with_schema.then(|| schema::written(&world));
    let parsed = schema
        .as_deref()
        .filter(|_| choices.chance(50))
        .and_then(|text| cedar_policy::Schema::from_str(text).ok());
    let wanted = Wanted {
        world: &world,
        count: 1 + choices.below(shape.policies),
        depth: shape.depth,
        fitting: parsed.as_ref(),
        unfit: if choices.chance(15) { 10 } else { 0 },
    };
    let policies = Policies::generate(choices, &wanted);
    let stored = entities::stored(choices, &world, shape.stored);
    let asked = Asked::generate(choices, &world, shape.spread);
    Case {
        policies: policies.text,
        links: Value::from(policies.links).to_string(),
        unscoped: policies.unscoped,
        validated: parsed.is_some() && choices.chance(80),
        schema,
        entities: Value::from(stored).to_string(),
        asked,
    }
}

/// Compares decisions, and scopes with the same written as conditions, which no index narrows.
fn index(case: &Case) -> Result<Compared, String> {
    let mut compared = decisions(case)?;
    let open = |policies: &str, links: &str| Case {
        policies: policies.to_owned(),
        links: links.to_owned(),
        validated: false,
        ..case.clone()
    };
    let (scoped, unscoped) = (open(&case.policies, &case.links), open(&case.unscoped, "[]"));
    let Some((official, scoped)) = opened(&scoped, &mut compared)? else { return Ok(compared) };
    let Some((_, unscoped)) = opened(&unscoped, &mut compared)? else { return Ok(compared) };
    for parts in case.asked.each().take(100) {
        let context = official.context(&parts);
        let request = scoped.request(&parts, context).map_err(|error| error.to_string())?;
        let (one, two) = (scoped.denying.evaluate(&request), unscoped.denying.evaluate(&request));
        if one != two {
            return Err(format!("by scopes {one:#?}\nby conditions {two:#?}\nof {parts:?}"));
        }
        compared.answers += 1;
    }
    Ok(compared)
}
