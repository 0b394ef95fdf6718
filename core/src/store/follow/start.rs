//! The first look at the sources, and the threads that look from then on.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::following::Following;
use super::{Follower, Source};
use crate::model::{LoadError, LoadErrorKind, Problem};
use crate::store::{Origin, Part, Store, StoreBuilder};

impl StoreBuilder {
    /// The store, with what its source has in force, or the last good copy when the source has
    /// nothing good; and the threads that follow.
    ///
    /// # Errors
    /// When there is neither, or the state folder or a thread cannot be had.
    pub(crate) fn follow(
        self,
        bundle: Source,
        grants: Option<Source>,
        seed: u64,
    ) -> Result<(Arc<Store>, Vec<Follower>), LoadError> {
        let (gate, highest) = self.gate()?;
        let started = gate.clock.elapsed();
        let signed = gate.rules.trust.requires_signature();
        let mut bundle = Following::new(Part::Bundle, bundle, signed, seed)?;
        let grants =
            grants.map(|grants| Following::new(Part::Grants, grants, signed, seed.rotate_left(32)));
        let mut grants = grants.transpose()?;

        let held = gate.remembered().at_least(highest);
        let looked = aside(|| {
            bundle.look(&gate, |arrival, origin| {
                let passed = gate.pass_and_tell(&held, arrival, origin)?;
                Ok((passed, origin.clone()))
            })
        })?;
        let (passed, origin, failed) = match looked.map(|found| found.ok_or_else(nothing)) {
            Ok(Ok((passed, origin))) => (passed, origin, None),
            Ok(Err(error)) | Err(error) => match gate.last_good(Part::Bundle) {
                Some(arrival) => {
                    let origin = Origin::LastGood;
                    let passed = gate.pass_and_tell(&held, arrival, &origin)?;
                    (passed, origin, Some(error))
                }
                None => return Err(error),
            },
        };
        let store = Arc::new(Store::holding(gate, passed, &origin, started));
        store.follows(Part::Bundle, &bundle.name);
        let first = match &failed {
            None => {
                store.found_good(Part::Bundle, &bundle.name);
                bundle.pace.after_start()
            }
            Some(error) => {
                store.found_bad(Part::Bundle, error);
                bundle.pace.after_failure()
            }
        };
        let mut followers = vec![spawn(&store, bundle, first)?];
        if let Some(mut grants) = grants.take() {
            let first = first_grants(&store, &mut grants)?;
            followers.push(spawn(&store, grants, first)?);
        }
        Ok((store, followers))
    }
}

/// Grants only add access: without any there is less of it, and no reason not to start.
fn first_grants(store: &Store, grants: &mut Following) -> Result<Duration, LoadError> {
    store.follows(Part::Grants, &grants.name);
    let looked =
        aside(|| grants.look(&store.gate, |arrival, origin| store.take_from(arrival, origin)))?;
    match looked {
        Ok(_) => {
            store.found_good(Part::Grants, &grants.name);
            Ok(grants.pace.after_start())
        }
        Err(error) => {
            store.found_bad(Part::Grants, &error);
            if let Some(arrival) = store.gate.last_good(Part::Grants) {
                // When it is refused, that was told; there are no grants then.
                _ = store.take_from(arrival, &Origin::LastGood);
            }
            Ok(grants.pace.after_failure())
        }
    }
}

/// Acts on a thread without a runtime of the host's, in which waiting would not be allowed.
fn aside<T: Send>(act: impl FnOnce() -> T + Send) -> Result<T, LoadError> {
    thread::scope(|scope| {
        let acting = thread::Builder::new().name("notegate-start".to_owned());
        let acting = acting.spawn_scoped(scope, act).map_err(|error| no_thread(&error))?;
        acting.join().map_err(|_| no_thread(&io::Error::other("it ended early")))
    })
}

fn spawn(store: &Arc<Store>, following: Following, first: Duration) -> Result<Follower, LoadError> {
    let (store, bell) = (Arc::clone(store), Arc::clone(&following.bell));
    let named = thread::Builder::new().name(format!("notegate-{}", following.part.name()));
    let thread = named.spawn(move || following.run(&store, first));
    let thread = thread.map_err(|error| no_thread(&error))?;
    Ok(Follower { bell, thread: Some(thread) })
}

fn no_thread(error: &io::Error) -> LoadError {
    let problem = Problem::error("source.thread", format!("the thread that follows it: {error}"));
    LoadError::new(LoadErrorKind::Source, problem)
}

/// A source that was never read cannot say that nothing changed.
pub(super) fn nothing() -> LoadError {
    let problem = Problem::error("source.nothing", "its source says that there is nothing new");
    LoadError::new(LoadErrorKind::Unreadable, problem)
}
