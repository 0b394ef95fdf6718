//! Grants that come by themselves.

use notegate::bundle::{GrantsDelivery, GrantsManifest};
use notegate::model::notebook::{self, Builder as _};
use notegate::model::{Limits, LoadErrorKind, Timestamp};
use notegate::store::{Part, PathSource, Rules};
use notegate::{Pdp, Request};
use serde_json::json;

use crate::support::{
    Made, SHUT, TurnedClock, at, builder, clock, key, last_error, made, replace, signed_rules,
};

const EMPTY: &str = "// nobody may anything";

fn grants(sequence: u64, to: &[&str], expires: &str) -> GrantsDelivery {
    let one = |user: &&str| {
        json!({
            "id": format!("for-{user}"),
            "principal": {"type": "Notebook::User", "id": user},
            "action": "hub:login",
            "resource": {"type": "Notebook::Hub", "id": "hub"},
            "expires": expires,
            "reason": "incident 4711",
            "approved_by": ["grace"],
        })
    };
    let text = json!(to.iter().map(one).collect::<Vec<_>>()).to_string();
    let manifest =
        GrantsManifest { bundle: "hub".to_owned(), sequence, created: None, expires: None };
    let mut grants = GrantsDelivery::new(&manifest, text.as_bytes(), &Limits::default()).unwrap();
    grants.sign(&key(1));
    grants
}

fn bytes(sequence: u64, to: &[&str]) -> Vec<u8> {
    grants(sequence, to, "2026-11-25T10:00:00Z").to_bytes().unwrap()
}

fn may_log_in(pdp: &Pdp, user: &str) -> bool {
    let (user, hub) = (notebook::user(user).uid(), notebook::hub("hub").uid());
    let request = Request::builder(user, notebook::action("hub:login"), hub);
    pdp.authorize(&request.build(&pdp.shape()).unwrap()).allowed()
}

fn empty_hub(clock: &TurnedClock, rules: Rules) -> Pdp {
    builder(clock, rules).0.open_bytes(&made(1, EMPTY).bytes()).unwrap()
}

#[test]
fn access_is_given_and_taken_away_while_the_policies_stay() {
    let pdp = empty_hub(&clock(), signed_rules());
    assert!(!may_log_in(&pdp, "ada"));
    let before = pdp.status().revision;
    pdp.deliver(Part::Grants, &bytes(1, &["ada"])).unwrap();
    assert!(may_log_in(&pdp, "ada") && !may_log_in(&pdp, "eve"));
    assert_ne!(pdp.status().revision, before, "a response's revision explains it");
    assert_eq!(pdp.status().sequence, 1);
    pdp.deliver(Part::Grants, &bytes(2, &[])).unwrap();
    assert!(!may_log_in(&pdp, "ada"));
    assert_eq!(pdp.status().grants.unwrap().sequence, Some(2));
}

#[test]
fn a_grant_ends_at_its_instant_without_a_delivery() {
    let clock = clock();
    let pdp = empty_hub(&clock, signed_rules());
    pdp.deliver(Part::Grants, &bytes(1, &["ada"])).unwrap();
    clock.turn_to("2026-11-25T09:59:59.999Z");
    assert!(may_log_in(&pdp, "ada"));
    clock.turn_to("2026-11-25T10:00:00Z");
    assert!(!may_log_in(&pdp, "ada"));
}

#[test]
fn what_was_taken_away_does_not_come_back_by_an_older_delivery() {
    let pdp = empty_hub(&clock(), signed_rules());
    pdp.deliver(Part::Grants, &bytes(1, &["ada"])).unwrap();
    pdp.deliver(Part::Grants, &bytes(2, &[])).unwrap();
    let error = pdp.deliver(Part::Grants, &bytes(1, &["ada"])).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Sequence);
    let error = pdp.deliver(Part::Grants, &bytes(2, &["eve"])).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Sequence);
    assert!(!may_log_in(&pdp, "ada") && !may_log_in(&pdp, "eve"));
    let status = pdp.status();
    assert_eq!(status.grants.unwrap().followed.consecutive_failures, 2);
    assert_eq!(status.bundle.consecutive_failures, 0);
    assert_eq!(last_error(&pdp), None);
}

#[test]
fn grants_stay_when_another_bundle_comes_and_a_forbid_is_stronger() {
    let pdp = empty_hub(&clock(), signed_rules());
    pdp.deliver(Part::Grants, &bytes(1, &["ada"])).unwrap();
    pdp.deliver(Part::Bundle, &made(2, "// still nobody").bytes()).unwrap();
    assert!(may_log_in(&pdp, "ada"));
    pdp.deliver(Part::Bundle, &made(3, SHUT).bytes()).unwrap();
    assert!(!may_log_in(&pdp, "ada"));
}

/// What was tightened does not wait for grants that no longer fit.
#[test]
fn a_bundle_that_asks_for_more_than_its_grants_have_comes_into_force_without_them() {
    let (builder, events) = builder(&clock(), signed_rules());
    let pdp = builder.open_bytes(&made(1, EMPTY).bytes()).unwrap();
    pdp.deliver(Part::Grants, &bytes(1, &["ada"])).unwrap();
    events.codes();
    let strict = Made { approvers: 2, ..made(2, "// two must approve") };
    pdp.deliver(Part::Bundle, &strict.bytes()).unwrap();
    assert!(!may_log_in(&pdp, "ada"));
    assert_eq!(events.codes(), ["refused", "activated"]);
    assert!(!pdp.status().grants.unwrap().in_force);
    pdp.deliver(Part::Bundle, &made(3, "// one is enough again").bytes()).unwrap();
    assert!(may_log_in(&pdp, "ada") && pdp.status().grants.unwrap().in_force);
}

#[test]
fn grants_that_nobody_trusted_signed_or_for_another_bundle_are_refused() {
    let pdp = empty_hub(&clock(), signed_rules());
    let manifest = |bundle: &str, created: Option<Timestamp>| GrantsManifest {
        bundle: bundle.to_owned(),
        sequence: 1,
        created,
        expires: None,
    };
    let delivery = |manifest, signer: u8| {
        let mut grants = GrantsDelivery::new(&manifest, b"[]", &Limits::default()).unwrap();
        grants.sign(&key(signer));
        pdp.deliver(Part::Grants, &grants.to_bytes().unwrap()).map_err(|error| error.kind())
    };
    assert_eq!(delivery(manifest("hub", None), 2), Err(LoadErrorKind::Untrusted));
    assert!(delivery(manifest("other", None), 1).is_err());
    let future = Some(at("2026-11-25T12:00:00Z"));
    assert_eq!(delivery(manifest("hub", future), 1), Err(LoadErrorKind::Expiry));
    assert!(delivery(manifest("hub", None), 1).is_ok());
}

#[test]
fn grants_are_followed_from_a_source_of_their_own_and_survive_a_restart_without_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("bundle"), made(1, EMPTY).bytes()).unwrap();
    std::fs::write(at("grants"), bytes(1, &["ada"])).unwrap();
    let start = || {
        let (builder, events) = builder(&clock(), signed_rules());
        let builder = builder.state_folder(at("state"));
        let (bundle, grants) = (PathSource::new(at("bundle")), PathSource::new(at("grants")));
        (builder.follow_with_grants(bundle, grants).unwrap(), events)
    };
    let (pdp, events) = start();
    assert!(may_log_in(&pdp, "ada"));
    replace(&at("grants"), &bytes(2, &["eve"]));
    pdp.look();
    events.wait_for("grants 2", |event| event.to_string().contains("sequence 2"));
    assert!(may_log_in(&pdp, "eve") && !may_log_in(&pdp, "ada"));
    drop(pdp);

    std::fs::remove_file(at("grants")).unwrap();
    let (pdp, _) = start();
    assert!(may_log_in(&pdp, "eve"), "the last good grants");
    assert!(pdp.status().grants.unwrap().followed.consecutive_failures > 0);
    drop(pdp);

    std::fs::remove_dir_all(at("state")).unwrap();
    let (pdp, _) = start();
    assert!(!may_log_in(&pdp, "eve"), "without grants there is less access, and a start");
}
