//! Requests through the filter, on a host in memory.

use crate::support::{Filter, ada, config};
use notegate_proxy::{Level, Step};
use serde_json::{Value, json};

#[test]
fn a_request_that_policy_allows_goes_on_with_the_id_of_its_decision() {
    let filter = ada();
    filter.host.know(&["source", "address"], b"10.1.2.3:4711");
    assert_eq!(filter.get("/user/ada/api/status"), Step::Continue);
    assert_eq!(filter.host.passed_on("x-notegate-decision-id").len(), 1);
    assert_eq!(filter.get("/user/ada/files/a.csv"), Step::Continue);
    let ids = filter.host.passed_on("x-notegate-decision-id");
    assert_eq!(ids.len(), 1);
    // `files` may be the name of a server, so there are two questions.
    assert_eq!(ids[0].split(", ").count(), 2);
    assert_eq!(filter.host.passed_on(":path"), ["/user/ada/files/a.csv"]);
    assert_eq!(filter.value("notegate_decisions.action.contents_download.outcome.allow"), Some(1));
}

#[test]
fn a_request_that_policy_denies_is_answered_with_its_message_and_nothing_else() {
    let filter = ada();
    assert_eq!(filter.get("/user/bob/terminals/websocket/1"), Step::Pause);
    let answer = filter.host.answer().unwrap();
    assert_eq!(answer.status, 403);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["message"], "Only its owner opens a terminal.");
    assert_eq!(body.as_object().unwrap().len(), 3);
    let (level, record) = filter.host.lines().pop().unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    assert_eq!(level, Level::Info);
    assert_eq!(record["decision_id"], body["decision_id"]);
    assert_eq!(
        record["request"]["resource"],
        json!({"type": "Notebook::Terminal", "id": "bob//1"})
    );
    assert_eq!(filter.value("notegate_decisions.action.terminal_connect.outcome.deny"), Some(1));
}

#[test]
fn a_browser_is_answered_with_a_page() {
    let filter = ada();
    _ = filter.send("GET", "/user/bob/terminals/websocket/1", &[("accept", "text/html,*/*;q=0.8")]);
    let answer = filter.host.answer().unwrap();
    assert!(answer.body.contains("<p>Only its owner opens a terminal.</p>"), "{}", answer.body);
    assert!(answer.headers.contains(&("content-type".into(), "text/html; charset=utf-8".into())));
}

#[test]
fn the_canonical_path_goes_on_with_the_query_that_came() {
    let filter = ada();
    assert_eq!(filter.get("/user/ada/files/o'neil%20b.csv?download=1"), Step::Continue);
    assert_eq!(filter.host.passed_on(":path"), ["/user/ada/files/o%27neil%20b.csv?download=1"]);
}

#[test]
fn what_is_for_everybody_needs_no_identity_and_all_else_does() {
    let filter = Filter::open(&config(&[]));
    assert_eq!(filter.get("/hub/login"), Step::Continue);
    assert!(filter.host.passed_on("x-notegate-decision-id").is_empty());
    assert_eq!(filter.get("/user/ada/lab"), Step::Pause);
    let answer = filter.host.answer().unwrap();
    assert_eq!(answer.status, 401);
    assert!(answer.headers.contains(&("www-authenticate".into(), "Bearer".into())));
    assert_eq!(filter.value("notegate_undecided.kind.unauthenticated"), Some(1));
    // A path that means the person's own things is no bad request when there is no person.
    _ = filter.get("/hub/spawn");
    assert_eq!(filter.host.answer().unwrap().status, 401);
}

#[test]
fn a_browser_without_identity_is_sent_to_log_in_where_the_configuration_says_so() {
    let filter = Filter::open(&config(&[("without_identity", json!({"redirect": "/hub/login"}))]));
    _ = filter.send("GET", "/user/ada/lab", &[("accept", "text/html")]);
    let answer = filter.host.answer().unwrap();
    assert_eq!(answer.status, 302);
    assert!(answer.headers.contains(&("location".into(), "/hub/login".into())));
    _ = filter.send("GET", "/user/ada/api/contents", &[("accept", "application/json")]);
    assert_eq!(filter.host.answer().unwrap().status, 401);
    _ = filter.send("POST", "/user/ada/api/terminals", &[("accept", "text/html")]);
    assert_eq!(filter.host.answer().unwrap().status, 401);
}

#[test]
fn what_a_client_says_in_the_filters_own_words_does_not_go_on() {
    let filter = ada();
    let spoofed = [
        ("x-notegate-decision-id", "mine"),
        ("x-notegate-obligation-network-profile", "open"),
        ("x-notegate-anything", "1"),
        ("x-http-method-override", "DELETE"),
        ("x-envoy-original-path", "/user/bob"),
        ("x-original-url", "/user/bob"),
    ];
    assert_eq!(filter.send("GET", "/hub/login", &spoofed), Step::Continue);
    for (name, _) in spoofed {
        assert!(filter.host.passed_on(name).is_empty(), "{name}");
    }
    assert_eq!(filter.send("GET", "/user/ada/lab", &spoofed), Step::Continue);
    assert!(!filter.host.passed_on("x-notegate-decision-id").contains(&"mine".to_owned()));
}

#[test]
fn obligations_go_on_as_headers_and_one_that_cannot_stops_the_request() {
    let filter = ada();
    assert_eq!(filter.get("/user/ada/files/a.csv"), Step::Continue);
    assert_eq!(filter.host.passed_on("x-notegate-obligation-max-bytes"), ["1000"]);
    assert_eq!(filter.get("/user/ada/nbconvert/html/a.ipynb"), Step::Pause);
    assert_eq!(filter.host.answer().unwrap().status, 403);
}

#[test]
fn shadow_mode_passes_on_what_it_would_stop_and_says_so() {
    let filter = Filter::open(&config(&[
        ("identity", json!([{"jwt": {"user": "sub"}}])),
        ("mode", json!("shadow")),
    ]));
    filter.host.verified(crate::support::JWT, "jwt", &json!({"sub": "ada"}));
    assert_eq!(filter.get("/user/bob/terminals/websocket/1"), Step::Continue);
    assert_eq!(
        filter.value("notegate_decisions.action.terminal_connect.outcome.shadow_deny"),
        Some(1)
    );
    assert_eq!(filter.get("/user/ada//lab"), Step::Continue);
    assert_eq!(filter.host.passed_on(":path"), ["/user/ada//lab"]);
    filter.host.forget();
    assert_eq!(filter.get("/user/ada/lab"), Step::Continue);
    assert_eq!(filter.host.answer(), None);
    // What only the filter says is still only the filter's to say.
    _ = filter.send("GET", "/user/ada/lab", &[("x-notegate-decision-id", "mine")]);
    assert!(filter.host.passed_on("x-notegate-decision-id").is_empty());
}

#[test]
fn a_websocket_is_decided_on_as_any_request() {
    let filter = ada();
    let upgrade = [("upgrade", "websocket"), ("connection", "Upgrade")];
    let channels =
        |owner: &str| format!("/user/{owner}/api/kernels/{}/channels", crate::support::KERNEL);
    assert_eq!(filter.send("GET", &channels("ada"), &upgrade), Step::Continue);
    assert_eq!(filter.send("GET", &channels("bob"), &upgrade), Step::Pause);
    assert_eq!(filter.host.answer().unwrap().status, 403);
}

#[test]
fn the_address_of_the_client_is_a_fact() {
    let filter = ada();
    filter.host.know(&["source", "address"], b"10.1.2.3:4711");
    assert_eq!(filter.get("/user/ada/api/status"), Step::Continue);
    for other in [&b"192.0.2.1:80"[..], b"[2001:db8::1]:80", b"nonsense", b"\xff"] {
        filter.host.know(&["source", "address"], other);
        assert_eq!(filter.get("/user/ada/api/status"), Step::Pause, "{other:?}");
    }
    filter.host.know(&["source", "address"], b"[::ffff:10.1.2.3]:80");
    assert_eq!(filter.get("/user/ada/api/status"), Step::Continue);
}

#[test]
fn the_address_of_the_client_is_in_a_record_whether_or_not_a_policy_looks_at_it() {
    let policies = json!({"members": {"a.cedar": r#"permit (principal, action, resource)
        when { resource has owner && resource.owner == principal };"#}});
    let identity = json!([{"jwt": {"user": "sub"}}]);
    for fields in
        [vec![("identity", &identity)], vec![("identity", &identity), ("bundle", &policies)]]
    {
        let fields: Vec<_> =
            fields.into_iter().map(|(name, value)| (name, value.clone())).collect();
        let filter = Filter::open(&config(&fields));
        filter.host.verified(crate::support::JWT, "jwt", &json!({"sub": "ada"}));
        filter.host.know(&["source", "address"], b"10.1.2.3:4711");
        assert_eq!(filter.get("/user/bob/terminals/websocket/1"), Step::Pause);
        let lines = filter.host.lines();
        let [(Level::Info, record)] = &*lines else { panic!("{lines:?}") };
        let record: Value = serde_json::from_str(record).unwrap();
        let address = &record["request"]["context"]["sourceIp"]["__extn"]["arg"];
        assert_eq!(address, "10.1.2.3/32", "{record}");
    }
}

#[test]
fn every_spelling_that_opened_a_door_elsewhere_is_read_as_the_library_reads_it() {
    let text = include_str!("../../../../core/tests/urls/attacks.json");
    let lines: Vec<Value> = serde_json::from_str(text).unwrap();
    let lines: Vec<&Value> = lines.iter().filter(|line| line["site"] == "hub").collect();
    assert!(lines.len() > 50);
    let filter = ada();
    for line in lines {
        let websocket = line["websocket"].as_bool().unwrap_or_default();
        let upgrade: &[_] = if websocket { &[("upgrade", "websocket")] } else { &[] };
        let (method, target) = (line["method"].as_str().unwrap(), line["target"].as_str().unwrap());
        let step = filter.send(method, target, upgrade);
        let status = filter.host.answer().map(|answer| answer.status);
        match line["asked"].as_str() {
            Some("refused") => assert_eq!((step, status), (Step::Pause, Some(400)), "{line}"),
            Some("public") => assert_eq!((step, status), (Step::Continue, None), "{line}"),
            // What is asked, then, is the library's matter: it is not refused.
            _ => assert_ne!(status, Some(400), "{line}"),
        }
    }
}
