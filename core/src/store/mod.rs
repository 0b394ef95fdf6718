//! The snapshot in force: what may replace it, and how its sources are followed.
//!
//! A bundle, or grants that come by themselves, passes in this order, or the last good snapshot
//! stays in force:
//!
//! 1. size, signature, manifest, digests: [`Delivery`](crate::bundle::Delivery) reads it;
//! 2. sequence: never lower than the highest that was in force, even before a restart, and equal
//!    only for the same contents;
//! 3. created not in the future, and not expired;
//! 4. policies, schema and entities parse, validate strictly, and fit the limits;
//! 5. the bundle's own test cases, where they are required;
//! 6. the state folder, when there is one, holds it for the next start;
//! 7. one pointer is swapped.

mod arrival;
mod builder;
mod event;
#[cfg(not(target_family = "wasm"))]
mod follow;
mod gate;
mod mark;
mod pace;
mod reading;
#[cfg(not(target_family = "wasm"))]
mod remember;
mod rules;
#[cfg(not(target_family = "wasm"))]
mod state;
mod status;
mod status_json;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};

use self::arrival::Arrival;
use self::gate::{Gate, Held, Passed};
use self::status::Standing;
use crate::bundle::{Bundle, GrantsDelivery};
use crate::engine::Snapshot;
use crate::model::{LoadError, Revision, Timestamp};

pub(crate) use builder::StoreBuilder;
pub use event::{Event, Observer, Origin, Part};
#[cfg(feature = "remote")]
#[cfg(not(target_family = "wasm"))]
pub use follow::RemoteSource;
#[cfg(not(target_family = "wasm"))]
pub use follow::{PathSource, Source};
pub use mark::Mark;
pub use pace::Pace;
pub use rules::{OnExpiry, Rules, SequenceRule};
pub use status::{Followed, GrantsStatus, Status};
#[cfg(test)]
pub(crate) use status_json::StatusShape;

#[cfg(not(target_family = "wasm"))]
pub(crate) use follow::Follower;

/// Holds the snapshot in force and swaps it for another, all or nothing.
#[derive(Debug)]
pub struct Store {
    in_force: ArcSwap<InForce>,
    gate: Gate,
    /// Held by one activation at a time; deciding takes no lock.
    held: Mutex<Held>,
    standing: ArcSwap<Standing>,
}

/// What decides, and until when.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) expires: Option<Timestamp>,
}

impl Store {
    /// Puts a bundle in force.
    ///
    /// The whole snapshot is built beside the one in force; then one pointer is swapped. Decisions
    /// under way finish on the snapshot they started with and wait for nothing. Takes time in
    /// proportion to the policies and to the entities with their ancestors.
    ///
    /// # Errors
    /// When the bundle is refused: the last good snapshot stays in force.
    pub fn activate(&self, bundle: &Bundle) -> Result<Revision, LoadError> {
        self.take(Arrival::Bundle(bundle.clone()), &Origin::Host, self.gate.clock.elapsed())
    }

    /// Puts grants in force that come by themselves, over the policies that are in force and over
    /// those that follow.
    ///
    /// # Errors
    /// When the grants are refused: those that were in force stay, each until it ends.
    pub fn activate_grants(&self, grants: &GrantsDelivery) -> Result<Revision, LoadError> {
        self.take(Arrival::Grants(grants.clone()), &Origin::Host, self.gate.clock.elapsed())
    }

    /// Puts in force what came as bytes: a bundle or grants in their single-file form, from wherever
    /// the host has them.
    ///
    /// # Errors
    /// When they are not trusted or refused: what was in force stays.
    pub fn deliver(&self, part: Part, bytes: &[u8]) -> Result<Revision, LoadError> {
        let started = self.gate.clock.elapsed();
        match self.gate.reading(part).bytes(bytes) {
            Ok(arrival) => self.take(arrival, &Origin::Host, started),
            Err(error) => {
                let _in_order = self.held();
                self.refused(part, &Origin::Host, &error);
                Err(error)
            }
        }
    }

    /// The snapshot in force, to keep.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.in_force.load().snapshot)
    }

    /// How the snapshot in force stands, now. Waits for nothing.
    #[must_use]
    pub fn status(&self) -> Status {
        let (now, elapsed) = (self.gate.clock.now(), self.gate.clock.elapsed());
        self.standing.load().status(now, elapsed, self.gate.rules.stale_after)
    }

    /// The highest sequence of a bundle that was ever in force; `None` when none was held to it.
    #[must_use]
    pub fn highest(&self) -> Option<Mark> {
        self.held().bundle_mark.clone()
    }

    /// What a bundle must satisfy.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.gate.rules
    }

    /// What is in force, for as long as one decision takes.
    pub(crate) fn load(&self) -> Guard<Arc<InForce>> {
        self.in_force.load()
    }

    fn take(
        &self,
        arrival: Arrival,
        origin: &Origin,
        started: Duration,
    ) -> Result<Revision, LoadError> {
        let part = arrival.part();
        let mut held = self.held();
        let in_force = self.in_force.load_full();
        if held.has(&arrival) {
            return Ok(in_force.snapshot.revision());
        }
        match self.gate.pass(&held, arrival, origin, Some(&in_force.snapshot)) {
            Ok(passed) => {
                let Passed { snapshot, held: next } = passed;
                let revision = snapshot.revision();
                let in_force = InForce { snapshot, expires: next.expires() };
                // INVARIANT: whoever reads the pointer has all of the snapshot.
                self.in_force.store(Arc::new(in_force));
                *held = next;
                self.activated(&held, part, origin, started);
                Ok(revision)
            }
            Err(error) => {
                self.refused(part, origin, &error);
                Err(error)
            }
        }
    }

    fn activated(&self, held: &Held, part: Part, origin: &Origin, started: Duration) {
        let gate = &self.gate;
        let (now, elapsed) = (gate.clock.now(), gate.clock.elapsed());
        let revision = self.in_force.load().snapshot.revision();
        self.stand(|standing| standing.activated(held, part, origin, revision, now, elapsed));
        gate.tell(&Event::Activated {
            part,
            revision,
            sequence: held.sequence(part),
            origin: origin.clone(),
            took: elapsed.saturating_sub(started),
        });
    }

    fn refused(&self, part: Part, origin: &Origin, error: &LoadError) {
        if *origin == Origin::Host {
            let (now, elapsed) = (self.gate.clock.now(), self.gate.clock.elapsed());
            self.stand(|standing| standing.failed(part, now, elapsed, error));
        }
        let (origin, error) = (origin.clone(), error.clone());
        self.gate.tell(&Event::Refused { part, origin, error });
    }

    fn stand(&self, mut change: impl FnMut(&mut Standing)) {
        self.standing.rcu(|standing| {
            let mut next = Standing::clone(standing);
            change(&mut next);
            next
        });
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // INVARIANT: what is held is replaced whole, so whoever panicked left it whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What those who follow a source do.
#[cfg(not(target_family = "wasm"))]
impl Store {
    fn take_from(&self, arrival: Arrival, origin: &Origin) -> Result<Revision, LoadError> {
        self.take(arrival, origin, self.gate.clock.elapsed())
    }

    fn follows(&self, part: Part, source: &str) {
        let elapsed = self.gate.clock.elapsed();
        self.stand(|standing| standing.follows(part, source, elapsed));
    }

    /// A source has what is in force, or had something good.
    fn found_good(&self, part: Part, source: &str) {
        let (now, elapsed) = (self.gate.clock.now(), self.gate.clock.elapsed());
        let mut failures = 0;
        self.stand(|standing| failures = standing.good(part, now, elapsed));
        if failures > 0 {
            let source = source.to_owned();
            self.gate.tell(&Event::Recovered { part, source, failures });
        }
    }

    /// Nothing good came from a source.
    fn found_bad(&self, part: Part, error: &LoadError) {
        let (now, elapsed) = (self.gate.clock.now(), self.gate.clock.elapsed());
        self.stand(|standing| standing.failed(part, now, elapsed, error));
    }
}

impl Store {
    /// There is no store without a snapshot.
    fn holding(gate: Gate, passed: Passed, origin: &Origin, started: Duration) -> Self {
        let Passed { snapshot, held } = passed;
        let expires = held.expires();
        let (now, elapsed) = (gate.clock.now(), gate.clock.elapsed());
        let standing = Standing::new(&held, origin, snapshot.revision(), now, elapsed);
        let store = Self {
            in_force: ArcSwap::from_pointee(InForce { snapshot, expires }),
            gate,
            held: Mutex::default(),
            standing: ArcSwap::from_pointee(standing),
        };
        let mut first = store.held();
        *first = held;
        store.activated(&first, Part::Bundle, origin, started);
        drop(first);
        store
    }
}
