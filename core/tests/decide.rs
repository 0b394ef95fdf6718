//! What a decision is made of: errors, obligations, messages, and entities of the request.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use notegate::adapters::json::RequestJson;
use notegate::audit::Memory;
use notegate::bundle::Loose;
use notegate::engine::{ErrorMode, Options, Validation};
use notegate::model::{Limits, Outcome, Timestamp};
use notegate::pdp::FixedClock;
use notegate::{Bundle, Decision, Pdp, Snapshot};
use serde_json::{Value, json};

fn snapshot(policies: &str, entities: &Value, error_mode: ErrorMode) -> Snapshot {
    let file = |name: &str, text: String| (name.to_owned(), text.into_bytes());
    let loose = Loose {
        policies: vec![file("policies.cedar", policies.to_owned())],
        entities: Some(file("entities.json", entities.to_string())),
        ..Loose::default()
    };
    let bundle = Bundle::from_loose(loose, &Limits::default()).unwrap();
    let options = Options { validation: Validation::None, error_mode, ..Options::default() };
    Snapshot::build(&bundle, options).unwrap()
}

fn ask(snapshot: &Snapshot, more: Value) -> Outcome {
    let mut request =
        json!({"principal": "U::\"ada\"", "action": "Action::\"read\"", "resource": "D::\"d\""});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let request = RequestJson::read(&request.to_string(), &snapshot.shape(None)).unwrap();
    snapshot.evaluate(&request)
}

fn decide(policies: &str, error_mode: ErrorMode) -> Outcome {
    ask(&snapshot(policies, &json!([]), error_mode), json!({}))
}

fn reason(outcome: &Outcome) -> Vec<String> {
    outcome.reason.iter().map(ToString::to_string).collect()
}

const ERRORING_FORBID: &str = r#"
    @id("open") permit (principal, action, resource);
    @id("broken") @message("not for you") forbid (principal, action, resource) when { context.x };
"#;

#[test]
fn a_forbid_that_errors_denies_and_says_so() {
    let outcome = decide(ERRORING_FORBID, ErrorMode::Deny);
    assert_eq!(outcome.decision, Decision::Deny);
    assert_eq!(reason(&outcome), Vec::<String>::new());
    assert_eq!(outcome.errors.len(), 1);
    assert_eq!(outcome.errors[0].policy_id.as_ref().unwrap().to_string(), "broken");
    assert!(outcome.errors[0].message.contains("`x`"), "{:?}", outcome.errors);
}

#[test]
fn exactly_cedar_skips_a_forbid_that_errors() {
    let outcome = decide(ERRORING_FORBID, ErrorMode::CedarSkip);
    assert_eq!((outcome.decision, reason(&outcome)), (Decision::Allow, vec!["open".to_owned()]));
    assert_eq!(outcome.errors.len(), 1);
}

#[test]
fn a_permit_that_errors_is_skipped_in_both_modes() {
    let policies = "permit (principal, action, resource); permit (principal, action, resource) when { context.x };";
    for mode in [ErrorMode::Deny, ErrorMode::CedarSkip] {
        let outcome = decide(policies, mode);
        assert_eq!(
            (outcome.decision, reason(&outcome)),
            (Decision::Allow, vec!["policy0".to_owned()])
        );
        assert_eq!(outcome.errors.len(), 1);
    }
}

#[test]
fn a_denial_names_the_forbids_and_keeps_their_order_when_another_errors() {
    let policies = r#"
        forbid (principal, action, resource) when { context.x };
        @id("z") @message("first") forbid (principal, action, resource);
        @id("a") @message("second") forbid (principal, action, resource);
        @id("b") @message("first") forbid (principal, action, resource);
    "#;
    let outcome = decide(policies, ErrorMode::Deny);
    assert_eq!(reason(&outcome), ["z", "a", "b"]);
    assert_eq!(outcome.message.as_deref(), Some("first\nsecond"));
}

#[test]
fn a_policy_too_deep_for_the_compiled_form_decides_in_its_place() {
    let deep = format!("{}true", "principal == principal && ".repeat(250));
    for effect in ["forbid", "permit"] {
        let policies = format!(
            "@id(\"deep\") {effect} (principal, action, resource) when {{ {deep} }};\n\
             @id(\"plain\") {effect} (principal, action, resource);"
        );
        assert_eq!(reason(&decide(&policies, ErrorMode::Deny)), ["deep", "plain"]);
    }
}

#[test]
fn a_denial_by_default_has_no_reason_and_no_message() {
    let policies =
        r#"@message("never shown") permit (principal, action, resource) when { false };"#;
    let outcome = decide(policies, ErrorMode::Deny);
    assert_eq!(
        (outcome.decision, outcome.reason.len(), outcome.message),
        (Decision::Deny, 0, None)
    );
}

#[test]
fn obligations_of_the_determining_policies_are_merged_to_the_most_restrictive() {
    let policies = r#"
        @obligation_max_cpu("4000") @obligation_idle_timeout("2h") permit (principal, action, resource);
        @obligation_max_cpu("500") @obligation_idle_timeout("1d") permit (principal, action, resource);
        @obligation_max_cpu("1") permit (principal, action, resource) when { false };
        @obligation_max_gpu("0") forbid (principal, action, resource) when { false };
    "#;
    let outcome = decide(policies, ErrorMode::Deny);
    let obligations: Vec<_> = outcome.obligations.iter().collect();
    assert_eq!(obligations, [("idle_timeout", "2h"), ("max_cpu", "500")]);
}

#[test]
fn obligations_that_conflict_deny_and_name_the_policy() {
    let policies = r#"
        @obligation_service_account("reader") permit (principal, action, resource);
        @id("second") @obligation_service_account("writer") permit (principal, action, resource);
    "#;
    let outcome = decide(policies, ErrorMode::Deny);
    assert_eq!(outcome.decision, Decision::Deny);
    assert_eq!(outcome.errors[0].policy_id.as_ref().unwrap().to_string(), "second");
    assert!(outcome.errors[0].message.contains("`service_account`"));
    assert_eq!(decide(policies, ErrorMode::CedarSkip).decision, Decision::Allow);
}

#[test]
fn policies_in_json_decide_like_those_in_text() {
    let all = json!({"op": "All"});
    let scoped = json!({"op": "==", "slot": "?principal"});
    let policy = |effect: &str, principal: &Value| {
        let empty = json!([]);
        json!({"effect": effect, "principal": principal, "action": all, "resource": all, "conditions": empty})
    };
    let decide = |json: Value| {
        let outcome = decide(&json.to_string(), ErrorMode::Deny);
        (outcome.decision, reason(&outcome))
    };
    assert_eq!(decide(policy("permit", &all)), (Decision::Allow, vec!["policy0".to_owned()]));
    // A template alone permits nobody; linked, whom it names.
    assert_eq!(decide(policy("permit", &scoped)), (Decision::Deny, Vec::new()));
    let ada = json!({"?principal": {"type": "U", "id": "ada"}});
    let set = json!({
        "staticPolicies": {},
        "templates": {"t": policy("permit", &scoped)},
        "templateLinks": [{"templateId": "t", "newId": "for-ada", "values": ada}],
    });
    assert_eq!(decide(set), (Decision::Allow, vec!["for-ada".to_owned()]));
}

fn entity(type_name: &str, id: &str, attrs: Value, parents: &[(&str, &str)]) -> Value {
    let uid = |(type_name, id): (&str, &str)| json!({"type": type_name, "id": id});
    let parents: Vec<Value> = parents.iter().map(|parent| uid(*parent)).collect();
    json!({"uid": uid((type_name, id)), "attrs": attrs, "parents": parents})
}

#[test]
fn entities_of_the_request_take_the_place_of_stored_ones() {
    let stored = json!([
        entity(
            "U",
            "ada",
            json!({"level": 1, "boss": {"__entity": {"type": "U", "id": "eve"}}}),
            &[("G", "a")]
        ),
        entity("U", "eve", json!({"level": 9}), &[]),
        entity("G", "a", json!({}), &[("G", "b")]),
    ]);
    let policies = r#"
        @id("level") permit (principal, action, resource) when { principal has level && principal.level == 1 };
        @id("boss") permit (principal, action, resource) when { principal has boss && principal.boss.level == 9 };
        @id("in-b") permit (principal in G::"b", action, resource);
        @id("in-c") permit (principal in G::"c", action, resource);
    "#;
    let snapshot = snapshot(policies, &stored, ErrorMode::Deny);
    let with = |more: Value| reason(&ask(&snapshot, more));
    assert_eq!(with(json!({})), ["level", "boss", "in-b"]);
    // The whole entity is replaced: what it does not say, it does not have.
    let replaced = entity("U", "ada", json!({"level": 2}), &[]);
    assert_eq!(with(json!({"entities": [replaced]})), Vec::<String>::new());
    // Attributes go over the stored ones, and the rest stays.
    let patch = |attrs: Value| json!([{"uid": {"type": "U", "id": "ada"}, "attrs": attrs}]);
    assert_eq!(with(json!({"attributes": patch(json!({"level": 2}))})), ["boss", "in-b"]);
    // A stored entity that is in one of the request's has its ancestors anew.
    let moved = entity("G", "a", json!({}), &[("G", "c")]);
    assert_eq!(with(json!({"entities": [moved]})), ["level", "boss", "in-c"]);
    let linked = entity("G", "b", json!({}), &[("G", "c")]);
    assert_eq!(with(json!({"entities": [linked]})), ["level", "boss", "in-b", "in-c"]);
    // An entity that only an attribute names is reached through it.
    let demoted = entity("U", "eve", json!({"level": 8}), &[]);
    assert_eq!(with(json!({"entities": [demoted]})), ["level", "in-b"]);
    // Attributes for an entity that nobody has make it.
    let unknown = json!([{"uid": {"type": "U", "id": "ada"}, "attrs": {"level": 1}}]);
    let request = json!({"principal": "U::\"new\"", "attributes": [{"uid": {"type": "U", "id": "new"}, "attrs": {"level": 1}}]});
    assert_eq!(with(request), ["level"]);
    assert_eq!(
        with(json!({"principal": "U::\"new\"", "attributes": unknown})),
        Vec::<String>::new()
    );
    // And nothing of it is kept.
    assert_eq!(with(json!({})), ["level", "boss", "in-b"]);
}

#[test]
fn a_response_says_which_decision_it_was_and_the_record_says_the_same() {
    let members = [("policy.cedar".to_owned(), b"".to_vec())];
    let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
    let clock = FixedClock(Timestamp::parse("2026-11-23T08:00:00Z").unwrap());
    let sink = std::sync::Arc::new(Memory::new(1));
    let pdp = Pdp::builder(clock, 1).sink(std::sync::Arc::clone(&sink)).open(&bundle).unwrap();
    let text = r#"{"principal": "User::\"ada\"", "action": "hub:login", "resource": "Hub::\"h\""}"#;
    let request = RequestJson::read(text, &pdp.shape()).unwrap();
    let (first, second) = (pdp.authorize(&request), pdp.authorize(&request));
    assert_ne!(first.decision_id(), second.decision_id());
    assert_eq!(first.revision(), bundle.revision());
    let status = pdp.records().unwrap();
    assert_eq!((status.written, status.dropped), (1, 1));
    let records = sink.take();
    assert_eq!(records[0].response(), &first);
    assert_eq!(
        records[0].request().unwrap().context().get("now").map(|now| now.to_string()).as_deref(),
        Some("datetime(\"2026-11-23T08:00:00.000Z\")")
    );
}

#[test]
fn a_question_whose_type_has_no_name_is_denied_whatever_the_policies_say() {
    use notegate::engine::{Evaluator, Options};
    use notegate::request::{Given, Question};
    let policies = "permit (principal, action, resource);\n\
                    forbid (principal is Lab::Doc, action, resource);";
    let loose = || notegate::bundle::Loose {
        policies: vec![("p.cedar".to_owned(), policies.as_bytes().to_vec())],
        ..Default::default()
    };
    for evaluator in [Evaluator::Compiled, Evaluator::Reference] {
        let options = Options {
            evaluator,
            validation: notegate::engine::Validation::None,
            ..Options::default()
        };
        let bundle = Bundle::from_loose(loose(), &Limits::default()).unwrap();
        let snapshot = Snapshot::build(&bundle, options).unwrap();
        let (action, resource) = (("Action", "b"), ("R", "c"));
        let decide = |type_name: &str| {
            let asked = Question::new((type_name, "a"), action, resource, &[]).unwrap();
            let context = [("who", Given::Set(&[Given::Entity((type_name, "a"))]))];
            let told = Question::new(("User", "a"), action, resource, &context).unwrap();
            [snapshot.answer(&asked).decision(), snapshot.answer(&told).decision()]
        };
        assert_eq!(decide("User"), [Decision::Allow; 2]);
        assert_eq!(decide("Never::Heard::Of"), [Decision::Allow; 2]);
        assert_eq!(decide("Lab::Doc"), [Decision::Deny, Decision::Allow]);
        for wrong in
            ["no type", "", "User::", "__cedar::X", "Lab :: Doc", " Lab::Doc", "Lab::Doc//"]
        {
            assert_eq!(decide(wrong), [Decision::Deny; 2], "`{wrong}` by {evaluator:?}");
        }
    }
}
