//! A configuration in force.

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bumpalo::Bump;
use notegate::Pdp;
use notegate::engine::Scratch;
use notegate::pdp::HostClock;
use notegate::store::{Event, Observer, Status};

use crate::config::{Config, ConfigError};
use crate::metrics::Metrics;
use crate::poll::Following;
use crate::{Host, Level, highest, line};

/// A configuration in force, with the decision point that it asks for.
///
/// Requests under way keep the one with which they began.
#[derive(Debug)]
pub struct Door {
    pub(crate) config: Config,
    pub(crate) pdp: Pdp,
    pub(crate) clock: HostClock,
    pub(crate) metrics: Metrics,
    /// Kept from one request to the next.
    pub(crate) memory: RefCell<Memory>,
    following: Option<Following>,
    /// Which of the proxy's filters this is.
    root: String,
    events: Events,
}

/// Memory for what is made for one request and freed together.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) arena: Bump,
    pub(crate) scratch: Scratch,
}

/// What happened to the bundle and is not in the log yet.
#[derive(Debug, Clone, Default)]
struct Events(Arc<Mutex<Vec<Event>>>);

impl Door {
    /// Reads a configuration and puts its bundle in force.
    ///
    /// `None` when either is refused: the log says why, and a filter must not run without it.
    pub fn open(host: &dyn Host, configuration: &[u8]) -> Option<Self> {
        match Self::try_open(host, configuration) {
            Ok(door) => {
                door.metrics.loaded(host, "activated");
                if let Some(following) = &door.following {
                    following.start(host, &door.pdp);
                }
                door.tell(host);
                Some(door)
            }
            Err(error) => {
                Metrics::default().loaded(host, "refused");
                line::refused(host, &error);
                None
            }
        }
    }

    /// How what is in force stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.pdp.status()
    }

    /// Time has passed: see what there is to do.
    pub fn tick(&self, host: &dyn Host) {
        self.look(host);
        if let Some(following) = &self.following {
            following.tick(host, &self.pdp);
        }
        self.tell(host);
    }

    /// A server that was asked has answered, or will not.
    pub fn fetched(&self, host: &dyn Host, answered: bool) {
        self.look(host);
        if let Some(following) = &self.following {
            following.fetched(host, &self.pdp, answered);
        }
        self.tell(host);
    }

    /// How often [`Door::tick`] is to be called.
    #[must_use]
    pub fn pulse(&self) -> Duration {
        match self.following {
            Some(_) => Duration::from_secs(1),
            None => Duration::from_secs(5),
        }
    }

    /// Looks at the host's clock: whatever is decided until it does so again is decided at this moment.
    pub(crate) fn look(&self, host: &dyn Host) {
        look(&self.clock, host);
    }

    fn try_open(host: &dyn Host, configuration: &[u8]) -> Result<Self, ConfigError> {
        let config = Config::read(configuration)?;
        let (clock, events, seed) =
            (HostClock::default(), Events::default(), RandomState::new().hash_one(0));
        look(&clock, host);
        let root = host.property(&["plugin_root_id"]).unwrap_or_default();
        let root = String::from_utf8_lossy(&root).into_owned();
        let builder = Pdp::builder(clock.clone(), seed)
            .options(config.options)
            .rules(config.rules.clone())
            .observer(events.clone());
        let bundle = config.bundle().map_err(|error| ConfigError::of_bundle(&error))?;
        let highest = highest::read(host, &root, &bundle.manifest().name);
        let pdp = builder.highest(highest).open(&bundle);
        let pdp = pdp.map_err(|error| ConfigError::of_bundle(&error))?;
        let bundle_bytes = config.options.limits.bundle_bytes;
        let following =
            config.poll.as_ref().map(|poll| Following::new(poll, &root, bundle_bytes, seed));
        let (metrics, memory) = (Metrics::default(), RefCell::default());
        Ok(Self { config, pdp, clock, metrics, memory, following, root, events })
    }

    /// Writes to the log what happened to the bundle, and shows and keeps what is in force.
    fn tell(&self, host: &dyn Host) {
        for event in self.events.take() {
            let level = match event {
                Event::Activated { .. } | Event::Recovered { .. } => Level::Info,
                _ => Level::Warn,
            };
            self.metrics.happened(host, &event);
            line::write(host, level, event.code(), event.to_json());
            highest::keep(host, &self.root, &self.pdp);
        }
        let status = self.status();
        let following = self.following.as_ref();
        let age = following.and_then(|following| following.age(host)).unwrap_or(status.bundle.age);
        self.metrics.in_force(host, &status, age);
    }
}

fn look(clock: &HostClock, host: &dyn Host) {
    clock.tell(u64::try_from(host.now().as_millis()).unwrap_or(u64::MAX));
}

impl Events {
    fn take(&self) -> Vec<Event> {
        // INVARIANT: a list is whole whenever the lock is free.
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Events {
    fn observe(&self, event: &Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }
}
