//! Who is believed when they say who asks.

use crate::support::{Filter, JWT, config};
use notegate_proxy::Step;
use serde_json::{Value, json};

fn by(sources: Value) -> Filter {
    Filter::open(&config(&[("identity", sources)]))
}

fn status(filter: &Filter, target: &str, headers: &[(&str, &str)]) -> u16 {
    match filter.send("GET", target, headers) {
        Step::Continue => 200,
        Step::Pause => filter.host.answer().unwrap().status,
    }
}

fn peer(filter: &Filter, property: &str, value: &str) {
    filter.host.forget();
    filter.host.know(&["connection", property], value.as_bytes());
}

const URI: &str = "uri_san_peer_certificate";
const LAB: &str = "/user/ada/lab";

#[test]
fn a_token_says_who_asks_by_the_claims_that_are_configured() {
    let filter = by(json!([{"jwt": {"user": ["profile", "name"], "service": "client_id"}}]));
    let token = |claims: Value| filter.host.verified(JWT, "jwt", &claims);
    token(json!({"profile": {"name": "ada"}}));
    assert_eq!(status(&filter, LAB, &[]), 200);
    token(json!({"profile": {"name": "bob"}}));
    assert_eq!(status(&filter, LAB, &[]), 403);
    token(json!({"client_id": "culler"}));
    assert_eq!(status(&filter, "/hub/api/users", &[]), 200);
    // A person's token is not a service's, whatever else it says.
    token(json!({"profile": {"name": "bob"}, "client_id": "culler"}));
    assert_eq!(status(&filter, "/hub/api/users", &[]), 403);
    token(json!({"sub": "ada"}));
    assert_eq!(status(&filter, LAB, &[]), 401);
    for bad in [
        json!({"profile": {"name": 1}}),
        json!({"profile": "ada"}),
        json!({"client_id": ["culler"]}),
    ] {
        token(bad.clone());
        assert_eq!(status(&filter, LAB, &[]), 400, "{bad}");
    }
    for bad in ["", "a\nb", "a\u{0}"] {
        token(json!({"profile": {"name": bad}}));
        assert_eq!(status(&filter, LAB, &[]), 400, "{bad:?}");
    }
}

#[test]
fn a_name_is_one_name_whatever_it_holds() {
    let filter = by(json!([{"jwt": {"user": "sub"}}]));
    for name in ["ada\" || true", "Ada", "ada ", "\u{430}da", "ada/", "ad%61"] {
        filter.host.verified(JWT, "jwt", &json!({"sub": name}));
        assert_eq!(status(&filter, LAB, &[]), 403, "{name}");
    }
}

#[test]
fn groups_and_tenant_of_a_token_take_the_place_of_what_is_stored() {
    let filter = by(json!([{"jwt": {"user": "sub", "groups": "groups", "tenant": "org"}}]));
    let token = |claims: Value| filter.host.verified(JWT, "jwt", &claims);
    token(json!({"sub": "ada", "groups": ["teachers"]}));
    assert_eq!(status(&filter, "/hub/admin", &[]), 200);
    assert_eq!(status(&filter, "/hub/home", &[]), 403);
    token(json!({"sub": "ada", "groups": "teachers", "org": "institute"}));
    assert_eq!(status(&filter, "/hub/home", &[]), 200);
    token(json!({"sub": "ada", "groups": ["pupils"]}));
    assert_eq!(status(&filter, "/hub/admin", &[]), 403);
    token(json!({"sub": "ada", "groups": [1]}));
    assert_eq!(status(&filter, "/hub/admin", &[]), 400);
    token(json!({"sub": "ada", "groups": vec!["g"; 1_025]}));
    assert_eq!(status(&filter, "/hub/admin", &[]), 400);
}

#[test]
fn a_peers_certificate_says_who_asks() {
    let filter = by(json!([{"mtls": {"peers": [
        {"uri_prefix": "spiffe://example.org/user/", "as": "user"},
        {"uri": "spiffe://example.org/service/culler", "as": "service", "name": "culler"},
        {"subject": "CN=bob,O=Example", "as": "user", "name": "bob"},
    ]}}]));
    peer(&filter, URI, "spiffe://example.org/user/ada");
    assert_eq!(status(&filter, LAB, &[]), 200);
    peer(&filter, URI, "spiffe://example.org/service/culler");
    assert_eq!(status(&filter, "/hub/api/users", &[]), 200);
    peer(&filter, "subject_peer_certificate", "CN=bob,O=Example");
    assert_eq!(status(&filter, "/user/bob/lab", &[]), 200);
    for other in [
        "",
        "spiffe://example.org/user/",
        "spiffe://example.org/user/ada/x",
        "spiffe://example.org/user/ad%61",
        "spiffe://example.org/user/ada?x",
        "spiffe://example.org/users/ada",
        "spiffe://example.org.evil/user/ada",
    ] {
        peer(&filter, URI, other);
        assert_eq!(status(&filter, LAB, &[]), 401, "{other}");
    }
}

#[test]
fn a_header_counts_from_its_hop_alone_and_is_removed_otherwise() {
    let hop = "spiffe://example.org/edge";
    let filter = by(json!([{"header": {"name": "x-forwarded-user", "hop": {"uri": hop}}}]));
    let says = [("x-forwarded-user", "ada")];
    assert_eq!(status(&filter, LAB, &says), 401);
    assert!(filter.host.passed_on("x-forwarded-user").is_empty());
    assert_eq!(status(&filter, "/hub/login", &says), 200);
    assert!(filter.host.passed_on("x-forwarded-user").is_empty());
    assert_eq!(status(&filter, "//hub/login", &says), 400);
    peer(&filter, URI, "spiffe://example.org/other");
    assert_eq!(status(&filter, LAB, &says), 401);
    peer(&filter, URI, hop);
    assert_eq!(status(&filter, LAB, &says), 200);
    assert_eq!(filter.host.passed_on("x-forwarded-user"), ["ada"]);
    assert_eq!(status(&filter, LAB, &[("x-forwarded-user", "bob")]), 403);
    assert_eq!(status(&filter, LAB, &[("x-forwarded-user", "bob,ada")]), 400);
    let twice = [("x-forwarded-user", "ada"), ("x-forwarded-user", "ada")];
    assert_eq!(status(&filter, LAB, &twice), 400);
    assert_eq!(status(&filter, LAB, &[]), 401);
    assert_eq!(status(&filter, LAB, &[("x-forwarded-user", "")]), 401);
}

#[test]
fn sources_are_asked_in_their_order_and_one_that_cannot_be_read_ends_it() {
    let filter = by(json!([
        {"jwt": {"user": "sub"}},
        {"header": {"name": "x-user", "hop": "whole_listener"}},
    ]));
    let says = [("x-user", "bob")];
    assert_eq!(status(&filter, "/user/bob/lab", &says), 200);
    filter.host.verified(JWT, "jwt", &json!({"sub": "ada"}));
    assert_eq!(status(&filter, LAB, &says), 200);
    assert_eq!(status(&filter, "/user/bob/lab", &says), 403);
    filter.host.verified(JWT, "jwt", &json!({"sub": 1}));
    assert_eq!(status(&filter, "/user/bob/lab", &says), 400);
    filter.host.know(&["metadata"], b"\xff\xff\xff");
    assert_eq!(status(&filter, "/user/bob/lab", &says), 400);
}
