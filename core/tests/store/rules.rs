//! What may follow what was in force.

use std::time::Duration;

use notegate::Pdp;
use notegate::model::{LoadError, LoadErrorKind};
use notegate::store::{Event, OnExpiry, Origin, Part, Rules, SequenceRule};

use crate::support::{
    Events, Made, OPEN, SHUT, TurnedClock, at, builder, clock, decides, key, last_error, login,
    made, signed_rules,
};

fn opened(made: &Made, rules: Rules) -> (Pdp, Events, TurnedClock) {
    let clock = clock();
    let (builder, events) = builder(&clock, rules);
    (builder.open_bytes(&made.bytes()).unwrap(), events, clock)
}

/// Delivers, and is refused with this code; what was in force decides on.
#[track_caller]
fn refused(pdp: &Pdp, bytes: &[u8], kind: LoadErrorKind, code: &str) {
    let before = (pdp.status().revision, decides(pdp));
    let error = pdp.deliver(Part::Bundle, bytes).unwrap_err();
    assert_eq!((error.kind(), error.problems()[0].code), (kind, code), "{error}");
    assert_eq!((pdp.status().revision, decides(pdp)), before);
    assert_eq!(last_error(pdp), Some(error.problems()[0].code));
}

#[test]
fn an_older_sequence_is_refused_and_a_newer_one_recovers() {
    let (pdp, events, _) = opened(&made(5, OPEN), signed_rules());
    refused(&pdp, &made(4, SHUT).bytes(), LoadErrorKind::Sequence, "sequence.older");
    assert_eq!(pdp.status().bundle.consecutive_failures, 1);
    refused(&pdp, &made(3, SHUT).bytes(), LoadErrorKind::Sequence, "sequence.older");
    assert_eq!(pdp.status().bundle.consecutive_failures, 2);
    pdp.deliver(Part::Bundle, &made(6, SHUT).bytes()).unwrap();
    assert_eq!((decides(&pdp).as_str(), pdp.status().sequence), ("shut", 6));
    assert_eq!(pdp.status().bundle.consecutive_failures, 0);
    assert_eq!(events.codes(), ["activated", "refused", "refused", "activated"]);
}

#[test]
fn the_same_sequence_with_other_contents_is_refused_and_with_the_same_is_nothing_new() {
    let (pdp, events, _) = opened(&made(5, OPEN), signed_rules());
    let other = made(5, SHUT).bytes();
    refused(&pdp, &other, LoadErrorKind::Sequence, "sequence.other_contents");
    let before = pdp.snapshot();
    pdp.deliver(Part::Bundle, &made(5, OPEN).bytes()).unwrap();
    assert!(std::sync::Arc::ptr_eq(&before, &pdp.snapshot()), "nothing is built again");
    assert_eq!(events.codes(), ["activated", "refused"]);
}

#[test]
fn another_signature_on_the_same_contents_is_nothing_new() {
    let (pdp, _, _) = opened(&made(5, OPEN), signed_rules());
    let mut bundle = made(5, OPEN).bundle();
    bundle.sign(&key(2)).unwrap();
    bundle.sign(&key(1)).unwrap();
    pdp.deliver(Part::Bundle, &bundle.to_bytes().unwrap()).unwrap();
    assert_eq!(last_error(&pdp), None);
}

#[test]
fn another_name_is_refused_whatever_its_sequence() {
    let (pdp, _, _) = opened(&made(5, OPEN), signed_rules());
    let other = Made { name: "other", ..made(9, SHUT) };
    refused(&pdp, &other.bytes(), LoadErrorKind::Sequence, "sequence.name");
}

#[test]
fn a_wrong_key_and_no_key_are_refused() {
    let (pdp, _, _) = opened(&made(5, OPEN), signed_rules());
    let kinds = [made(6, SHUT).signed_by(&key(2)), made(6, SHUT).bundle().to_bytes().unwrap()]
        .map(|bytes| pdp.deliver(Part::Bundle, &bytes).unwrap_err().kind());
    assert_eq!(kinds, [LoadErrorKind::Untrusted; 2]);
    assert_eq!(decides(&pdp), "open");
}

#[test]
fn what_nobody_signed_is_held_to_its_sequence_only_when_asked() {
    let edited = |rules| {
        let (builder, _) = builder(&clock(), rules);
        let pdp = builder.open(&made(5, OPEN).bundle()).unwrap();
        pdp.activate(&made(5, SHUT).bundle()).map(|_| decides(&pdp))
    };
    assert_eq!(edited(Rules::default()).unwrap(), "shut");
    let all = Rules { sequence: SequenceRule::All, ..Rules::default() };
    assert_eq!(edited(all).unwrap_err().kind(), LoadErrorKind::Sequence);
}

#[test]
fn an_expired_bundle_is_refused_and_none_is_opened_from_one() {
    let (pdp, _, _) = opened(&made(5, OPEN), signed_rules());
    let old = Made { expires: Some(at("2026-11-25T08:59:59Z")), ..made(6, SHUT) };
    refused(&pdp, &old.bytes(), LoadErrorKind::Expiry, "expired");
    let (builder, _) = builder(&clock(), signed_rules());
    assert_eq!(builder.open_bytes(&old.bytes()).unwrap_err().kind(), LoadErrorKind::Expiry);
}

#[test]
fn a_bundle_from_the_future_is_refused_until_the_clock_gets_there() {
    let (pdp, _, clock) = opened(&made(5, OPEN), signed_rules());
    let early = Made { created: Some(at("2026-11-25T09:05:01Z")), ..made(6, SHUT) };
    refused(&pdp, &early.bytes(), LoadErrorKind::Expiry, "created.future");
    clock.turn_to("2026-11-25T09:00:01Z");
    pdp.deliver(Part::Bundle, &early.bytes()).unwrap();
    assert_eq!(decides(&pdp), "shut");
}

#[test]
fn clocks_may_differ_by_what_the_rules_say() {
    let rules = Rules { clock_difference: Duration::from_secs(3_600), ..signed_rules() };
    let (pdp, _, _) = opened(&made(5, OPEN), rules);
    let early = Made { created: Some(at("2026-11-25T09:59:00Z")), ..made(6, SHUT) };
    assert!(pdp.deliver(Part::Bundle, &early.bytes()).is_ok());
}

#[test]
fn an_expired_bundle_in_force_goes_on_deciding_and_every_response_says_so() {
    let ends = Made { expires: Some(at("2026-11-25T10:00:00Z")), ..made(5, OPEN) };
    let (pdp, _, clock) = opened(&ends, signed_rules());
    let now = || {
        let response = pdp.authorize(&login(&pdp));
        (response.allowed(), response.expired(), pdp.status().expired, pdp.status().stale)
    };
    assert_eq!(now(), (true, false, false, false));
    clock.turn_to("2026-11-25T09:59:59.999Z");
    assert_eq!(now(), (true, false, false, false));
    clock.turn_to("2026-11-25T10:00:00Z");
    assert_eq!(now(), (true, true, true, true));
    // A clock that jumps back, and far ahead.
    clock.turn_to("2026-11-25T09:30:00Z");
    assert_eq!(now(), (true, false, false, false));
    clock.turn_to("2126-01-01T00:00:00Z");
    assert_eq!(now(), (true, true, true, true));
}

#[test]
fn an_expired_bundle_in_force_denies_where_the_rules_say_so_until_another_comes() {
    let ends = Made { expires: Some(at("2026-11-25T10:00:00Z")), ..made(5, OPEN) };
    let rules = Rules { on_expiry: OnExpiry::Deny, ..signed_rules() };
    let (pdp, _, clock) = opened(&ends, rules);
    assert_eq!(decides(&pdp), "open");
    clock.turn_to("2026-11-25T10:00:00Z");
    let response = pdp.authorize(&login(&pdp));
    assert!(!response.allowed() && response.expired() && response.reason().is_empty());
    let said = &response.errors()[0].message;
    assert!(said.contains("expired at 2026-11-25T10:00:00.000Z"), "{said}");
    pdp.deliver(Part::Bundle, &made(6, OPEN).bytes()).unwrap();
    assert_eq!(decides(&pdp), "open");
}

const PASSES: &str = r#"[{"name": "ada logs in", "request": {"principal": "Notebook::User::\"ada\"",
    "action": "Notebook::Action::\"hub:login\"", "resource": "Notebook::Hub::\"hub\"",
    "context": {"now": "2026-11-25T09:00:00Z"}}, "decision": "allow", "reason": ["open"], "num_errors": 0}]"#;

#[test]
fn a_bundle_that_fails_its_own_cases_or_has_none_is_refused_where_they_are_required() {
    let rules = Rules { require_tests: true, ..signed_rules() };
    let good = Made { cases: Some(PASSES), ..made(5, OPEN) };
    let (pdp, _, _) = opened(&good, rules);
    let fails = Made { cases: Some(PASSES), ..made(6, SHUT) };
    refused(&pdp, &fails.bytes(), LoadErrorKind::Cases, "cases.failed");
    refused(&pdp, &made(6, OPEN).bytes(), LoadErrorKind::Cases, "cases.none");
    let next = Made { sequence: 7, ..good };
    assert!(pdp.deliver(Part::Bundle, &next.bytes()).is_ok());
}

#[test]
fn a_bundle_with_a_bad_policy_is_refused_and_its_sequence_stays_free() {
    let (pdp, _, _) = opened(&made(5, OPEN), signed_rules());
    let bad = made(6, "permit (principal, action == Notebook::Action::\"no:such\", resource);");
    assert_eq!(pdp.deliver(Part::Bundle, &bad.bytes()).unwrap_err().kind(), LoadErrorKind::Policy);
    assert!(pdp.deliver(Part::Bundle, &made(6, SHUT).bytes()).is_ok());
}

#[test]
fn what_was_refused_tells_where_it_came_from_and_why() {
    let (pdp, events, _) = opened(&made(5, OPEN), signed_rules());
    let _ = pdp.deliver(Part::Bundle, b"");
    let Event::Refused { part, origin, error } = events.wait("refused") else { unreachable!() };
    assert_eq!((part, origin), (Part::Bundle, Origin::Host));
    assert!(!error.to_string().is_empty());
    assert_eq!(pdp.status().bundle.consecutive_failures, 1);
}

#[test]
fn what_a_host_says_was_in_force_before_is_held_to_from_the_start() {
    let (rules, clock) = (signed_rules(), clock());
    let before = builder(&clock, rules.clone()).0.open_bytes(&made(7, OPEN).bytes()).unwrap();
    let highest = before.highest().unwrap();
    assert_eq!((highest.name(), highest.sequence()), ("hub", 7));
    let kept = serde_json::to_string(&highest).unwrap();
    let open = |sequence, policy| {
        let highest = serde_json::from_str(&kept).unwrap();
        let (builder, _) = builder(&clock, rules.clone());
        builder.highest(Some(highest)).open_bytes(&made(sequence, policy).bytes())
    };
    let code = |error: LoadError| error.problems().first().map(|problem| problem.code);
    assert_eq!(open(6, OPEN).map_err(code).unwrap_err(), Some("sequence.older"));
    assert_eq!(open(7, SHUT).map_err(code).unwrap_err(), Some("sequence.other_contents"));
    assert!(open(7, OPEN).is_ok());
    assert_eq!(open(8, SHUT).unwrap().highest().unwrap().sequence(), 8);
}
