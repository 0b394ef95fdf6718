//! What a server does wrong, and what then decides.

use std::time::Duration;

use notegate::engine::Options;
use notegate::model::{Limits, LoadErrorKind};
use notegate::store::{Event, RemoteSource, Rules};

use super::serve::{Answer, Server};
use super::{NEVER, follow};
use crate::support::{
    OPEN, SHUT, builder, clock, decides, key, last_error, made, signed_rules, until,
};

fn good(sequence: u64, policy: &str) -> Vec<u8> {
    made(sequence, policy).bytes()
}

#[test]
fn an_unchanged_bundle_costs_an_answer_without_a_body() {
    let server = Server::start(Answer::Tagged("\"1\"", good(1, OPEN)));
    let (pdp, events) = follow(RemoteSource::new(&server.url), signed_rules());
    assert_eq!(server.asked_about(), [None]);
    let before = pdp.status().bundle.last_checked;
    for _ in 0..3 {
        pdp.look();
        server.wait_until_asked();
    }
    until("it is checked", || pdp.status().bundle.last_checked >= before);
    server.answers(Answer::Tagged("\"2\"", good(2, SHUT)));
    pdp.look();
    events.wait("activated");
    assert_eq!(decides(&pdp), "shut");
    let asked = server.asked_about();
    assert!(!asked.is_empty() && asked.iter().all(|tag| tag.as_deref() == Some("\"1\"")));
    assert_eq!(events.codes(), Vec::<&str>::new());
}

/// Each thing that a server does wrong: the last good bundle decides, the status says why, and when
/// the server does right again, so do we.
#[test]
fn whatever_a_server_does_wrong_the_last_good_bundle_decides_and_recovery_is_by_itself() {
    let next = good(2, SHUT);
    let faults = [
        ("500", Answer::Status(500), "source.unreachable"),
        ("503", Answer::Status(503), "source.unreachable"),
        ("404", Answer::Status(404), "source.unreachable"),
        ("403", Answer::Status(403), "source.unreachable"),
        ("hangs", Answer::Hang, "source.timeout"),
        ("stalls half-way", Answer::Stall(next.clone()), "source.timeout"),
        ("closes half-way", Answer::HalfClose(next.clone()), "source.unreachable"),
        ("closes at once", Answer::Close, "source.unreachable"),
        ("says too long a length", Answer::Lie(next.len() * 2, next.clone()), "source.unreachable"),
        ("sends without end", Answer::Flood(1 << 40), "limit.bundle_bytes"),
    ];
    for (what, fault, code) in faults {
        let server = Server::start(Answer::Tagged("\"1\"", good(1, OPEN)));
        let source = RemoteSource::new(&server.url).timeout(Duration::from_secs(5));
        let (pdp, events) = follow(source, signed_rules());
        server.answers(fault);
        pdp.look();
        until(what, || pdp.status().bundle.consecutive_failures == 1);
        assert_eq!((decides(&pdp).as_str(), last_error(&pdp)), ("open", Some(code)), "{what}");
        server.answers(Answer::Tagged("\"2\"", next.clone()));
        pdp.look();
        events.wait("recovered");
        assert_eq!((decides(&pdp).as_str(), pdp.status().sequence), ("shut", 2), "{what}");
    }
}

/// What arrives whole and is wrong is refused, and not fetched again while it stays the same.
#[test]
fn what_a_server_has_that_is_wrong_is_refused_once_and_the_last_good_bundle_decides() {
    let next = good(3, SHUT);
    let zeros = vec![0; next.len()];
    let faults = [
        ("empty", Vec::new()),
        ("truncated", next[..next.len() / 2].to_vec()),
        ("zeros", zeros),
        ("an error page", b"<html>It works!</html>".to_vec()),
        ("another key", made(3, SHUT).signed_by(&key(2))),
        ("older", good(1, SHUT)),
        ("the same sequence", good(2, SHUT)),
    ];
    for (what, bytes) in faults {
        let server = Server::start(Answer::Tagged("\"1\"", good(2, OPEN)));
        let (pdp, events) = follow(RemoteSource::new(&server.url), signed_rules());
        server.answers(Answer::Tagged("\"2\"", bytes));
        pdp.look();
        events.wait("refused");
        until(what, || pdp.status().bundle.consecutive_failures == 1);
        assert_eq!(decides(&pdp), "open", "{what}");
        server.asked_about();
        pdp.look();
        until(what, || pdp.status().bundle.consecutive_failures == 2);
        assert_eq!(server.asked_about(), [Some("\"2\"".to_owned())], "{what}");
        assert_eq!(events.codes(), Vec::<&str>::new(), "{what}: refused once");
        server.answers(Answer::Tagged("\"3\"", next.clone()));
        pdp.look();
        events.wait("recovered");
        assert_eq!(decides(&pdp), "shut", "{what}");
    }
}

#[test]
fn a_length_that_is_too_short_gives_a_bundle_that_is_not_whole() {
    let next = good(2, SHUT);
    let server = Server::start(Answer::Tagged("\"1\"", good(1, OPEN)));
    let (pdp, events) = follow(RemoteSource::new(&server.url), signed_rules());
    server.answers(Answer::Lie(next.len() - 1_200, next));
    pdp.look();
    events.wait("refused");
    assert_eq!(decides(&pdp), "open");
}

#[test]
fn a_server_that_says_unchanged_for_ever_is_found_out() {
    let server = Server::start(Answer::Tagged("\"1\"", good(1, OPEN)));
    let (builder, events) = builder(&clock(), signed_rules());
    let source = RemoteSource::new(&server.url).poll(Duration::from_millis(1)).believed(50);
    let pdp = builder.follow(source).unwrap();
    // Its contents are others under the same tag, which only whoever asks about none is told.
    server.answers(Answer::Tagged("\"1\"", good(2, SHUT)));
    events.wait_for("sequence 2", |event| event.to_string().contains("sequence 2"));
    assert_eq!(decides(&pdp), "shut");
    let asked = server.asked_about();
    let believed = asked.iter().filter(|tag| tag.as_deref() == Some("\"1\"")).count();
    assert!(believed >= 50, "{asked:?}");
}

#[test]
fn tags_that_change_while_the_contents_stay_are_nothing_new() {
    let server = Server::start(Answer::Always("\"1\"", good(1, OPEN)));
    let (pdp, events) = follow(RemoteSource::new(&server.url), signed_rules());
    let before = pdp.snapshot();
    server.answers(Answer::Always("\"2\"", good(1, OPEN)));
    server.asked_about();
    pdp.look();
    server.wait_until_asked();
    pdp.look();
    server.wait_until_asked();
    assert!(std::sync::Arc::ptr_eq(&before, &pdp.snapshot()));
    assert_eq!(events.codes(), Vec::<&str>::new());
}

#[test]
fn a_bundle_over_the_limit_is_refused_by_what_it_says_and_by_what_it_sends() {
    let bytes = good(2, SHUT);
    let limits = Limits { bundle_bytes: bytes.len() - 1, ..Limits::default() };
    for answer in [Answer::Tagged("\"2\"", bytes.clone()), Answer::Flood(1 << 50)] {
        let server = Server::start(answer);
        let (builder, _) = builder(&clock(), signed_rules());
        let builder = builder.options(Options { limits, ..Options::default() });
        let error = builder.follow(RemoteSource::new(&server.url).poll(NEVER)).err().unwrap();
        assert_eq!(error.kind(), LoadErrorKind::Limit, "{error}");
    }
}

#[test]
fn mirrors_are_asked_in_order_until_one_has_something_good() {
    let bad = Server::start(Answer::Status(500));
    let forged = Server::start(Answer::Tagged("\"f\"", made(9, SHUT).signed_by(&key(2))));
    let mirror = Server::start(Answer::Tagged("\"1\"", good(1, OPEN)));
    let source = RemoteSource::new(&bad.url).mirror(&forged.url).mirror(&mirror.url);
    let (builder, events) = builder(&clock(), signed_rules());
    let pdp = builder.follow(source.poll(NEVER)).unwrap();
    assert_eq!(decides(&pdp), "open");
    assert_eq!(events.codes(), ["unreachable", "refused", "activated"]);
    assert_eq!(pdp.status().bundle.consecutive_failures, 0);
    // The first is well again: the others are not asked.
    bad.answers(Answer::Tagged("\"2\"", good(2, SHUT)));
    mirror.asked_about();
    pdp.look();
    events.wait("activated");
    assert_eq!(decides(&pdp), "shut");
    assert_eq!(mirror.asked_about(), []);
}

#[test]
fn a_mirror_that_lags_behind_does_not_bring_back_what_was_replaced() {
    let first = Server::start(Answer::Tagged("\"2\"", good(2, SHUT)));
    let lagging = Server::start(Answer::Tagged("\"1\"", good(1, OPEN)));
    let source = RemoteSource::new(&first.url).mirror(&lagging.url);
    let (pdp, events) = follow(source, signed_rules());
    first.answers(Answer::Status(503));
    pdp.look();
    events.wait("refused");
    until("the status says why", || last_error(&pdp) == Some("sequence.older"));
    assert_eq!(decides(&pdp), "shut");
}

#[test]
fn plain_http_without_signatures_is_refused_before_anything_is_asked() {
    let server = Server::start(Answer::Tagged("\"1\"", good(1, OPEN)));
    let (builder, _) = builder(&clock(), Rules::default());
    let error = builder.follow(RemoteSource::new(&server.url)).err().unwrap();
    assert_eq!(error.problems()[0].code, "source.address", "{error}");
    assert_eq!(server.asked_about(), []);
}

/// The timeout is as good as none: were the thread to wait for it, the test would not end.
#[test]
fn dropping_the_decision_point_ends_a_question_that_hangs() {
    let server = Server::start(Answer::Tagged("\"1\"", good(1, OPEN)));
    let clock = clock();
    let (builder, _events) = builder(&clock, signed_rules());
    let source = RemoteSource::new(&server.url).timeout(NEVER);
    let pdp = builder.follow(source.poll(NEVER)).unwrap();
    server.answers(Answer::Hang);
    server.asked_about();
    pdp.look();
    server.wait_until_asked();
    drop(pdp);
    assert_eq!(clock.holders(), 0);
}

/// A host with a runtime of its own, on whose threads nobody may wait.
#[test]
fn a_source_is_followed_from_within_a_runtime() {
    let server = Server::start(Answer::Tagged("\"1\"", good(1, OPEN)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (pdp, _) = follow(RemoteSource::new(&server.url), signed_rules());
        assert_eq!(decides(&pdp), "open");
        drop(pdp);
        let (builder, _) = builder(&clock(), signed_rules());
        server.answers(Answer::Status(500));
        assert!(builder.follow(RemoteSource::new(&server.url)).is_err());
    });
}

#[test]
fn a_source_that_cannot_be_reached_is_told_with_its_address() {
    let (builder, events) = builder(&clock(), signed_rules());
    // Nothing listens where a listener just was.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hub.bundle", listener.local_addr().unwrap());
    drop(listener);
    assert!(builder.follow(RemoteSource::new(&url)).is_err());
    let Event::Unreachable { source, error, .. } = events.wait("unreachable") else {
        unreachable!()
    };
    assert_eq!(source, url);
    assert!(error.to_string().contains("refused"), "{error}");
}
