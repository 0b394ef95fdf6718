//! Every operator on every pair of kinds of values, decided by both evaluators.
//!
//! One policy holds one expression, and one request decides them all: its determining policies are
//! the expressions that hold, its errors are those that fail. Operands come with the request or are
//! attributes of a stored entity, so nothing can be worked out beforehand.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use notegate::adapters::json::RequestJson;
use notegate::bundle::Loose;
use notegate::engine::{ErrorMode, Evaluator, Options, Validation};
use notegate::model::{Limits, Outcome};
use notegate::{Bundle, Snapshot};
use serde_json::{Value, json};

fn values() -> Vec<Value> {
    let entity = |type_name: &str, id: &str| json!({"__entity": {"type": type_name, "id": id}});
    let extension = |name: &str, text: &str| json!({"__extn": {"fn": name, "arg": text}});
    vec![
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-2),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(""),
        json!("a"),
        json!("a*b"),
        entity("U", "ada"),
        entity("G", "all"),
        entity("G", "nobody"),
        json!([]),
        json!([1, 0]),
        json!([1, "a"]),
        json!([entity("G", "all"), entity("U", "ada")]),
        json!([entity("G", "all"), 1]),
        json!([entity("G", "all"), {"a": 1}]),
        json!({}),
        json!({"a": 1, "b": {"a": "x"}}),
        extension("ip", "10.0.0.1"),
        extension("ip", "10.0.0.0/8"),
        extension("ip", "::1"),
        extension("decimal", "1.5"),
        extension("decimal", "-0.25"),
        extension("datetime", "2026-11-23T08:00:00Z"),
        extension("datetime", "1969-12-31T23:59:59.999Z"),
        extension("duration", "1h30m"),
        extension("duration", "-1ms"),
    ]
}

/// Expressions of two operands, which are put for `x` and `y`.
const BINARY: [&str; 27] = [
    "x == y",
    "x != y",
    "x < y",
    "x <= y",
    "x > y",
    "x >= y",
    "x + y == 1",
    "x - y == -1",
    "x * y == 0",
    "x && y",
    "x || y",
    "x in y",
    "x.contains(y)",
    "x.containsAll(y)",
    "x.containsAny(y)",
    "x.hasTag(y)",
    "x.getTag(y) == 1",
    "x.lessThan(y)",
    "x.lessThanOrEqual(y)",
    "x.greaterThan(y)",
    "x.greaterThanOrEqual(y)",
    "x.isInRange(y)",
    "x.offset(y) == x",
    "x.durationSince(y) > duration(\"0s\")",
    "[x, y].contains(y)",
    "{a: x, b: y}.b == x",
    "x is U in y",
];

/// Expressions of one operand.
const UNARY: [&str; 39] = [
    "x",
    "!x",
    "-x == -1",
    "x.isEmpty()",
    "x.isIpv4()",
    "x.isIpv6()",
    "x.isLoopback()",
    "x.isMulticast()",
    "x.toDate() == x",
    "x.toTime() < duration(\"12h\")",
    "x.toMilliseconds() == -1",
    "x.toSeconds() == 0",
    "x.toMinutes() == 90",
    "x.toHours() == 1",
    "x.toDays() == 0",
    "x like \"*\"",
    "x like \"a*\"",
    "x like \"*a\"",
    "x like \"a\\*b\"",
    "x is U",
    "x is G",
    "x has a",
    "x has b.a",
    "x has a.b",
    "x.a == 1",
    "x.b.a == \"x\"",
    "if x then true else false",
    "if x == x then x else false",
    "ip(x).isIpv4()",
    "decimal(x).lessThan(decimal(\"1.0\"))",
    "(x == 1 || x == \"a\") && !(x == false)",
    "x < 1",
    "1 < x",
    "x <= 0",
    "!(x <= 0)",
    "x == true",
    "principal == x",
    "principal in x",
    "x in G::\"all\"",
];

fn policies(count: usize, place: &str) -> String {
    let operand = |at: usize| format!("{place}.v{at}");
    let put = |expression: &str, x: &str, y: &str| {
        // Operands stand alone: a word of an expression that holds the letter is left as it is.
        let mut text = String::new();
        let mut before = ' ';
        let mut rest = expression.chars().peekable();
        while let Some(char) = rest.next() {
            let alone = |char: char| !(char.is_alphanumeric() || char == '"');
            let apart = alone(before) && rest.peek().is_none_or(|next| alone(*next));
            match char {
                'x' if apart => text.push_str(x),
                'y' if apart => text.push_str(y),
                other => text.push(other),
            }
            before = char;
        }
        format!("permit (principal, action, resource) when {{ {text} }};\n")
    };
    let mut text = String::new();
    for one in 0..count {
        for expression in UNARY {
            text.push_str(&put(expression, &operand(one), ""));
        }
        for two in 0..count {
            for expression in BINARY {
                text.push_str(&put(expression, &operand(one), &operand(two)));
            }
        }
    }
    text
}

fn decide(policies: &str, attributes: &Value, request: &str, evaluator: Evaluator) -> Outcome {
    let entities = json!([
        {"uid": {"type": "R", "id": "r"}, "attrs": attributes, "parents": []},
        {"uid": {"type": "U", "id": "ada"}, "attrs": {"a": 1, "b": {"a": "x"}}, "parents": [{"type": "G", "id": "all"}], "tags": {"a": 1}},
        {"uid": {"type": "G", "id": "all"}, "attrs": {}, "parents": []},
    ]);
    let file = |name: &str, text: String| (name.to_owned(), text.into_bytes());
    let loose = Loose {
        policies: vec![file("policies.cedar", policies.to_owned())],
        entities: Some(file("entities.json", entities.to_string())),
        ..Loose::default()
    };
    let limits = Limits::default();
    let bundle = Bundle::from_loose(loose, &limits).unwrap();
    let (validation, error_mode) = (Validation::None, ErrorMode::CedarSkip);
    let options = Options { validation, error_mode, evaluator, ..Options::default() };
    let snapshot = Snapshot::build(&bundle, options).unwrap();
    snapshot.evaluate(&RequestJson::read(request, &snapshot.shape(None)).unwrap())
}

#[test]
fn every_operator_on_every_pair_of_kinds_is_decided_alike() {
    alike("context", false);
}

#[test]
fn every_operator_on_every_pair_of_stored_attributes_is_decided_alike() {
    alike("resource", false);
}

#[test]
fn every_operator_on_every_pair_of_fields_of_a_stored_record_is_decided_alike() {
    alike("resource.inner", false);
}

#[test]
fn every_operator_on_attributes_that_a_request_brings_over_stored_ones_is_decided_alike() {
    alike("resource", true);
}

fn alike(place: &str, brought: bool) {
    let values = values();
    let policies = policies(values.len(), place);
    let given = |first: usize| {
        let values = values.iter().cycle().skip(first).take(values.len());
        let named = values.enumerate().map(|(at, value)| (format!("v{at}"), value.clone()));
        let given = Value::Object(named.collect());
        let mut attributes = given.clone();
        attributes.as_object_mut().unwrap().insert("inner".to_owned(), given.clone());
        (given, attributes)
    };
    let (context, attributes) = given(0);
    let context = if place == "context" { context } else { json!({}) };
    let mut request = json!({
        "principal": "U::\"ada\"", "action": "Action::\"go\"", "resource": "R::\"r\"", "context": context,
    });
    let mut stored = attributes;
    if brought {
        let entity = json!({"uid": {"type": "R", "id": "r"}, "attrs": stored, "parents": []});
        request.as_object_mut().unwrap().insert("entities".to_owned(), json!([entity]));
        // What is stored has each value under another name.
        stored = given(1).1;
    }
    let compiled = decide(&policies, &stored, &request.to_string(), Evaluator::Compiled);
    let reference = decide(&policies, &stored, &request.to_string(), Evaluator::Reference);
    let lines: Vec<&str> = policies.lines().collect();
    let told = |outcome: &Outcome| -> Vec<String> {
        let line = |id: &str| -> &str {
            let at = id.strip_prefix("policy").unwrap().parse::<usize>().unwrap();
            lines.get(at).unwrap()
        };
        let held = outcome.reason.iter().map(|id| format!("{} holds", line(id.as_ref())));
        let failed = outcome.errors.iter().map(|error| {
            let id = error.policy_id.as_ref().unwrap();
            format!("{} fails: {}", line(id.as_ref()), error.message)
        });
        held.chain(failed).collect()
    };
    let (compiled, reference) = (told(&compiled), told(&reference));
    let differ = compiled.iter().zip(&reference).find(|(one, two)| one != two);
    assert_eq!(differ, None, "the first of the differences");
    assert_eq!(compiled.len(), reference.len());
    assert!(reference.len() > lines.len() / 2 && reference.len() < lines.len());
}
