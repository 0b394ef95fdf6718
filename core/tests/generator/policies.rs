use std::str::FromStr;

use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};
use serde_json::{Value, json};

use super::expressions::{Expressions, Known, written};
use super::scopes::Scope;
use super::world::{Kind, World};
use super::{Choices, Uid};

/// What policies to write.
#[derive(Debug)]
pub(crate) struct Wanted<'w> {
    pub(crate) world: &'w World,
    pub(crate) count: usize,
    /// How deep the expressions are at the most; none for policies that are all scope.
    pub(crate) depth: usize,
    /// When there is one, policies that do not fit it are left out.
    pub(crate) fitting: Option<&'w Schema>,
    /// How many in a hundred of them are not.
    pub(crate) unfit: usize,
}

/// Policies and templates, and links of the templates.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    pub(crate) text: String,
    pub(crate) links: Vec<Value>,
    /// The same policies with their scopes written as conditions, and the links as policies.
    pub(crate) unscoped: String,
}

impl Policies {
    pub(crate) fn generate(choices: &mut Choices<'_>, wanted: &Wanted<'_>) -> Self {
        let mut policies = Self::default();
        let mut linked = String::new();
        if choices.chance(25) {
            policies.text.push_str("@id(\"all\")\npermit (principal, action, resource);\n");
            policies.unscoped.push_str("@id(\"all\")\npermit (principal, action, resource);\n");
        }
        for number in 0..wanted.count {
            if let Some(policy) = policy(choices, wanted, number) {
                policies.add(choices, wanted, number, &policy, &mut linked);
            }
        }
        policies.unscoped.push_str(&linked);
        policies
    }

    fn add(
        &mut self,
        choices: &mut Choices<'_>,
        wanted: &Wanted<'_>,
        number: usize,
        policy: &Policy,
        linked: &mut String,
    ) {
        let Policy { head, scope, rest } = policy;
        self.text.push_str(&format!("{}{head} {}{rest};\n", id(number), scope.written()));
        let slots = scope.slots();
        let unscoped = |name: &str, principal, resource| {
            let condition = scope.as_condition(principal, resource);
            format!("{name}{head} (principal, action, resource) when {{ {condition} }}{rest};\n")
        };
        if slots.is_empty() {
            self.unscoped.push_str(&unscoped(&id(number), None, None));
            return;
        }
        for link in 0..choices.below(4) {
            let filled: Vec<(&str, Uid)> =
                slots.iter().map(|slot| (*slot, wanted.world.uid(choices))).collect();
            let of = |name: &str| filled.iter().find(|(slot, _)| *slot == name).map(|one| one.1);
            let arguments: serde_json::Map<String, Value> = filled
                .iter()
                .map(|(slot, uid)| ((*slot).to_owned(), written(*uid).into()))
                .collect();
            let name = format!("link{number}-{link}");
            self.links.push(json!({
                "template_id": format!("p{number}"), "link_id": name, "args": arguments,
            }));
            let name = format!("@id(\"{name}\")\n");
            linked.push_str(&unscoped(&name, of("?principal"), of("?resource")));
        }
    }
}

/// A policy in parts: annotations with the effect, scope, conditions.
struct Policy {
    head: String,
    scope: Scope,
    rest: String,
}

fn id(number: usize) -> String {
    format!("@id(\"p{number}\")\n")
}

fn policy(choices: &mut Choices<'_>, wanted: &Wanted<'_>, number: usize) -> Option<Policy> {
    let effect = choices.one(&["permit", "forbid"]);
    let head = format!("{}{effect}", annotations(choices, number));
    let (scope, known) = match wanted.fitting {
        Some(_) => Scope::fitting(choices, wanted.world),
        None if wanted.depth > 1 && choices.chance(40) => Scope::fitting(choices, wanted.world),
        None => (Scope::generate(choices, wanted.world, wanted.depth < 2), Known::default()),
    };
    let mut rest = String::new();
    let count = if choices.chance(80) { 1 + choices.below(2) } else { 0 };
    for _ in 0..count {
        if wanted.depth > 0 {
            rest.push_str(&conditions(choices, wanted, known));
        }
    }
    let Some(schema) = wanted.fitting else { return Some(Policy { head, scope, rest }) };
    let fits = |rest: &str| {
        let text = format!("{head} {}{rest};", scope.written());
        let Ok(set) = PolicySet::from_str(&text) else { return false };
        let validated = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        validated.validation_passed()
    };
    if choices.chance(wanted.unfit) {
        let scope =
            if choices.chance(50) { scope } else { Scope::generate(choices, wanted.world, true) };
        return Some(Policy { head, scope, rest });
    }
    if fits(&rest) {
        return Some(Policy { head, scope, rest });
    }
    fits("").then(|| Policy { head, scope, rest: String::new() })
}

fn conditions(choices: &mut Choices<'_>, wanted: &Wanted<'_>, known: Known) -> String {
    let word = choices.one(&["when", "unless"]);
    let (world, fitting) = (wanted.world, wanted.fitting.is_some());
    let kind = if !fitting && choices.chance(3) { Kind::Long } else { Kind::Bool };
    let depth = 1 + choices.below(wanted.depth);
    let mut expressions = Expressions { world, known, fitting, needs: Vec::new() };
    let body = expressions.write(choices, kind, depth);
    let needs: String = expressions.needs.iter().map(|need| format!("{need} && ")).collect();
    format!("\n{word} {{ {needs}{body} }}")
}

fn annotations(choices: &mut Choices<'_>, number: usize) -> String {
    let mut text = String::new();
    if choices.chance(20) {
        let name = choices.one(&["max_gpu", "token_lifetime", "account"]);
        let value = match name {
            "max_gpu" => choices.one(&["1", "2"]),
            "token_lifetime" => choices.one(&["1h", "30m"]),
            _ => choices.one(&["reader", "writer"]),
        };
        text.push_str(&format!("@obligation_{name}(\"{value}\")\n"));
    }
    if choices.chance(10) {
        text.push_str(&format!("@message(\"ask {number}\")\n"));
    }
    text
}
