//! The one object a door holds: a store, a clock and a sink.

mod clock;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::audit::{Record, Reproduction, Sink, SinkStatus};
use crate::bundle::Bundle;
use crate::engine::{CrossCheck, Mismatch, Options, Snapshot};
use crate::model::{DecisionId, LoadError, Response, Revision};
use crate::request::{Request, Shape};
use crate::store::Store;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use clock::SystemClock;
pub use clock::{Clock, FixedClock};

/// A policy decision point: decides requests against the bundle in force.
///
/// It is made of a bundle, so there is none without policies. Deciding cannot fail: what is wrong
/// with a request is found while it is built, and what is wrong with a bundle when it is activated.
/// Everything here may be called from any thread.
#[derive(Debug)]
pub struct Pdp {
    store: Store,
    clock: Box<dyn Clock>,
    sink: Option<Box<dyn Sink>>,
    seed: u64,
    cross_check: CrossCheck,
    decisions: AtomicU64,
    mismatches: AtomicU64,
}

/// A decision point in the making.
#[derive(Debug)]
pub struct PdpBuilder {
    options: Options,
    clock: Box<dyn Clock>,
    seed: u64,
    sink: Option<Box<dyn Sink>>,
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
        PdpBuilder { options: Options::default(), clock: Box::new(clock), seed, sink: None }
    }

    /// Decides a request against the snapshot in force.
    ///
    /// The answer is Deny whenever it cannot be Allow. Nothing waits: not for an activation, and
    /// not for the record to be written.
    pub fn authorize(&self, request: &Request) -> Response {
        let started = self.clock.elapsed();
        let snapshot = self.store.load();
        let count = self.decisions.fetch_add(1, Ordering::Relaxed);
        let sample = self.cross_check.takes(count);
        let (outcome, mismatch) = snapshot.evaluate_checked(request, sample);
        let taken = self.clock.elapsed().saturating_sub(started);
        let now = self.clock.now();
        if mismatch.is_some() {
            self.mismatches.fetch_add(1, Ordering::Relaxed);
        }
        let decision_id = DecisionId::new(now, self.seed, count);
        let response = Response::new(outcome, snapshot.revision(), decision_id, taken);
        if let Some(sink) = &self.sink {
            let record = Record::new(now, request.clone(), response.clone());
            sink.accept(match mismatch {
                None => record,
                Some(Mismatch { compiled, reference, policies, entities, .. }) => record
                    .with_reproduction(Reproduction { compiled, reference, policies, entities }),
            });
        }
        response
    }

    /// What a request must fit, now.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.store.load().shape(Some(self.clock.now()))
    }

    /// Puts a bundle in force.
    ///
    /// # Errors
    /// When the bundle is refused: the last good one stays in force.
    pub fn activate(&self, bundle: &Bundle) -> Result<Revision, LoadError> {
        self.store.activate(bundle)
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
        self.sink.as_ref().map(|sink| sink.status())
    }
}

impl PdpBuilder {
    /// Limits, validation and what is done with errors.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Where records go; without a sink none are made.
    #[must_use]
    pub fn sink(mut self, sink: impl Sink + 'static) -> Self {
        self.sink = Some(Box::new(sink));
        self
    }

    /// The decision point, with this bundle in force.
    ///
    /// # Errors
    /// When the bundle is refused.
    pub fn open(self, bundle: &Bundle) -> Result<Pdp, LoadError> {
        Ok(Pdp {
            store: Store::new(bundle, self.options)?,
            clock: self.clock,
            sink: self.sink,
            seed: self.seed,
            cross_check: self.options.cross_check,
            decisions: AtomicU64::new(0),
            mismatches: AtomicU64::new(0),
        })
    }
}
