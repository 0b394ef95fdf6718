//! Activation under readers, and the last good snapshot.

use std::sync::atomic::{AtomicBool, Ordering};

use notegate::model::notebook::{self, Builder as _};
use notegate::model::{Limits, LoadErrorKind};
use notegate::{Bundle, Decision, Pdp, Request};

fn bundle(policy: &str) -> Bundle {
    let members = [("policy.cedar".to_owned(), policy.as_bytes().to_vec())];
    Bundle::from_members(members, &Limits::default()).unwrap()
}

fn login(pdp: &Pdp) -> Request {
    let (ada, hub) = (notebook::user("ada").uid(), notebook::hub("hub").uid());
    Request::builder(ada, notebook::action("hub:login"), hub).build(&pdp.shape()).unwrap()
}

const OPEN: &str =
    r#"@id("open") permit (principal, action == Notebook::Action::"hub:login", resource);"#;
const SHUT: &str =
    r#"@id("shut") forbid (principal, action == Notebook::Action::"hub:login", resource);"#;

#[test]
fn activation_of_a_bad_bundle_keeps_the_last_good_one() {
    let pdp = Pdp::new(&bundle(OPEN)).unwrap();
    let good = pdp.snapshot().revision();
    for (bad, kind) in [
        ("permit (principal, action", LoadErrorKind::Policy),
        (
            r#"permit (principal, action == Notebook::Action::"no:such", resource);"#,
            LoadErrorKind::Policy,
        ),
        (
            "@id(\"a\") permit (principal, action, resource);\n@id(\"a\") permit (principal, action, resource);",
            LoadErrorKind::Policy,
        ),
    ] {
        assert_eq!(pdp.activate(&bundle(bad)).unwrap_err().kind(), kind, "{bad}");
        assert_eq!(pdp.snapshot().revision(), good);
        assert_eq!(pdp.authorize(&login(&pdp)).decision(), Decision::Allow);
    }
}

#[test]
fn every_response_under_activation_is_explained_by_its_revision() {
    let (open, shut) = (bundle(OPEN), bundle(SHUT));
    let pdp = Pdp::new(&open).unwrap();
    let done = AtomicBool::new(false);
    let read = || {
        let request = login(&pdp);
        let (mut allowed, mut denied) = (0, 0);
        while !done.load(Ordering::Relaxed) || allowed == 0 || denied == 0 {
            let response = pdp.authorize(&request);
            let expected = if response.revision() == open.revision() {
                (Decision::Allow, "open")
            } else {
                assert_eq!(response.revision(), shut.revision());
                (Decision::Deny, "shut")
            };
            let reason = response.reason()[0].to_string();
            assert_eq!((response.decision(), reason.as_str()), expected);
            *if response.allowed() { &mut allowed } else { &mut denied } += 1;
            if done.load(Ordering::Relaxed) {
                break;
            }
        }
    };
    std::thread::scope(|scope| {
        let readers = [scope.spawn(read), scope.spawn(read)];
        for _ in 0..10 {
            pdp.activate(&shut).unwrap();
            pdp.activate(&open).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}

#[test]
fn a_request_outlives_the_snapshot_it_was_built_for() {
    let pdp = Pdp::new(&bundle(OPEN)).unwrap();
    let request = login(&pdp);
    pdp.activate(&bundle(SHUT)).unwrap();
    assert_eq!(pdp.authorize(&request).decision(), Decision::Deny);
}

#[test]
fn an_empty_bundle_denies_everything() {
    let pdp = Pdp::new(&bundle("// nothing yet")).unwrap();
    let response = pdp.authorize(&login(&pdp));
    assert_eq!((response.decision(), response.reason().len()), (Decision::Deny, 0));
}
