//! The one object a door holds: a store, a clock and a sink.

mod clock;
mod decided;
mod together;

#[cfg(not(target_family = "wasm"))]
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use smallvec::SmallVec;

use self::decided::Kept;
use crate::audit::{Record, Reproduction, Sink, SinkStatus};
use crate::bundle::{Bundle, GrantsDelivery};
use crate::engine::{CrossCheck, Mismatch, Options, Quick, Scratch, Snapshot};
use crate::model::{
    DecisionId, EntityTypeName, EntityUid, LoadError, Outcome, RequestError, Response, Revision,
    Timestamp,
};
use crate::request::{Given, Question, Request, Shape};
#[cfg(not(target_family = "wasm"))]
use crate::store::{Follower, Source};
use crate::store::{InForce, Mark, Observer, OnExpiry, Part, Rules, Status, Store, StoreBuilder};

pub use crate::model::clock::{Clock, FixedClock};
pub use clock::HostClock;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use clock::SystemClock;
pub use decided::Decided;
pub use together::{NotAllowed, Together};

/// A policy decision point: decides requests against the bundle in force.
///
/// It is made of a bundle, so there is none without policies. Deciding cannot fail: what is wrong
/// with a request is found while it is built, and what is wrong with a bundle when it is activated.
/// Everything here may be called from any thread.
#[derive(Debug)]
pub struct Pdp {
    store: Arc<Store>,
    /// They end with the decision point.
    #[cfg(not(target_family = "wasm"))]
    followers: Vec<Follower>,
    clock: Arc<dyn Clock>,
    sink: Option<Writing>,
    seed: AtomicU64,
    cross_check: CrossCheck,
    decisions: AtomicU64,
    mismatches: AtomicU64,
}

/// When something was asked, and as which decision.
struct Asked {
    started: Duration,
    now: Timestamp,
    count: u64,
}

/// The same of a question, of which the start is asked for only where it is written down.
struct Moment {
    started: Option<Duration>,
    now: Timestamp,
    count: u64,
}

/// Where records go, and what writes into them all that it takes to see a decision again: whoever has no sink does
/// not carry it.
#[derive(Debug)]
struct Writing {
    to: Box<dyn Sink>,
    reproduce: fn(&Snapshot, &Request) -> (String, String),
}

/// A decision point in the making.
#[derive(Debug)]
pub struct PdpBuilder {
    store: StoreBuilder,
    seed: u64,
    sink: Option<Writing>,
}

impl Pdp {
    /// A decision point for this bundle, with defaults and the system's clock.
    ///
    /// # Errors
    /// When the bundle is refused.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub fn new(bundle: &Bundle) -> Result<Self, LoadError> {
        Self::builder(SystemClock::default(), clock::random_seed()).open(bundle)
    }

    /// Starts a decision point with this clock. The seed names the instance in its decision ids;
    /// give each instance another.
    #[must_use]
    pub fn builder(clock: impl Clock + 'static, seed: u64) -> PdpBuilder {
        let store = StoreBuilder {
            options: Options::default(),
            rules: Rules::default(),
            clock: Arc::new(clock),
            observer: None,
            highest: None,
            #[cfg(not(target_family = "wasm"))]
            state: None,
        };
        PdpBuilder { store, seed, sink: None }
    }

    /// Decides a request against the snapshot in force.
    ///
    /// The answer is Deny whenever it cannot be Allow. Nothing waits: not for an activation, and
    /// not for the record to be written.
    pub fn authorize(&self, request: &Request) -> Response {
        let started = self.clock.elapsed();
        let in_force = self.store.load();
        let count = self.decisions.fetch_add(1, Ordering::Relaxed);
        self.decide(request, &in_force, Asked { started, now: self.clock.now(), count })
    }

    /// Decides a question against the snapshot in force, with memory kept from one decision to the
    /// next.
    ///
    /// It must fit the schema and the limits as a request must, and it is given `context.now` as a
    /// request is. The answer is the one to the same request. Takes time in proportion to the candidate
    /// policies, to the context and to what is sent of entities, and allocates as [`Snapshot::answer_in`]
    /// does and for what is sent; a decision that is written down is copied, and made text elsewhere. One
    /// that is compared takes the time of a request.
    ///
    /// # Errors
    /// When it does not fit. Nothing is decided then: whoever enforces denies.
    pub fn ask(
        &self,
        question: &Question<'_>,
        scratch: &mut Scratch,
    ) -> Result<Decided, RequestError> {
        let (started, now, in_force) = (self.started(), self.clock.now(), self.store.load());
        let count = self.decisions.fetch_add(1, Ordering::Relaxed);
        self.ask_in(&in_force, Moment { started, now, count }, question, scratch)
    }

    /// Decides questions one after the other as [`Pdp::ask`] does, all of them against one snapshot and at one moment.
    ///
    /// Takes time as [`Pdp::ask`] for each of them, but for one look at the clock and at what is in force.
    ///
    /// # Errors
    /// At the first that does not fit; whoever enforces denies all of them then.
    pub fn ask_each(
        &self,
        questions: &[Question<'_>],
        scratch: &mut Scratch,
    ) -> Result<Vec<Decided>, RequestError> {
        let (now, in_force) = (self.clock.now(), self.store.load());
        let all = u64::try_from(questions.len()).unwrap_or(u64::MAX);
        let first = self.decisions.fetch_add(all, Ordering::Relaxed);
        let mut decided = Vec::with_capacity(questions.len());
        for (question, at) in questions.iter().zip(0..) {
            let moment = Moment { started: self.started(), now, count: first.wrapping_add(at) };
            decided.push(self.ask_in(&in_force, moment, question, scratch)?);
        }
        Ok(decided)
    }

    /// When a decision started, where that is written down.
    fn started(&self) -> Option<Duration> {
        self.sink.as_ref().map(|_| self.clock.elapsed())
    }

    fn ask_in(
        &self,
        in_force: &InForce,
        Moment { started, now, count }: Moment,
        question: &Question<'_>,
        scratch: &mut Scratch,
    ) -> Result<Decided, RequestError> {
        // Made where it stays: it is large.
        let mut fields: SmallVec<[_; 16]> = SmallVec::new();
        let timed = match in_force.snapshot.gives_now() {
            true if question.context().iter().all(|(name, _)| *name != "now") => {
                fields.extend_from_slice(question.context());
                fields.push(("now", Given::DateTime(now.millis())));
                question.with_fact(&fields)
            }
            _ => *question,
        };
        let expired = in_force.expires.is_some_and(|expires| now >= expires);
        let denies = expired && self.store.rules().on_expiry == OnExpiry::Deny;
        let otherwise = denies || self.cross_check.takes(count);
        let Quick { admitted, answer } = in_force.snapshot.quickly(&timed, otherwise, scratch);
        if let Some(answer) = answer {
            let decision_id = DecisionId::new(now, self.seed(), count);
            let kept = Kept { answer, decision_id, expired };
            return match (&self.sink, started) {
                (Some(sink), Some(started)) => {
                    let taken = self.clock.elapsed().saturating_sub(started);
                    let asked = in_force.snapshot.keep(&timed)?;
                    Ok(kept.written(sink.to.as_ref(), now, asked, taken))
                }
                _ => Ok(kept.into()),
            };
        }
        let started = started.unwrap_or_else(|| self.clock.elapsed());
        let shape = in_force.snapshot.shape(Some(now));
        let validate = shape.validate && !admitted;
        let request = question.to_builder()?.build(&Shape { validate, ..shape })?;
        Ok(self.decide(&request, in_force, Asked { started, now, count }).into())
    }

    fn decide(&self, request: &Request, in_force: &InForce, asked: Asked) -> Response {
        let Asked { started, now, count } = asked;
        let snapshot = &in_force.snapshot;
        let expired = in_force.expires.filter(|expires| now >= *expires);
        let sample = self.cross_check.takes(count);
        let (outcome, mismatch) = match (expired, self.store.rules().on_expiry) {
            (Some(expired), OnExpiry::Deny) => {
                let message =
                    format!("the bundle in force expired at {expired}, and no other came");
                (Outcome::refusal(message), None)
            }
            _ => snapshot.evaluate_checked(request, sample),
        };
        let taken = self.clock.elapsed().saturating_sub(started);
        if mismatch.is_some() {
            self.mismatches.fetch_add(1, Ordering::Relaxed);
        }
        let decision_id = DecisionId::new(now, self.seed(), count);
        let revision = snapshot.revision();
        let response = Response::new(outcome, revision, decision_id, taken, expired.is_some());
        if let Some(sink) = &self.sink {
            let record = Record::new(now, request.clone(), response.clone());
            sink.to.accept(match mismatch {
                None => record,
                Some(Mismatch { compiled, reference, .. }) => {
                    let (policies, entities) = (sink.reproduce)(snapshot, request);
                    let all = Reproduction { compiled, reference, policies, entities };
                    record.with_reproduction(all)
                }
            });
        }
        response
    }

    /// Gives the instance another name in its decision ids: a process that was forked is another
    /// instance than the one it was forked from.
    pub fn rename(&self, seed: u64) {
        self.seed.store(seed, Ordering::Relaxed);
    }

    fn seed(&self) -> u64 {
        self.seed.load(Ordering::Relaxed)
    }

    /// The stored entities of a type that may take the place of the request's resource; none once
    /// the bundle in force has expired, where expiry denies.
    ///
    /// Takes time as [`Snapshot::what_can`].
    #[must_use]
    pub fn permitted(&self, request: &Request, type_name: &EntityTypeName) -> Vec<EntityUid> {
        let in_force = self.store.load();
        let expired = in_force.expires.is_some_and(|expires| self.clock.now() >= expires);
        match expired && self.store.rules().on_expiry == OnExpiry::Deny {
            true => Vec::new(),
            false => in_force.snapshot.what_can(request, type_name),
        }
    }

    /// What a request must fit, now.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.store.load().snapshot.shape(Some(self.clock.now()))
    }

    /// Puts a bundle in force.
    ///
    /// # Errors
    /// When the bundle is refused: the last good one stays in force.
    pub fn activate(&self, bundle: &Bundle) -> Result<Revision, LoadError> {
        self.store.activate(bundle)
    }

    /// Puts grants in force that come by themselves, over the policies that are in force and over
    /// those that follow.
    ///
    /// # Errors
    /// When the grants are refused: those that were in force stay, each until it ends.
    pub fn activate_grants(&self, grants: &GrantsDelivery) -> Result<Revision, LoadError> {
        self.store.activate_grants(grants)
    }

    /// Puts in force what came as bytes: a bundle or grants in their single-file form, from wherever
    /// the host has them.
    ///
    /// # Errors
    /// When they are not trusted or refused: what was in force stays.
    pub fn deliver(&self, part: Part, bytes: &[u8]) -> Result<Revision, LoadError> {
        self.store.deliver(part, bytes)
    }

    /// Has the sources asked now, and not only when their time comes. Waits for nothing.
    #[cfg(not(target_family = "wasm"))]
    pub fn look(&self) {
        self.followers.iter().for_each(Follower::look);
    }

    /// The highest sequence of a bundle that was ever in force, for a host to keep.
    #[must_use]
    pub fn highest(&self) -> Option<Mark> {
        self.store.highest()
    }

    /// How the snapshot in force stands: which it is, and how well its source is followed.
    #[must_use]
    pub fn status(&self) -> Status {
        self.store.status()
    }

    /// The snapshot in force.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.store.snapshot()
    }

    /// How many decisions the two evaluators differed on: each was a Deny, and a fault of this
    /// library. Compared are as many as the options say.
    #[must_use]
    pub fn mismatches(&self) -> u64 {
        self.mismatches.load(Ordering::Relaxed)
    }

    /// How the records are going; `None` when none are written.
    #[must_use]
    pub fn records(&self) -> Option<SinkStatus> {
        self.sink.as_ref().map(|sink| sink.to.status())
    }
}

impl PdpBuilder {
    /// Limits, validation and what is done with errors.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.store.options = options;
        self
    }

    /// What a bundle must satisfy to be put in force.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.store.rules = rules;
        self
    }

    /// Who is told what happens to the snapshot in force.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.store.observer = Some(Box::new(observer));
        self
    }

    /// The highest sequence that was in force before, where the host keeps it: nothing older is taken.
    #[must_use]
    pub fn highest(mut self, mark: Option<Mark>) -> Self {
        self.store.highest = mark;
        self
    }

    /// A folder in which the highest sequence and the last good bundle survive a restart.
    ///
    /// Made when it is not there. Several processes on one machine may share it when they follow the
    /// same bundle. What cannot be kept there does not come into force.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn state_folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.store.state = Some(path.into());
        self
    }

    /// Where records go; without a sink none are made.
    #[must_use]
    pub fn sink(mut self, sink: impl Sink + 'static) -> Self {
        self.sink = Some(Writing { to: Box::new(sink), reproduce: Snapshot::reproduction });
        self
    }

    /// The decision point, with this bundle in force.
    ///
    /// # Errors
    /// When the bundle is refused.
    pub fn open(self, bundle: &Bundle) -> Result<Pdp, LoadError> {
        self.with(|store, _| store.open(bundle).map(Arc::new))
    }

    /// The decision point, with the bundle in force that these bytes are, in its single-file form.
    ///
    /// # Errors
    /// When the bundle is not trusted or refused.
    pub fn open_bytes(self, bytes: &[u8]) -> Result<Pdp, LoadError> {
        self.with(|store, _| store.open_bytes(bytes).map(Arc::new))
    }

    /// The decision point, with what its source has in force, which is followed from then on by a
    /// thread that ends with the decision point.
    ///
    /// When the source has nothing good, the last good copy in the state folder is verified again and
    /// put in force; [`Status`] says so.
    ///
    /// ```no_run
    /// # use notegate::Pdp;
    /// # use notegate::pdp::SystemClock;
    /// use notegate::store::{Event, PathSource};
    ///
    /// let pdp = Pdp::builder(SystemClock::default(), 1)
    ///     .observer(|event: &Event| eprintln!("{event}"))
    ///     .follow(PathSource::new("/etc/notegate/policies"))?;
    /// # Ok::<(), notegate::model::LoadError>(())
    /// ```
    ///
    /// # Errors
    /// When there is neither.
    #[cfg(not(target_family = "wasm"))]
    pub fn follow(self, bundle: impl Into<Source>) -> Result<Pdp, LoadError> {
        self.follow_both(bundle.into(), None)
    }

    /// As [`PdpBuilder::follow`], with grants from a source of their own, which take the place of the
    /// bundle's. While there are none, there are none: they only add access.
    ///
    /// # Errors
    /// As [`PdpBuilder::follow`].
    #[cfg(not(target_family = "wasm"))]
    pub fn follow_with_grants(
        self,
        bundle: impl Into<Source>,
        grants: impl Into<Source>,
    ) -> Result<Pdp, LoadError> {
        self.follow_both(bundle.into(), Some(grants.into()))
    }

    #[cfg(not(target_family = "wasm"))]
    fn follow_both(self, bundle: Source, grants: Option<Source>) -> Result<Pdp, LoadError> {
        let mut followers = Vec::new();
        let mut pdp = self.with(|store, seed| {
            let (store, threads) = store.follow(bundle, grants, seed)?;
            followers = threads;
            Ok(store)
        })?;
        pdp.followers = followers;
        Ok(pdp)
    }

    fn with(
        self,
        open: impl FnOnce(StoreBuilder, u64) -> Result<Arc<Store>, LoadError>,
    ) -> Result<Pdp, LoadError> {
        let (clock, cross_check) = (Arc::clone(&self.store.clock), self.store.options.cross_check);
        Ok(Pdp {
            store: open(self.store, self.seed)?,
            #[cfg(not(target_family = "wasm"))]
            followers: Vec::new(),
            clock,
            sink: self.sink,
            seed: AtomicU64::new(self.seed),
            cross_check,
            decisions: AtomicU64::new(0),
            mismatches: AtomicU64::new(0),
        })
    }
}
