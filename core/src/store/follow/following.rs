//! One source, followed.

use std::sync::Arc;
use std::time::Duration;

use super::bell::{Bell, Woken};
use super::place::Place;
use super::watch::Watch;
use super::{Asked, Source};
use crate::model::{LoadError, LoadErrorKind, Revision};
use crate::store::arrival::Arrival;
use crate::store::gate::Gate;
use crate::store::{Event, Origin, Pace, Part, Store};

/// One source, followed.
pub(super) struct Following {
    pub(super) part: Part,
    pub(super) name: String,
    pub(super) bell: Arc<Bell>,
    spots: Vec<Spot>,
    watch: Option<Watch>,
    /// Why the system gives no notices, as it was told last.
    unwatched: Option<String>,
    pub(super) pace: Pace,
    /// The revision that was said to have expired.
    expired: Option<Revision>,
}

/// A place, and what came of what lies there.
struct Spot {
    place: Box<dyn Place>,
    refused: Option<Refused>,
}

/// What lies at a place and was refused.
struct Refused {
    error: LoadError,
    /// To be tried again although nothing changed there: what was wrong may pass.
    again: Option<Arrival>,
}

impl Following {
    pub(super) fn new(
        part: Part,
        source: Source,
        signed: bool,
        seed: u64,
    ) -> Result<Self, LoadError> {
        let bell = Arc::new(Bell::default());
        let Asked { name, places, watch, pace } = source.asked(signed, seed, &bell)?;
        let spots = places.into_iter().map(|place| Spot { place, refused: None }).collect();
        Ok(Self { part, name, bell, spots, watch, unwatched: None, pace, expired: None })
    }

    /// Looks at the places in their order until one has something good: something new that was taken,
    /// or nothing new.
    pub(super) fn look<T>(
        &mut self,
        gate: &Gate,
        mut take: impl FnMut(Arrival, &Origin) -> Result<T, LoadError>,
    ) -> Result<Option<T>, LoadError> {
        self.renew_watch(gate);
        let reading = gate.reading(self.part);
        let mut worst: Option<LoadError> = None;
        for spot in &mut self.spots {
            let name = spot.place.name().to_owned();
            let arrival = match spot.place.fetch(&reading, &self.bell) {
                Ok(None) => match &spot.refused {
                    None => return Ok(None),
                    Some(Refused { again: Some(again), .. }) => Ok(again.clone()),
                    Some(Refused { error, again: None }) => {
                        worst = Some(worse(worst, error.clone()));
                        continue;
                    }
                },
                Ok(Some(arrival)) => Ok(arrival),
                Err(error) => Err(error),
            };
            let error = match arrival {
                Ok(arrival) => match take(arrival.clone(), &Origin::Source(name)) {
                    Ok(taken) => {
                        spot.place.keep();
                        spot.refused = None;
                        return Ok(Some(taken));
                    }
                    Err(error) => {
                        let again = passes_with_time(&error).then_some(arrival);
                        spot.refuse(error.clone(), again);
                        error
                    }
                },
                Err(error) if is_unreachable(&error) => {
                    let (part, told) = (self.part, error.clone());
                    if !self.bell.has_ended() {
                        gate.tell(&Event::Unreachable { part, source: name, error: told });
                    }
                    error
                }
                Err(error) => {
                    let (part, origin) = (self.part, Origin::Source(name));
                    gate.tell(&Event::Refused { part, origin, error: error.clone() });
                    spot.refuse(error.clone(), None);
                    error
                }
            };
            worst = Some(worse(worst, error));
        }
        Err(worst.unwrap_or_else(super::start::nothing))
    }

    /// Follows the source until the end.
    pub(super) fn run(mut self, store: &Store, first: Duration) {
        let mut wait = first;
        loop {
            let expiry = self.until_expiry(store).filter(|expiry| *expiry < wait);
            match (self.bell.wait(expiry.unwrap_or(wait)), expiry) {
                (Woken::End, _) => return,
                // All the others are told at this same instant: it is no time to ask the source.
                (Woken::Time, Some(expiry)) => {
                    wait = wait.saturating_sub(expiry);
                    continue;
                }
                (Woken::Time | Woken::News, _) => {}
            }
            let looked = self.look(&store.gate, |arrival, origin| store.take_from(arrival, origin));
            if self.bell.has_ended() {
                return;
            }
            wait = match looked {
                Ok(_) => {
                    store.found_good(self.part, &self.name);
                    self.pace.after_success()
                }
                Err(error) => {
                    store.found_bad(self.part, &error);
                    self.pace.after_failure()
                }
            };
        }
    }

    fn renew_watch(&mut self, gate: &Gate) {
        let Some(watch) = &mut self.watch else { return };
        let reason = watch.renew().err();
        if let Some(reason) = reason.clone().filter(|_| reason != self.unwatched) {
            gate.tell(&Event::Unwatched { source: self.name.clone(), reason });
        }
        self.unwatched = reason;
    }

    /// How long until the bundle in force expires. Says so once when it has.
    fn until_expiry(&mut self, store: &Store) -> Option<Duration> {
        if self.part != Part::Bundle {
            return None;
        }
        let in_force = store.load();
        let expires = in_force.expires?;
        let left = expires.millis().saturating_sub(store.gate.clock.now().millis());
        if let Ok(left @ 1..) = u64::try_from(left) {
            return Some(Duration::from_millis(left));
        }
        let revision = in_force.snapshot.revision();
        if self.expired != Some(revision) {
            self.expired = Some(revision);
            let on_expiry = store.gate.rules.on_expiry;
            store.gate.tell(&Event::Expired { revision, expires, on_expiry });
        }
        None
    }
}

impl Spot {
    fn refuse(&mut self, error: LoadError, again: Option<Arrival>) {
        self.place.keep();
        self.refused = Some(Refused { error, again });
    }
}

/// Of what is wrong with several places, what somebody must see: that something was refused, before
/// that nothing came.
fn worse(first: Option<LoadError>, next: LoadError) -> LoadError {
    match first {
        Some(first) if !is_unreachable(&first) || is_unreachable(&next) => first,
        _ => next,
    }
}

/// Whether nothing came at all.
fn is_unreachable(error: &LoadError) -> bool {
    let utf8 = error.problems().iter().any(|problem| problem.code == "file.utf8");
    error.kind() == LoadErrorKind::Unreadable && !utf8
}

/// Whether the very same thing may be accepted later: the clock, or the state folder, is to blame.
fn passes_with_time(error: &LoadError) -> bool {
    matches!(error.kind(), LoadErrorKind::State | LoadErrorKind::Expiry)
}
