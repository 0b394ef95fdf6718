//! What a bundle passes before it is in force.

use std::sync::Arc;
use std::time::Duration;

use super::mark::Mark;
use super::reading::Reading;
#[cfg(not(target_family = "wasm"))]
use super::state::StateFolder;
use super::{Arrival, Event, Observer, Origin, Part, Rules, SequenceRule};
use crate::bundle::{Bundle, GrantsDelivery};
use crate::engine::{Options, Snapshot};
use crate::model::clock::Clock;
use crate::model::{LoadError, LoadErrorKind, Problem, Timestamp};

/// What a bundle passes before it is in force, and everything that takes.
pub(super) struct Gate {
    pub(super) options: Options,
    pub(super) rules: Rules,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Option<Box<dyn Observer>>,
    #[cfg(not(target_family = "wasm"))]
    pub(super) state: Option<StateFolder>,
}

/// What is in force, in its parts, with what may follow it.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub(super) bundle: Option<Bundle>,
    pub(super) grants: Option<GrantsDelivery>,
    pub(super) bundle_mark: Option<Mark>,
    pub(super) grants_mark: Option<Mark>,
    /// The bundle that is held cannot take the grants that are held: they are not in force.
    pub(super) grants_left_out: bool,
}

/// What passed: to be put in force, and to be held from then on.
#[derive(Debug)]
pub(super) struct Passed {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) held: Held,
}

impl Gate {
    /// Lets something pass, or says why not. Nothing that is held changes.
    ///
    /// `previous` is the snapshot in force, from which the next one may be made faster.
    pub(super) fn pass(
        &self,
        held: &Held,
        arrival: Arrival,
        origin: &Origin,
        previous: Option<&Snapshot>,
    ) -> Result<Passed, LoadError> {
        let part = arrival.part();
        let (mark, created, expires) = arrival.claims();
        let mark =
            (arrival.is_signed() || self.rules.sequence == SequenceRule::All).then_some(mark);
        if let (Some(highest), Some(mark)) = (held.mark(part), &mark) {
            highest.admits(mark)?;
        }
        self.check_times(created, expires, origin)?;
        let mut next = held.with(arrival, mark);
        let snapshot = match self.build(&next, previous) {
            Err(error) if part == Part::Bundle && next.grants.is_some() => {
                // What was tightened must not wait for grants that no longer fit: they only add
                // access, and there is less of it without them.
                next.grants_left_out = true;
                let snapshot = self.build(&next, previous)?;
                let (part, origin) = (Part::Grants, origin.clone());
                self.tell(&Event::Refused { part, origin, error });
                snapshot
            }
            built => built?,
        };
        if part == Part::Bundle && self.rules.require_tests {
            self.check_cases(&next, &snapshot)?;
        }
        #[cfg(not(target_family = "wasm"))]
        self.keep(part, held, &next, origin)?;
        Ok(Passed { snapshot, held: next })
    }

    /// How bytes are read that are to pass.
    pub(super) fn reading(&self, part: Part) -> Reading<'_> {
        let (trust, limits) = (&self.rules.trust, &self.options.limits);
        Reading {
            part,
            trust,
            limits,
            #[cfg(all(feature = "remote", not(target_family = "wasm")))]
            now: self.clock.now(),
        }
    }

    pub(super) fn tell(&self, event: &Event) {
        if let Some(observer) = &self.observer {
            observer.observe(event);
        }
    }

    fn check_times(
        &self,
        created: Option<Timestamp>,
        expires: Option<Timestamp>,
        origin: &Origin,
    ) -> Result<(), LoadError> {
        let now = self.clock.now();
        let latest = millis(self.rules.clock_difference).saturating_add(now.millis());
        if let Some(created) = created.filter(|created| created.millis() > latest) {
            let message = format!("it was created at {created}, and it is {now}");
            let help = "set the clock of this machine, or of the one that made it";
            return Err(refused(LoadErrorKind::Expiry, "created.future", message, help));
        }
        // What was good stays, however old: `on_expiry` says what it still decides.
        match expires.filter(|expires| *expires <= now && *origin != Origin::LastGood) {
            Some(expires) => {
                let message = format!("it expired at {expires}, and it is {now}");
                let help = "deliver one that expires later, with a higher sequence";
                Err(refused(LoadErrorKind::Expiry, "expired", message, help))
            }
            None => Ok(()),
        }
    }

    /// The one place in which a snapshot is made.
    fn build(&self, held: &Held, previous: Option<&Snapshot>) -> Result<Arc<Snapshot>, LoadError> {
        let Some(bundle) = &held.bundle else {
            let message = "there is no bundle to hold the grants";
            return Err(refused(LoadErrorKind::Grants, "grants.no_bundle", message.to_owned(), ""));
        };
        let grants = held.grants.as_ref().filter(|_| !held.grants_left_out);
        let combined = grants.map(|grants| bundle.with_grants(grants));
        let combined = combined.transpose()?;
        let bundle = combined.as_ref().unwrap_or(bundle);
        let snapshot = match previous {
            Some(previous) => previous.rebuild(bundle),
            None => Snapshot::build(bundle, self.options),
        };
        snapshot.map(Arc::new)
    }

    /// A bundle's cases are about the bundle as it is delivered: with its own grants.
    fn check_cases(&self, held: &Held, snapshot: &Snapshot) -> Result<(), LoadError> {
        let Some(bundle) = &held.bundle else { return Ok(()) };
        let own = held.grants.is_some().then(|| snapshot.rebuild(bundle));
        let own = own.transpose()?;
        let report = own.as_ref().unwrap_or(snapshot).run_cases(bundle, None)?;
        if report.results.is_empty() {
            let message = "it has no test cases, and they are required".to_owned();
            let help = "put cases into `tests/*.json`";
            return Err(refused(LoadErrorKind::Cases, "cases.none", message, help));
        }
        let failed = report.results.iter().filter(|result| !result.passed());
        let problems = failed.map(|result| {
            let (file, name) = (result.file.escape_debug(), result.name.escape_debug());
            let problem =
                Problem::error("cases.failed", format!("test case `{name}` of {file} fails"));
            problem.help("run `notegate test` to see how")
        });
        LoadError::check(LoadErrorKind::Cases, problems.collect())
    }

    /// Makes sure that what is about to come into force is found again after a restart.
    #[cfg(not(target_family = "wasm"))]
    fn keep(&self, part: Part, held: &Held, next: &Held, origin: &Origin) -> Result<(), LoadError> {
        let Some(state) = self.state.as_ref().filter(|_| *origin != Origin::LastGood) else {
            return Ok(());
        };
        let (known, mark) = (held.mark(part), next.mark(part));
        let (revision, bytes) = match (part, &next.bundle, &next.grants) {
            (Part::Bundle, Some(bundle), _) if bundle.manifest().members.is_none() => {
                // A folder under development has no form in which it can be told whole from half.
                let sealed =
                    bundle.clone().seal(bundle.manifest().clone(), &self.options.limits)?;
                (sealed.revision(), sealed.to_bytes()?)
            }
            (Part::Bundle, Some(bundle), _) => (bundle.revision(), bundle.to_bytes()?),
            (Part::Grants, _, Some(grants)) => (grants.revision(), grants.to_bytes()?),
            _ => return Ok(()),
        };
        state.keep(part, mark, known, revision, &bytes)
    }
}

impl Held {
    /// The same, held to this mark too when it is a higher one.
    pub(super) fn at_least(mut self, mark: Option<Mark>) -> Self {
        let sequence = |mark: &Option<Mark>| mark.as_ref().map(|mark| mark.sequence);
        if sequence(&mark) > sequence(&self.bundle_mark) {
            self.bundle_mark = mark;
        }
        self
    }

    /// Whether this is what is held already.
    pub(super) fn has(&self, arrival: &Arrival) -> bool {
        let held = match arrival {
            Arrival::Bundle(_) => self.bundle.as_ref().map(Bundle::revision),
            Arrival::Grants(_) => self.grants.as_ref().map(GrantsDelivery::revision),
        };
        held == Some(arrival.revision())
    }

    /// When what is held expires.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.bundle.as_ref().and_then(|bundle| bundle.manifest().expires)
    }

    /// The sequence of a part; 0 when there is none.
    pub(super) fn sequence(&self, part: Part) -> u64 {
        let bundle = || self.bundle.as_ref().map(|bundle| bundle.manifest().sequence);
        let grants = || self.grants.as_ref().map(|grants| grants.manifest().sequence);
        let sequence = match part {
            Part::Bundle => bundle(),
            Part::Grants => grants(),
        };
        sequence.unwrap_or_default()
    }

    fn mark(&self, part: Part) -> Option<&Mark> {
        match part {
            Part::Bundle => self.bundle_mark.as_ref(),
            Part::Grants => self.grants_mark.as_ref(),
        }
    }

    fn with(&self, arrival: Arrival, mark: Option<Mark>) -> Self {
        let mut next = Self { grants_left_out: false, ..self.clone() };
        match arrival {
            Arrival::Bundle(bundle) => {
                next.bundle = Some(bundle);
                next.bundle_mark = mark.or(next.bundle_mark);
            }
            Arrival::Grants(grants) => {
                next.grants = Some(grants);
                next.grants_mark = mark.or(next.grants_mark);
            }
        }
        next
    }
}

fn refused(kind: LoadErrorKind, code: &'static str, message: String, help: &str) -> LoadError {
    let problem = Problem::error(code, message);
    LoadError::new(kind, if help.is_empty() { problem } else { problem.help(help) })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("rules", &self.rules).finish_non_exhaustive()
    }
}
