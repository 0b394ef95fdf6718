//! Bundles to deliver, a clock to turn, and an ear for what happens.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use notegate::bundle::{GrantTerms, Manifest, PrivateKey, Trust};
use notegate::model::notebook::{self, Builder as _};
use notegate::model::{Limits, Timestamp};
use notegate::pdp::{Clock, PdpBuilder};
use notegate::store::{Event, Rules};
use notegate::{Bundle, Decision, Pdp, Request};

pub(crate) const OPEN: &str =
    r#"@id("open") permit (principal, action == Notebook::Action::"hub:login", resource);"#;
pub(crate) const SHUT: &str =
    r#"@id("shut") forbid (principal, action == Notebook::Action::"hub:login", resource);"#;

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

/// Asks for a signature by the first key.
pub(crate) fn signed_rules() -> Rules {
    Rules { trust: Trust::keys([key(1).public().clone()]), ..Rules::default() }
}

/// A bundle to deliver.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) name: &'static str,
    pub(crate) sequence: u64,
    pub(crate) created: Option<Timestamp>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) policy: String,
    pub(crate) cases: Option<&'static str>,
    pub(crate) approvers: usize,
}

pub(crate) fn made(sequence: u64, policy: &str) -> Made {
    let (created, expires, cases, policy) = (None, None, None, policy.to_owned());
    Made { name: "hub", sequence, created, expires, policy, cases, approvers: 0 }
}

impl Made {
    pub(crate) fn bundle(&self) -> Bundle {
        let mut members = vec![("policy.cedar".to_owned(), self.policy.clone().into_bytes())];
        if let Some(cases) = self.cases {
            members.push(("tests/cases.json".to_owned(), cases.into()));
        }
        let manifest = Manifest {
            name: self.name.to_owned(),
            sequence: self.sequence,
            created: self.created,
            expires: self.expires,
            grants: GrantTerms { approvers: self.approvers },
            ..Manifest::default()
        };
        let limits = Limits::default();
        Bundle::from_members(members, &limits).unwrap().seal(manifest, &limits).unwrap()
    }

    pub(crate) fn signed_by(&self, key: &PrivateKey) -> Vec<u8> {
        let mut bundle = self.bundle();
        bundle.sign(key).unwrap();
        bundle.to_bytes().unwrap()
    }

    /// The single-file form, signed by the first key.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.signed_by(&key(1))
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A clock that somebody turns, and that runs by itself for what is waited for.
#[derive(Debug, Clone)]
pub(crate) struct TurnedClock(Arc<(AtomicI64, Instant)>);

impl TurnedClock {
    pub(crate) fn new(now: &str) -> Self {
        Self(Arc::new((AtomicI64::new(at(now).millis()), Instant::now())))
    }

    pub(crate) fn turn_to(&self, now: &str) {
        self.0.0.store(at(now).millis(), Ordering::SeqCst);
    }

    /// Who else holds this clock.
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.0.load(Ordering::SeqCst)).unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.0.1.elapsed()
    }
}

pub(crate) const NOW: &str = "2026-11-25T09:00:00Z";

pub(crate) fn clock() -> TurnedClock {
    TurnedClock::new(NOW)
}

/// A decision point in the making, with an ear for what happens to it.
pub(crate) fn builder(clock: &TurnedClock, rules: Rules) -> (PdpBuilder, Events) {
    let (told, events) = channel();
    let observer = move |event: &Event| _ = told.send(event.clone());
    (Pdp::builder(clock.clone(), 7).rules(rules).observer(observer), Events(events))
}

/// What happened, in order.
pub(crate) struct Events(Receiver<Event>);

impl Events {
    /// Waits for an event of this code, and gives it.
    #[track_caller]
    pub(crate) fn wait(&self, code: &str) -> Event {
        self.wait_for(code, |event| event.code() == code)
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, is_it: impl Fn(&Event) -> bool) -> Event {
        let mut seen = Vec::new();
        let until = Instant::now() + PATIENCE;
        while let Ok(event) = self.0.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if is_it(&event) {
                return event;
            }
            seen.push(event.to_string());
        }
        panic!("`{what}` did not happen, but\n{}", seen.join("\n"));
    }

    /// What happened until now.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.0.try_iter().map(|event| event.code()).collect()
    }
}

/// Waits until something holds; whatever makes it hold is under way.
#[track_caller]
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "{what}");
        std::thread::yield_now();
    }
}

pub(crate) fn login(pdp: &Pdp) -> Request {
    let (ada, hub) = (notebook::user("ada").uid(), notebook::hub("hub").uid());
    Request::builder(ada, notebook::action("hub:login"), hub).build(&pdp.shape()).unwrap()
}

/// What is decided now: `open`, `shut` or nothing.
pub(crate) fn decides(pdp: &Pdp) -> String {
    let response = pdp.authorize(&login(pdp));
    assert_eq!(response.revision(), pdp.status().revision);
    assert_eq!(response.allowed(), response.decision() == Decision::Allow);
    response.reason().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The code of what went wrong last.
pub(crate) fn last_error(pdp: &Pdp) -> Option<&'static str> {
    let (_, error) = pdp.status().bundle.last_error?;
    error.problems().first().map(|problem| problem.code)
}

/// Replaces a file as editors and delivery tools do.
pub(crate) fn replace(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("replacing");
    fs::write(&beside, bytes).unwrap();
    fs::rename(&beside, path).unwrap();
}
