//! Requests whose bodies say what they ask for.

use crate::support::{Filter, JWT, ada, config};
use notegate_proxy::Step;
use serde_json::json;

const KERNELS: &str = "/user/ada/api/kernels";
const FORM: (&str, &str) = ("content-type", "application/json");

#[test]
fn a_body_that_decides_is_waited_for_and_decides() {
    let filter = ada();
    for (name, step) in [("python3", Step::Continue), ("ir", Step::Pause)] {
        let (mut exchange, first) = filter.begin("POST", KERNELS, &[FORM], false);
        assert_eq!((first, filter.host.answer()), (Step::Pause, None));
        let body = json!({"name": name}).to_string();
        let (one, two) = body.split_at(5);
        let kept = filter.host.send(one.as_bytes());
        assert_eq!(exchange.body(&filter.host, kept, false), Step::Pause);
        assert_eq!(filter.host.answer(), None);
        let kept = filter.host.send(two.as_bytes());
        assert_eq!(exchange.body(&filter.host, kept, true), step, "{name}");
        assert_eq!(filter.host.answer().is_none(), step == Step::Continue);
    }
}

#[test]
fn a_body_that_ends_in_trailers_decides_too() {
    let filter = ada();
    let (mut exchange, _) = filter.begin("POST", KERNELS, &[FORM], false);
    let kept = filter.host.send(br#"{"name": "ir"}"#);
    assert_eq!(exchange.body(&filter.host, kept, false), Step::Pause);
    assert_eq!(exchange.trailers(&filter.host), Step::Pause);
    assert_eq!(filter.host.answer().unwrap().status, 403);
}

#[test]
fn a_body_that_is_absent_starts_the_default_kernel() {
    assert_eq!(ada().send("POST", KERNELS, &[]), Step::Continue);
}

#[test]
fn a_body_that_decides_nothing_is_not_waited_for() {
    let filter = ada();
    let (mut exchange, step) = filter.begin("PUT", "/user/ada/api/contents/a.txt", &[], false);
    assert_eq!(step, Step::Continue);
    assert_eq!(exchange.body(&filter.host, 1 << 30, false), Step::Continue);
    assert_eq!(exchange.trailers(&filter.host), Step::Continue);
}

#[test]
fn how_much_is_written_is_waited_for_where_a_policy_looks_at_it() {
    let policies = json!({"members": {"a.cedar": r#"
        permit (principal, action, resource)
        when { resource has owner && resource.owner == principal };
        forbid (principal, action == Notebook::Action::"contents:write", resource)
        unless { context has bytes && context.bytes <= 6 };"#}});
    let (limits, identity) = (json!({"body_bytes": 100}), json!([{"jwt": {"user": "sub"}}]));
    let fields = [("bundle", policies), ("limits", limits), ("identity", identity)];
    let filter = Filter::open(&config(&fields));
    filter.host.verified(JWT, "jwt", &json!({"sub": "ada"}));
    let put = |headers: &[(&str, &str)], body: &str| {
        let path = "/user/ada/api/contents/a.bin";
        let (mut exchange, step) = filter.begin("PUT", path, headers, false);
        assert_eq!(step, Step::Pause);
        if filter.host.answer().is_none() {
            let kept = filter.host.send(body.as_bytes());
            if exchange.body(&filter.host, kept, true) == Step::Continue {
                return 200;
            }
        }
        filter.host.answer().unwrap().status
    };
    let written = |content: &str| json!({"format": "base64", "content": content}).to_string();
    assert_eq!(put(&[FORM], &written("YWJjZGVm")), 200);
    assert_eq!(put(&[FORM], &written("YWJjZGVmZw==")), 403);
    // What the head says of the length decides nothing but whether it is read.
    assert_eq!(put(&[FORM, ("content-length", "1")], &written("YWJjZGVmZw==")), 403);
    assert_eq!(put(&[FORM, ("content-length", "101")], &written("YQ==")), 413);
    assert_eq!(put(&[FORM], &written(&"YQ".repeat(50))), 413);
    assert_eq!(put(&[FORM, ("content-encoding", "gzip")], &written("YQ==")), 400);
    assert_eq!(put(&[FORM], r#"{"content": "", "content": "longer than that"}"#), 400);
    // Of other requests none is waited for that was not before.
    let (_, step) = filter.begin("DELETE", "/user/ada/api/contents/a.bin", &[], false);
    assert_eq!(step, Step::Continue);
}

#[test]
fn a_terminal_is_decided_with_its_own_command() {
    let policies = json!({"members": {"a.cedar": r#"
        permit (principal, action, resource)
        when { resource has owner && resource.owner == principal };
        forbid (principal, action == Notebook::Action::"terminal:open", resource)
        when { context has command || context has environment };"#}});
    let identity = json!([{"jwt": {"user": "sub"}}]);
    let filter = Filter::open(&config(&[("bundle", policies), ("identity", identity)]));
    filter.host.verified(JWT, "jwt", &json!({"sub": "ada"}));
    for (body, step) in [
        ("", Step::Continue),
        (r#"{"cwd": "work", "name": "1"}"#, Step::Continue),
        (r#"{"shell_command": ["sh"]}"#, Step::Pause),
        (r#"{"extra_env": {"PATH": "/tmp"}}"#, Step::Pause),
    ] {
        let (mut exchange, first) = filter.begin("POST", "/user/ada/api/terminals", &[FORM], false);
        assert_eq!(first, Step::Pause);
        let kept = filter.host.send(body.as_bytes());
        assert_eq!(exchange.body(&filter.host, kept, true), step, "{body}");
    }
    assert_eq!(filter.send("POST", "/user/ada/api/terminals", &[]), Step::Continue);
}

#[test]
fn a_body_that_is_too_large_is_refused_whether_it_says_so_or_not() {
    let limits = json!({"body_bytes": 100});
    let identity = json!([{"jwt": {"user": "sub"}}]);
    let filter = Filter::open(&config(&[("limits", limits), ("identity", identity)]));
    filter.host.verified(JWT, "jwt", &json!({"sub": "ada"}));
    for length in ["101", "-1", "x", "99999999999999999999"] {
        let (_, step) = filter.begin("POST", KERNELS, &[FORM, ("content-length", length)], false);
        assert_eq!(step, Step::Pause);
        assert_eq!(filter.host.answer().unwrap().status, 413, "{length}");
    }
    let (mut exchange, _) = filter.begin("POST", KERNELS, &[FORM], false);
    let kept = filter.host.send(&[b' '; 101]);
    assert_eq!(exchange.body(&filter.host, kept, false), Step::Pause);
    assert_eq!(filter.host.answer().unwrap().status, 413);
    // The host said that less is kept back than there is.
    let (mut exchange, _) = filter.begin("POST", KERNELS, &[FORM], false);
    filter.host.send(&[b' '; 101]);
    assert_eq!(exchange.trailers(&filter.host), Step::Pause);
    assert_eq!(filter.host.answer().unwrap().status, 413);
}

#[test]
fn a_body_that_cannot_be_read_is_refused() {
    let filter = ada();
    for (headers, body) in [
        (&[("content-encoding", "gzip")][..], &b"{}"[..]),
        (&[("content-encoding", "identity"), ("content-encoding", "gzip")], b"{}"),
        (&[("content-type", "a"), ("content-type", "b")], b"{}"),
        (&[("upgrade", "websocket")], b"{}"),
        (&[], b"{"),
        (&[], b"[]"),
        (&[], b"\xff"),
        (&[], br#"{"name": "python3", "name": "ir"}"#),
        (&[], br#"{"name": 1}"#),
    ] {
        let (mut exchange, step) = filter.begin("POST", KERNELS, headers, false);
        assert_eq!(step, Step::Pause);
        if filter.host.answer().is_none() {
            let kept = filter.host.send(body);
            assert_eq!(exchange.body(&filter.host, kept, true), Step::Pause);
        }
        assert_eq!(filter.host.answer().unwrap().status, 400, "{headers:?}");
    }
    let deep = "[".repeat(50_000);
    let (mut exchange, _) = filter.begin("POST", KERNELS, &[FORM], false);
    let kept = filter.host.send(deep.as_bytes());
    assert_eq!(exchange.body(&filter.host, kept, true), Step::Pause);
    assert_eq!(filter.host.answer().unwrap().status, 400);
}

#[test]
fn nothing_goes_on_after_a_request_was_stopped_or_before_its_head_was_seen() {
    let filter = ada();
    let (mut exchange, step) = filter.begin("DELETE", "/user/bob/api/contents/a", &[], false);
    assert_eq!(step, Step::Pause);
    assert_eq!(exchange.body(&filter.host, 0, true), Step::Pause);
    assert_eq!(exchange.trailers(&filter.host), Step::Pause);
    let mut unseen = notegate_proxy::Exchange::new(filter.door.clone());
    assert_eq!(unseen.body(&filter.host, 0, true), Step::Pause);
    assert_eq!(unseen.trailers(&filter.host), Step::Pause);
}

#[test]
fn a_request_that_ends_while_its_body_is_waited_for_is_told_of() {
    let filter = ada();
    let (mut exchange, _) = filter.begin("POST", KERNELS, &[FORM], false);
    exchange.end(&filter.host);
    let (_, line) = filter.host.lines().pop().unwrap();
    assert!(line.contains("allow_on_headers_stop_iteration"), "{line}");
}
