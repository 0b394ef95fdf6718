use super::*;
use crate::bundle::{Bundle, Loose};
use crate::engine::{Options, Validation};
use crate::model::{Context, EntityUid, Limits, conformance};
use crate::request::EntityAttributes;

fn snapshot(policies: &str, entities: &str) -> Snapshot {
    let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let loose = Loose {
        policies: vec![file("a.cedar", policies)],
        entities: Some(file("e.json", entities)),
        links: Some(file(
            "l.json",
            r#"[{"template_id": "t", "link_id": "linked", "args": {"?principal": "U::\"ada\""}}]"#,
        ))
        .filter(|_| policies.contains("?principal")),
        ..Loose::default()
    };
    let bundle = Bundle::from_loose(loose, &Limits::default()).unwrap();
    let options = Options { validation: Validation::None, ..Options::default() };
    Snapshot::build(&bundle, options).unwrap()
}

const ADA: &str = r#"[{"uid": {"type": "U", "id": "ada"}, "parents": [{"type": "G", "id": "ops"}],
    "attrs": {"level": 1, "clearance": {"rank": 1}}}]"#;

fn request(context: serde_json::Value) -> crate::request::RequestBuilder {
    let uid = |text: &str| -> EntityUid { text.parse().unwrap() };
    let context: Context =
        conformance::read_context(context, &uid("Action::\"go\""), None).unwrap();
    Request::builder(uid("U::\"ada\""), uid("Action::\"go\""), uid("R::\"r\"")).context(context)
}

fn explain(policies: &str, context: serde_json::Value) -> Explanation {
    let snapshot = snapshot(policies, ADA);
    let request = request(context).build(&snapshot.shape(None)).unwrap();
    snapshot.explain(&request)
}

/// What decided the first condition that does not hold in the only candidate.
fn decided(conditions: &str, context: serde_json::Value) -> (Clause, Vec<String>) {
    let policy = format!("permit (principal, action, resource)\n{conditions};");
    let mut explanation = explain(&policy, context);
    let clause = explanation.candidates.remove(0).clause.unwrap();
    let leaf = |one: &Deciding| {
        let operands = one.operands.iter().map(|one| format!("{} = {}", one.text, one.value));
        format!("{} is {}: {}", one.text, one.value, operands.collect::<Vec<_>>().join(", "))
    };
    let leaves = clause.deciding.iter().map(leaf).collect();
    (clause, leaves)
}

#[test]
fn the_smallest_false_part_is_told_with_its_values() {
    let when = "when { principal.level == 1 } when { context.ok && (principal.clearance.rank >= context.need || context.root) }";
    let (clause, leaves) = decided(when, serde_json::json!({"ok": true, "need": 3, "root": false}));
    assert_eq!(clause.kind, ClauseKind::When);
    assert!(clause.text.starts_with("context.ok && ("), "{}", clause.text);
    assert_eq!(clause.error, None);
    assert_eq!(
        leaves,
        [
            "principal.clearance.rank >= context.need is false: principal.clearance.rank = 1, context.need = 3",
            "context.root is false: context.root = false",
        ]
    );
    let span = clause.deciding[1].span.clone().unwrap();
    let policy = format!("permit (principal, action, resource)\n{when};");
    assert_eq!(&policy[span.offset..span.offset + span.length], "context.root");
}

#[test]
fn an_unless_that_is_true_an_absent_attribute_and_an_error_are_told() {
    let (clause, leaves) = decided("unless { !(context has mfa) }", serde_json::json!({}));
    assert_eq!((clause.kind, &*clause.text), (ClauseKind::Unless, "!(context has mfa)"));
    assert_eq!(leaves, ["context has mfa is false: context.mfa = absent"]);

    let (clause, leaves) = decided("when { context.mfa == true }", serde_json::json!({}));
    assert!(clause.error.as_ref().unwrap().contains("mfa"), "{clause:?}");
    assert!(leaves[0].ends_with(": context.mfa = absent"), "{leaves:?}");

    let (_, leaves) =
        decided("when { if context has a then context.a else false }", serde_json::json!({}));
    assert_eq!(leaves, ["context has a is false: context.a = absent"]);

    let (_, leaves) = decided("when { context has a.b.c }", serde_json::json!({"a": {"b": {}}}));
    assert_eq!(leaves, ["context has a.b.c is false: context.a.b.c = absent"]);

    let (_, leaves) = decided("when { principal in G::\"admins\" }", serde_json::json!({}));
    assert_eq!(leaves, [r#"principal in G::"admins" is false: principal = U::"ada", in G::"ops""#]);

    let (_, leaves) = decided("when { principal is U in G::\"admins\" }", serde_json::json!({}));
    assert_eq!(leaves.len(), 1, "{leaves:?}");

    let (_, leaves) = decided("when { resource in G::\"ops\" }", serde_json::json!({}));
    assert!(leaves[0].ends_with("of which nothing is known"), "{leaves:?}");

    let (_, leaves) = decided(
        "when { context.names.contains(principal.clearance.rank) }",
        serde_json::json!({"names": []}),
    );
    assert_eq!(
        leaves,
        [
            "context.names.contains(principal.clearance.rank) is false: context.names = [], principal.clearance.rank = 1"
        ]
    );

    let (_, leaves) = decided("when { resource has owner }", serde_json::json!({}));
    assert_eq!(
        leaves,
        [
            "resource has owner is false: resource.owner = absent, as entity `R::\"r\"` does not exist"
        ]
    );

    let (_, leaves) = decided("when { principal.level != 1 }", serde_json::json!({}));
    assert_eq!(leaves, ["principal.level != 1 is false: principal.level = 1"]);
}

#[test]
fn candidates_near_misses_and_the_rest_are_counted() {
    let policies = r#"
        @id("far") permit (principal == U::"bob", action == Action::"stay", resource);
        @id("near") permit (principal in G::"admins", action, resource);
        @id("forbidden") forbid (principal, action == Action::"stay", resource);
        @id("candidate") permit (principal in G::"ops", action, resource) when { false };
    "#;
    let explanation = explain(policies, serde_json::json!({}));
    let ids: Vec<&str> = explanation.candidates.iter().map(|one| &*one.id).collect();
    assert_eq!(ids, ["candidate"]);
    assert_eq!(explanation.candidates[0].status, Status::NotSatisfied);
    assert_eq!((explanation.near_miss_count, explanation.others), (1, 3));
    let near = &explanation.near_misses[0];
    assert_eq!((&*near.id, near.part, &*near.found), ("near", "principal", "U::\"ada\""));
    assert_eq!(near.asks_for, "principal in G::\"admins\"");
    let erring = |effect: &str| {
        let erring = format!(
            "{effect} (principal in G::\"ops\", action, resource) when {{ context.none }};"
        );
        explain(&format!("{policies}{erring}"), serde_json::json!({}))
    };
    assert_eq!((erring("permit").near_miss_count, erring("forbid").near_miss_count), (1, 0));
    assert_eq!(erring("forbid").candidates[1].status, Status::Errored);
    let allowed = explain("permit (principal, action, resource);", serde_json::json!({}));
    assert_eq!((allowed.decision, allowed.candidates[0].status), ("allow", Status::Satisfied));
}

#[test]
fn links_of_templates_and_policies_in_json_are_explained() {
    let template = "@id(\"t\") permit (principal == ?principal, action, resource) when { context.n > 1 } unless { context.off };";
    let explanation = explain(template, serde_json::json!({"n": 2, "off": true}));
    assert_eq!(explanation.candidates[0].id, "linked");
    assert_eq!(explanation.candidates[0].clause.as_ref().unwrap().kind, ClauseKind::Unless);

    let json = r#"{"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"}, "resource": {"op": "All"},
        "conditions": [{"kind": "when", "body": {"Value": true}},
                       {"kind": "unless", "body": {"<": {"left": {"Value": 1}, "right": {".": {"left": {"Var": "context"}, "attr": "n"}}}}}]}"#;
    let explanation = explain(json, serde_json::json!({"n": 2}));
    let clause = explanation.candidates[0].clause.clone().unwrap();
    assert_eq!(
        (clause.kind, &*clause.text, clause.span),
        (ClauseKind::Unless, "1 < context.n", None)
    );
    assert_eq!(clause.deciding[0].operands[0].value, "2");
}

#[test]
fn what_goes_over_the_stored_entities_is_seen() {
    let policy = "permit (principal, action, resource) when { principal.level > 5 };";
    let snapshot = snapshot(policy, ADA);
    let uid: EntityUid = "U::\"ada\"".parse().unwrap();
    let level = crate::model::RestrictedExpression::new_long(4);
    let attributes = EntityAttributes::new(uid, [("level".to_owned(), level)]).unwrap();
    let request = request(serde_json::json!({})).attributes(attributes);
    let request = request.build(&snapshot.shape(None)).unwrap();
    let explanation = snapshot.explain(&request);
    let clause = explanation.candidates[0].clause.as_ref().unwrap();
    assert_eq!(clause.deciding[0].operands[0].value, "4");
}

#[test]
fn values_are_cut_and_what_cannot_be_seen_is_escaped() {
    let long = "x\u{1b}[31m\u{202e}".repeat(1_000);
    let (_, leaves) = decided("when { context.s == \"a\" }", serde_json::json!({"s": long}));
    assert!(leaves[0].len() < 1_500 && leaves[0].contains('…'), "{leaves:?}");
    assert!(!leaves[0].contains('\u{1b}') && !leaves[0].contains('\u{202e}'), "{leaves:?}");
    let (clause, _) =
        decided(&format!("when {{ context.s == \"{long}\" }}"), serde_json::json!({"s": ""}));
    assert!(clause.text.len() < 1_500 && !clause.text.contains('\u{1b}'), "{}", clause.text);
}

#[test]
fn an_explanation_is_json() {
    let explanation = explain(
        "permit (principal, action, resource) when { context.a };",
        serde_json::json!({"a": false}),
    );
    let json = serde_json::to_value(&explanation).unwrap();
    let candidate = &json["candidates"][0];
    assert_eq!(candidate["place"], serde_json::json!({"file": "a.cedar", "line": 1, "column": 1}));
    assert_eq!(candidate["status"], "not_satisfied");
    assert_eq!(candidate["clause"]["deciding"][0]["span"]["length"], 9);
}
