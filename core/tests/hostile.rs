//! Input that is malformed, oversized or meant to harm: refused with its place, nothing worse.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use notegate::adapters::json::RequestJson;
use notegate::bundle::Loose;
use notegate::engine::{Options, Validation};
use notegate::model::{Limits, LoadError, LoadErrorKind, RequestError, RequestErrorKind};
use notegate::{Bundle, Decision, Snapshot};
use serde_json::json;

const OPEN: &str =
    r#"@id("open") permit (principal, action == Notebook::Action::"hub:login", resource);"#;

fn load(members: &[(&str, &str)]) -> Result<Snapshot, LoadError> {
    let members = members.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    let bundle = Bundle::from_members(members, &Limits::default())?;
    Snapshot::build(&bundle, Options::default())
}

fn loose(policies: &str, entities: &str) -> Result<Snapshot, LoadError> {
    let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let loose = Loose {
        policies: vec![file("policies.cedar", policies)],
        entities: Some(file("entities.json", entities)),
        ..Loose::default()
    };
    let bundle = Bundle::from_loose(loose, &Limits::default())?;
    Snapshot::build(&bundle, Options { validation: Validation::None, ..Options::default() })
}

fn ask(request: &serde_json::Value) -> Result<Decision, RequestError> {
    ask_text(&request.to_string())
}

fn ask_text(text: &str) -> Result<Decision, RequestError> {
    let snapshot = load(&[("policy.cedar", OPEN)]).unwrap();
    let now = notegate::model::Timestamp::from_millis(0);
    Ok(snapshot.evaluate(&RequestJson::read(text, &snapshot.shape(now))?).decision)
}

fn login(id: &str) -> serde_json::Value {
    json!({
        "principal": {"type": "User", "id": id},
        "action": "hub:login",
        "resource": {"type": "Hub", "id": "hub"},
    })
}

#[track_caller]
fn refused(result: Result<Snapshot, LoadError>, kind: LoadErrorKind, message: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(message), "`{message}` is not in:\n{error}");
}

#[track_caller]
fn not_asked(result: Result<Decision, RequestError>, kind: RequestErrorKind, message: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(message), "`{message}` is not in:\n{error}");
}

#[test]
fn a_malformed_policy_is_refused_with_its_line() {
    let bad = load(&[("a.cedar", "permit (principal,\n  action resource);")]);
    refused(bad, LoadErrorKind::Policy, "a.cedar:2:");
}

#[test]
fn every_malformed_policy_file_is_named_at_once() {
    let error = load(&[("a.cedar", "permit"), ("b.cedar", "forbid")]).unwrap_err();
    assert!(error.to_string().contains("a.cedar:1:") && error.to_string().contains("b.cedar:1:"));
}

#[test]
fn a_policy_that_does_not_fit_the_schema_is_refused_by_id() {
    let bad = r#"@id("typo") permit (principal is Notebook::User, action == Notebook::Action::"hub:login", resource) when { principal.adnim };"#;
    refused(load(&[("a.cedar", bad)]), LoadErrorKind::Policy, "typo");
}

#[test]
fn one_mistake_is_one_problem_however_many_types_it_is_wrong_for() {
    let bad = r#"permit (principal is Notebook::User, action, resource) when { resource has owner && resource.ownr == principal };"#;
    let error = load(&[("a.cedar", bad)]).unwrap_err();
    assert_eq!(error.problems().len(), 1, "{error}");
    assert!(error.to_string().contains("more like it, at the same place"), "{error}");
    assert_eq!(error.problems()[0].help.as_deref(), Some("did you mean `owner`?"));
}

#[test]
fn a_policy_id_that_is_there_twice_in_two_files_is_refused() {
    let twice = load(&[("a.cedar", OPEN), ("b.cedar", OPEN)]);
    refused(twice, LoadErrorKind::Policy, "policy id `open` is there twice");
}

#[test]
fn deep_brackets_and_long_chains_are_refused_before_they_are_parsed() {
    let deep = format!(
        "permit(principal,action,resource) when {{ {}true{} }};",
        "(".repeat(100_000),
        ")".repeat(100_000)
    );
    refused(loose(&deep, "[]"), LoadErrorKind::Limit, "`policy_nesting` is 32, found 33");
    let sets = format!(
        "permit(principal,action,resource) when {{ {}1{} }};",
        "[".repeat(40),
        "]".repeat(40)
    );
    refused(loose(&sets, "[]"), LoadErrorKind::Limit, "policy_nesting");
    let chain =
        format!("permit(principal,action,resource) when {{ 1{} == 1 }};", " + 1".repeat(100_000));
    refused(loose(&chain, "[]"), LoadErrorKind::Limit, "`policy_operators` is 512, found 513");
}

#[test]
fn what_the_limits_let_through_never_exhausts_the_stack() {
    let most = Limits::default().policy_operators - 8;
    for (link, end) in [
        ("true && ", "true"),
        ("false || ", "true"),
        ("1 + ", "1 == 1"),
        ("1 * ", "1 == 1"),
        ("if true then true else ", "true"),
    ] {
        decide_or_refuse(&format!("{}{end}", link.repeat(most)));
    }
    decide_or_refuse(&format!("context{}", ".a".repeat(most)));
    decide_or_refuse(&format!("{}true{}", "(".repeat(30), ")".repeat(30)));
    decide_or_refuse(&format!("{}1{} == 1", "[".repeat(30), "]".repeat(30)));
}

/// Whatever the language makes of the condition, it is an answer.
fn decide_or_refuse(condition: &str) {
    let text = format!("permit(principal,action,resource) when {{ {condition} }};");
    // The strict validator recurses too, over the context of an action that takes any depth.
    let schema = "type D = { a?: Bool }; entity U; action \"b\" appliesTo { principal: U, resource: U, context: { a?: D } };";
    let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let validated = Loose {
        policies: vec![file("policies.cedar", &text)],
        schema: Some(file("schema.cedarschema", schema)),
        ..Loose::default()
    };
    let bundle = Bundle::from_loose(validated, &Limits::default()).unwrap();
    let _ = Snapshot::build(&bundle, Options::default());
    if let Ok(snapshot) = loose(&text, "[]") {
        let request =
            json!({"principal": "U::\"a\"", "action": "Action::\"b\"", "resource": "R::\"c\""});
        let request = RequestJson::read(&request.to_string(), &snapshot.shape(None)).unwrap();
        let _ = snapshot.evaluate(&request);
    }
}

#[test]
fn a_schema_that_touches_the_shipped_model_is_refused() {
    let own = |text| load(&[("policy.cedar", OPEN), ("schema.cedarschema", text)]);
    refused(own("namespace Notebook { entity Extra; }"), LoadErrorKind::Schema, "shipped");
    refused(own("entity Extra;"), LoadErrorKind::Schema, "outside of any namespace");
    refused(own("namespace Lab { entity"), LoadErrorKind::Schema, "schema.cedarschema:1:");
    assert!(own("namespace Lab { entity Bench; }").is_ok());
}

#[test]
fn a_bundle_holds_cedar_text_and_loose_texts_may_be_json() {
    let any = json!({"op": "All"});
    let policy = json!({"effect": "permit", "principal": any, "action": any, "resource": any, "conditions": []});
    let policy = policy.to_string();
    assert!(loose(&policy, "[]").is_ok());
    refused(load(&[("policy.cedar", &policy)]), LoadErrorKind::Policy, "policy.cedar:1:1");
    let schema = r#"{"Lab": {"entityTypes": {"Bench": {}}, "actions": {}}}"#;
    let own = load(&[("policy.cedar", OPEN), ("schema.cedarschema", schema)]);
    refused(own, LoadErrorKind::Schema, "schema.cedarschema:1:1");
}

#[test]
fn a_manifest_with_an_unknown_field_is_refused() {
    let with = |text| load(&[("policy.cedar", OPEN), ("manifest.json", text)]);
    refused(with(r#"{"nmae": "x"}"#), LoadErrorKind::Layout, "unknown field `nmae`");
    refused(with(r#"{"model": "notebook/2"}"#), LoadErrorKind::Layout, "notebook/2");
    refused(with(r#"{"sensitivity": ["a", "a"]}"#), LoadErrorKind::Layout, "`a` is there twice");
}

#[test]
fn a_hierarchy_with_a_cycle_is_refused_by_a_member_of_the_cycle() {
    let entity = |id: &str, parent: &str| json!({"uid": {"type": "U", "id": id}, "attrs": {}, "parents": [{"type": "U", "id": parent}]});
    let cycle = json!([entity("out", "a"), entity("a", "b"), entity("b", "c"), entity("c", "b")]);
    let error = loose("", &cycle.to_string()).unwrap_err().to_string();
    assert!(error.contains("`U::\"b\"`") || error.contains("`U::\"c\"`"), "{error}");
    let own = json!([entity("a", "a")]).to_string();
    refused(loose("", &own), LoadErrorKind::Entities, "cycle through entity `U::\"a\"`");
}

#[test]
fn a_hierarchy_that_is_too_deep_is_refused_and_the_deepest_allowed_is_closed() {
    let chain = |length: usize| {
        let entity = |at: usize| json!({"uid": {"type": "U", "id": at.to_string()}, "attrs": {}, "parents": if at == 0 { json!([]) } else { json!([{"type": "U", "id": (at - 1).to_string()}]) }});
        json!((0..length).map(entity).collect::<Vec<_>>()).to_string()
    };
    refused(loose("", &chain(100_000)), LoadErrorKind::Limit, "`hierarchy_depth` is 64");
    let snapshot = loose(r#"permit (principal in U::"0", action, resource);"#, &chain(65)).unwrap();
    let request =
        json!({"principal": "U::\"64\"", "action": "Action::\"b\"", "resource": "R::\"c\""});
    let request = RequestJson::read(&request.to_string(), &snapshot.shape(None)).unwrap();
    assert_eq!(snapshot.evaluate(&request).decision, Decision::Allow);
}

#[test]
fn an_entity_that_is_there_twice_is_refused_even_when_it_is_the_same() {
    let entity = json!({"uid": {"type": "U", "id": "a"}, "attrs": {}, "parents": []});
    let twice = json!([entity, entity]).to_string();
    refused(loose("", &twice), LoadErrorKind::Entities, "`U::\"a\"` is there twice");
}

#[test]
fn json_that_is_nested_deep_is_refused_before_it_is_parsed() {
    let deep = "[".repeat(100_000);
    refused(loose("", &deep), LoadErrorKind::Limit, "`json_nesting` is 32, found 33");
    let request = format!(r#"{{"context": {deep}"#);
    not_asked(ask_text(&request), RequestErrorKind::Limit, "json_nesting");
}

#[test]
fn a_request_over_its_size_is_refused() {
    let text = login(&"x".repeat(2 << 20)).to_string();
    not_asked(ask_text(&text), RequestErrorKind::Limit, "request_bytes");
    not_asked(ask(&login(&"x".repeat(5_000))), RequestErrorKind::Limit, "id_bytes");
    let long = json!({"type": "Notebook::Group", "id": "x".repeat(5_000)});
    for sent in ["entities", "attributes"] {
        let mut request = login("ada");
        request[sent] = json!([{"uid": long, "attrs": {}}]);
        if sent == "entities" {
            request[sent][0]["parents"] = json!([]);
        }
        not_asked(ask(&request), RequestErrorKind::Limit, "id_bytes");
    }
}

#[test]
fn an_id_may_hold_anything_and_is_nothing_but_an_id() {
    for id in [
        "x\"] || true",
        "a\nb",
        "\0",
        "\u{202e}nimda",
        "\u{1b}[31m",
        "аdа",
        "🦀",
        "",
        "User::\"root\"",
    ] {
        assert_eq!(ask(&login(id)), Ok(Decision::Allow), "{id:?}");
    }
}

#[test]
fn an_unknown_field_or_a_key_that_repeats_is_refused() {
    let mut request = login("ada");
    request["prinicpal"] = json!("x");
    not_asked(ask(&request), RequestErrorKind::Malformed, "unknown field `prinicpal`");
    let twice = r#"{"principal": "User::\"a\"", "principal": "User::\"b\"", "action": "hub:login", "resource": "Hub::\"h\""}"#;
    not_asked(ask_text(twice), RequestErrorKind::Malformed, "duplicate field `principal`");
    let context = r#"{"principal": "User::\"a\"", "action": "hub:login", "resource": "Hub::\"h\"", "context": {"mfa": true, "mfa": false}}"#;
    not_asked(ask_text(context), RequestErrorKind::Malformed, "mfa");
    let uid = r#"{"principal": {"type": "User", "id": "a", "id": "b"}, "action": "hub:login", "resource": "Hub::\"h\""}"#;
    not_asked(ask_text(uid), RequestErrorKind::Malformed, "`id` is there twice");
}

#[test]
fn an_action_principal_or_context_that_the_schema_does_not_know_is_refused() {
    let mut request = login("ada");
    request["action"] = json!("hub:explode");
    not_asked(ask(&request), RequestErrorKind::Context, "hub:explode");
    let mut request = login("ada");
    request["principal"] = json!({"type": "Dataset", "id": "d"});
    not_asked(ask(&request), RequestErrorKind::Schema, "Dataset");
    let mut request = login("ada");
    request["context"] = json!({"mfa": "yes"});
    not_asked(ask(&request), RequestErrorKind::Schema, "mfa");
    let mut request = login("ada");
    request["context"] = json!({"sudo": true});
    not_asked(ask(&request), RequestErrorKind::Context, "sudo");
}

#[test]
fn an_unknown_value_is_refused_wherever_it_stands() {
    let unknown = json!({"__extn": {"fn": "unknown", "arg": "x"}});
    let mut request = login("ada");
    request["context"] = json!({"mfa": unknown});
    assert!(ask(&request).is_err());
    let mut request = login("ada");
    let uid = json!({"type": "Notebook::User", "id": "ada"});
    request["entities"] = json!([{"uid": uid, "attrs": {"admin": unknown}, "parents": []}]);
    assert!(ask(&request).is_err());
    let mut request = login("ada");
    request["attributes"] = json!([{"uid": uid, "attrs": {"admin": unknown}}]);
    assert!(ask(&request).is_err());
    let stored = json!([{"uid": {"type": "U", "id": "a"}, "attrs": {"x": unknown}, "parents": []}]);
    refused(loose("", &stored.to_string()), LoadErrorKind::Entities, "unknown");
}

#[test]
fn entities_of_a_request_are_held_to_the_schema() {
    let uid = json!({"type": "Notebook::User", "id": "ada"});
    let mut request = login("ada");
    request["entities"] = json!([{"uid": uid, "attrs": {"admin": "yes"}, "parents": []}]);
    not_asked(ask(&request), RequestErrorKind::Entities, "admin");
    request["entities"] =
        json!([{"uid": uid, "attrs": {}, "parents": []}, {"uid": uid, "attrs": {}, "parents": []}]);
    not_asked(ask(&request), RequestErrorKind::Entities, "is sent twice");
    let mut request = login("ada");
    request["attributes"] = json!([{"uid": uid, "attrs": {"nonsense": 1}}]);
    not_asked(ask(&request), RequestErrorKind::Entities, "nonsense");
}

#[test]
fn an_action_among_the_entities_is_the_one_of_the_schema_or_refused() {
    let action = |attributes: &str, parents: &str| {
        format!(
            r#"[{{"uid": {{"type": "Notebook::Action", "id": "hub:login"}},
                "attrs": {attributes}, "parents": {parents}}}]"#
        )
    };
    let load = |entities: &str| load(&[("policy.cedar", OPEN), ("entities.json", entities)]);
    let admin = r#"[{"type": "Notebook::Action", "id": "admin"}]"#;
    let execute = r#"[{"type": "Notebook::Action", "id": "execute"}]"#;
    assert!(load(&action("{}", execute)).is_ok());
    for wrong in [action(r#"{"n": 1}"#, execute), action("{}", "[]"), action("{}", admin)] {
        let error = load(&wrong).unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::Entities, "{error}");
    }
}

#[test]
fn attributes_of_a_request_name_only_ids_that_the_schema_lists() {
    let schema = "namespace Lab { entity Level enum [\"low\", \"high\"]; \
                  entity Robot = { level?: Level }; }";
    let snapshot = load(&[("policy.cedar", OPEN), ("schema.cedarschema", schema)]).unwrap();
    let asked = |type_name: &str, id: &str, attributes: serde_json::Value| {
        let mut request = login("ada");
        let uid = json!({"type": format!("Lab::{type_name}"), "id": id});
        request["attributes"] = json!([{"uid": uid, "attrs": attributes}]);
        let now = notegate::model::Timestamp::from_millis(0);
        RequestJson::read(&request.to_string(), &snapshot.shape(now)).map(|_| Decision::Allow)
    };
    let level = |id: &str| json!({"level": {"type": "Lab::Level", "id": id}});
    assert!(asked("Robot", "r", level("low")).is_ok());
    not_asked(asked("Robot", "r", level("LOW")), RequestErrorKind::Entities, "LOW");
    assert!(asked("Level", "high", json!({})).is_ok());
    not_asked(asked("Level", "other", json!({})), RequestErrorKind::Entities, "other");
}

#[test]
fn entities_of_a_request_that_close_the_hierarchy_to_a_cycle_deny() {
    let group = |id: &str| json!({"type": "Notebook::Group", "id": id});
    let entity =
        |id: &str, parent: &str| json!({"uid": group(id), "attrs": {}, "parents": [group(parent)]});
    let stored = json!([{"uid": {"type": "Notebook::User", "id": "ada"}, "attrs": {}, "parents": [group("a")]}, entity("a", "b")]);
    let members = [("policy.cedar", OPEN), ("entities.json", &stored.to_string())];
    let snapshot = load(&members).unwrap();
    let now = notegate::model::Timestamp::from_millis(0);
    let mut request = login("ada");
    request["entities"] = json!([entity("b", "a")]);
    let request = RequestJson::read(&request.to_string(), &snapshot.shape(now)).unwrap();
    let outcome = snapshot.evaluate(&request);
    assert_eq!(outcome.decision, Decision::Deny);
    assert!(outcome.errors[0].message.contains("cycle through `Notebook::Group::\"b\"`"));
}

#[test]
fn a_grant_without_its_approvals_refuses_the_bundle() {
    let grant = |approved_by: &[&str]| {
        json!([{"id": "g", "principal": {"type": "Notebook::User", "id": "ada"}, "action": "data:read",
            "resource": {"type": "Notebook::Dataset", "id": "d"}, "expires": "2026-12-01T16:00:00Z",
            "reason": "r", "approved_by": approved_by}])
        .to_string()
    };
    let with = |approved_by| {
        let manifest = r#"{"grants": {"approvers": 2}}"#;
        load(&[
            ("policy.cedar", OPEN),
            ("manifest.json", manifest),
            ("grants.json", &grant(approved_by)),
        ])
    };
    refused(with(&["bob"]), LoadErrorKind::Grants, "1 approved it and the manifest asks for 2");
    refused(with(&["bob", "ada"]), LoadErrorKind::Grants, "its principal approved it");
    assert!(with(&["bob", "eve"]).is_ok());
}

#[test]
fn a_grant_ends_at_its_instant_without_a_reload() {
    let grants = json!([{"id": "g", "principal": {"type": "Notebook::User", "id": "x\"] || true"}, "action": "data:read",
        "resource": {"type": "Notebook::Dataset", "id": "d"}, "expires": "2026-12-01T16:00:00Z",
        "reason": "r", "approved_by": []}]);
    let snapshot = load(&[("policy.cedar", OPEN), ("grants.json", &grants.to_string())]).unwrap();
    let decide = |id: &str, now: &str| {
        let request = json!({"principal": {"type": "User", "id": id}, "action": "data:read", "resource": {"type": "Dataset", "id": "d"}, "context": {"now": now}});
        snapshot.evaluate(&RequestJson::read(&request.to_string(), &snapshot.shape(None)).unwrap())
    };
    let before = decide("x\"] || true", "2026-12-01T15:59:59.999Z");
    assert_eq!(before.decision, Decision::Allow);
    assert_eq!(before.reason[0].to_string(), "grant:g");
    assert_eq!(decide("x\"] || true", "2026-12-01T16:00:00Z").decision, Decision::Deny);
    assert_eq!(decide("somebody", "2026-12-01T15:00:00Z").decision, Decision::Deny);
}
