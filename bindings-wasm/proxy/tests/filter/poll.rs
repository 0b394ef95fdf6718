//! Newer bundles from a server.

use std::time::Duration;

use notegate::Bundle;
use notegate::bundle::{Manifest, PrivateKey};
use notegate::model::Limits;
use notegate_proxy::memory::MemoryHost;
use notegate_proxy::{Door, Step};
use serde_json::{Value, json};

use crate::support::{Filter, JWT, NOW};

const ALLOW: &str = "permit (principal, action, resource);";
const DENY: &str = "forbid (principal, action, resource);";

fn key() -> PrivateKey {
    PrivateKey::from_seed(&[3; 32]).unwrap()
}

fn packed(policy: &str, sequence: u64, key: &PrivateKey) -> Vec<u8> {
    let (limits, members) = (Limits::default(), [("a.cedar".to_owned(), policy.into())]);
    let manifest = Manifest { name: "hub".to_owned(), sequence, ..Manifest::default() };
    let mut bundle = Bundle::from_members(members, &limits).unwrap();
    bundle = bundle.seal(manifest, &limits).unwrap();
    bundle.sign(key).unwrap();
    bundle.to_bytes().unwrap()
}

fn config() -> Value {
    json!({
        "poll": {"cluster": "policies", "authority": "policies.example", "path": "/hub.tar"},
        "keys": [key().public().to_pem().unwrap()],
        "identity": [{"jwt": {"user": "sub"}}],
    })
}

fn filter() -> Filter {
    let filter = Filter::open(&config());
    filter.host.verified(JWT, "jwt", &json!({"sub": "ada"}));
    filter
}

fn answered(filter: &Filter, status: &str, etag: &str, body: &[u8]) {
    filter.host.answered(&[(":status", status), ("etag", etag)], body);
    filter.door.fetched(&filter.host, true);
}

fn another_time(filter: &Filter) {
    filter.host.pass(Duration::from_secs(600));
    filter.door.tick(&filter.host);
}

#[test]
fn nothing_is_allowed_until_a_signed_bundle_came_and_the_next_is_asked_for_by_its_tag() {
    let filter = filter();
    assert_eq!(filter.get("/user/ada/lab"), Step::Pause);
    filter.door.tick(&filter.host);
    let [first] = &filter.host.fetches()[..] else { panic!("one question") };
    assert_eq!(first.cluster, "policies");
    assert!(!first.headers.iter().any(|(name, _)| name == "if-none-match"));
    answered(&filter, "200", "\"1\"", &packed(ALLOW, 1, &key()));
    assert_eq!(filter.get("/user/ada/lab"), Step::Continue);
    filter.door.tick(&filter.host);
    assert_eq!(filter.host.fetches(), []);
    another_time(&filter);
    let [second] = &filter.host.fetches()[..] else { panic!("one question") };
    assert!(second.headers.contains(&("if-none-match".into(), "\"1\"".into())));
    answered(&filter, "304", "", b"");
    assert_eq!(filter.host.value("notegate_age_seconds"), Some(0));
    another_time(&filter);
    answered(&filter, "200", "\"2\"", &packed(DENY, 2, &key()));
    assert_eq!(filter.get("/user/ada/lab"), Step::Pause);
    assert_eq!(filter.host.value("notegate_sequence"), Some(2));
}

#[test]
fn what_is_not_signed_is_older_or_does_not_come_leaves_the_last_good_one_in_force() {
    let filter = filter();
    filter.door.tick(&filter.host);
    filter.host.fetches();
    answered(&filter, "200", "\"5\"", &packed(ALLOW, 5, &key()));
    let other = PrivateKey::from_seed(&[4; 32]).unwrap();
    for (status, body) in [
        ("200", packed(DENY, 6, &other)),
        ("200", packed(DENY, 4, &key())),
        ("200", packed(DENY, 5, &key())),
        ("200", b"<html>".to_vec()),
        ("200", Vec::new()),
        ("500", packed(DENY, 6, &key())),
        ("302", Vec::new()),
    ] {
        another_time(&filter);
        assert_eq!(filter.host.fetches().len(), 1);
        answered(&filter, status, "\"x\"", &body);
        assert_eq!(filter.get("/user/ada/lab"), Step::Continue, "{status}");
    }
    another_time(&filter);
    filter.door.fetched(&filter.host, false);
    assert!(filter.host.lines().iter().any(|(_, line)| line.contains("it did not answer")));
    assert_eq!(filter.get("/user/ada/lab"), Step::Continue);
    // An answer that nobody asked for is none.
    answered(&filter, "200", "\"6\"", &packed(DENY, 6, &key()));
    assert_eq!(filter.get("/user/ada/lab"), Step::Continue);
}

#[test]
fn one_instance_asks_and_all_have_what_came() {
    let host = MemoryHost::new(NOW);
    let open = || Door::open(&host, config().to_string().as_bytes()).unwrap();
    let (one, two) = (open(), open());
    one.tick(&host);
    two.tick(&host);
    assert_eq!(host.fetches().len(), 1);
    host.answered(&[(":status", "200")], &packed(ALLOW, 3, &key()));
    one.fetched(&host, true);
    two.tick(&host);
    assert_eq!(host.fetches(), []);
    assert_eq!(two.status().revision, one.status().revision);
    assert_eq!(two.status().sequence, 3);
    // A configuration that comes later begins with what is there.
    assert_eq!(open().status().sequence, 3);
}

#[test]
fn what_is_shared_is_verified_by_whoever_takes_it() {
    let host = MemoryHost::new(NOW);
    let open = || Door::open(&host, config().to_string().as_bytes()).unwrap();
    let (one, two) = (open(), open());
    one.tick(&host);
    host.answered(&[(":status", "200")], &packed(ALLOW, 3, &key()));
    one.fetched(&host, true);
    host.spoil("notegate.bundle");
    two.tick(&host);
    assert_eq!(two.status().sequence, 0);
}

#[test]
fn a_configuration_does_not_go_back_behind_what_was_in_force_in_the_proxy() {
    use base64::Engine as _;
    let host = MemoryHost::new(NOW);
    let open = |sequence| {
        let packed =
            base64::engine::general_purpose::STANDARD.encode(packed(ALLOW, sequence, &key()));
        let mut config = config();
        config["bundle"] = json!({"packed": packed});
        config.as_object_mut().unwrap().remove("poll");
        Door::open(&host, config.to_string().as_bytes())
    };
    assert!(open(7).is_some());
    assert!(open(6).is_none());
    assert!(host.lines().iter().any(|(_, line)| line.contains("7 was in force already")));
    assert!(open(7).is_some());
    assert!(open(8).is_some());
    assert!(open(7).is_none());
}
