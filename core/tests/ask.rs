//! A question in borrowed parts is decided as the request that it is.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use notegate::audit::Memory;
use notegate::bundle::Manifest;
use notegate::engine::{CrossCheck, Options, Scratch};
use notegate::model::notebook::{self, Builder as _};
use notegate::model::{Limits, RequestErrorKind, Timestamp};
use notegate::pdp::Clock;
use notegate::request::{Given, Question};
use notegate::store::{OnExpiry, Rules};
use notegate::{Bundle, Pdp};

/// A clock that is set by hand.
#[derive(Debug, Clone)]
struct Hand(Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

const POLICIES: &str = r#"
    @id("day") permit (principal, action == Notebook::Action::"hub:login", resource)
    when { context.now < datetime("1970-01-02") && (if context has mfa then context.mfa else true) };
    @id("erring") forbid (principal == Notebook::User::"eve", action, resource)
    when { 9223372036854775807 + 1 == 0 };
"#;

fn pdp(clock: &Hand, on_expiry: OnExpiry, options: Options) -> Pdp {
    let members = [("policies.cedar".to_owned(), POLICIES.as_bytes().to_vec())];
    let limits = Limits::default();
    let manifest = Manifest {
        name: "days".to_owned(),
        sequence: 1,
        expires: Timestamp::from_millis(1_000),
        ..Manifest::default()
    };
    let bundle = Bundle::from_members(members, &limits).unwrap().seal(manifest, &limits).unwrap();
    let rules = Rules { on_expiry, ..Rules::default() };
    Pdp::builder(clock.clone(), 1).rules(rules).options(options).open(&bundle).unwrap()
}

fn login<'a>(who: &'a str, context: &'a [(&'a str, Given<'a>)]) -> Question<'a> {
    let (user, action) = ("Notebook::User", ("Notebook::Action", "hub:login"));
    Question::new((user, who), action, ("Notebook::Hub", "main"), context).unwrap()
}

#[test]
fn the_time_is_given_where_the_caller_gives_none() {
    let clock = Hand(Arc::default());
    let (pdp, scratch) = (pdp(&clock, OnExpiry::Keep, Options::default()), &mut Scratch::default());
    assert!(pdp.ask(&login("ada", &[]), scratch).unwrap().allowed());
    let later = [("now", Given::DateTime(90_000_000))];
    assert!(!pdp.ask(&login("ada", &later), scratch).unwrap().allowed());
    clock.0.store(90_000_000, Ordering::Relaxed);
    let decided = pdp.ask(&login("ada", &[]), scratch).unwrap();
    assert!(!decided.allowed() && decided.expired());
}

#[test]
fn expiry_denies_where_it_should_and_names_nothing_permitted() {
    let clock = Hand(Arc::default());
    let (pdp, scratch) = (pdp(&clock, OnExpiry::Deny, Options::default()), &mut Scratch::default());
    assert!(pdp.ask(&login("ada", &[]), scratch).unwrap().allowed());
    clock.0.store(2_000, Ordering::Relaxed);
    let decided = pdp.ask(&login("ada", &[]), scratch).unwrap();
    assert!(!decided.allowed() && decided.expired());
    assert!(decided.to_response().errors()[0].message.contains("expired"));
    let request = login("ada", &[]).to_builder().unwrap().build(&pdp.shape()).unwrap();
    assert!(pdp.permitted(&request, notebook::hub("main").uid().type_name()).is_empty());
}

#[test]
fn what_errs_and_what_is_compared_is_decided_as_a_request() {
    let clock = Hand(Arc::default());
    for cross_check in [CrossCheck::Off, CrossCheck::Always] {
        let options = Options { cross_check, ..Options::default() };
        let (pdp, scratch) = (pdp(&clock, OnExpiry::Keep, options), &mut Scratch::default());
        for who in ["ada", "eve"] {
            let question = login(who, &[]);
            let request = question.to_builder().unwrap().build(&pdp.shape()).unwrap();
            let (asked, whole) = (pdp.ask(&question, scratch).unwrap(), pdp.authorize(&request));
            let asked = asked.to_response();
            assert_eq!(asked.allowed(), who == "ada");
            assert_eq!((asked.reason(), asked.errors()), (whole.reason(), whole.errors()));
            assert_ne!(asked.decision_id(), whole.decision_id());
        }
        assert_eq!(pdp.mismatches(), 0);
    }
}

#[test]
fn what_does_not_fit_is_refused_and_not_written_down() {
    let memory = Arc::new(Memory::new(8));
    let members = [("policies.cedar".to_owned(), POLICIES.as_bytes().to_vec())];
    let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
    let clock = Hand(Arc::default());
    let pdp = Pdp::builder(clock, 1).sink(Arc::clone(&memory)).open(&bundle).unwrap();
    let scratch = &mut Scratch::default();
    let wrong = [("mfa", Given::Long(1))];
    let error = pdp.ask(&login("ada", &wrong), scratch).unwrap_err();
    assert_eq!(error.kind(), RequestErrorKind::Schema);
    let long = "x".repeat(Limits::default().id_bytes + 1);
    let error = pdp.ask(&login(&long, &[]), scratch).unwrap_err();
    assert_eq!(error.kind(), RequestErrorKind::Limit);
    let decided = pdp.ask(&login("ada", &[("mfa", Given::Bool(true))]), scratch).unwrap();
    let records = memory.take();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].response().decision_id(), decided.decision_id());
    assert!(records[0].request().unwrap().context().get("now").is_some());
}
