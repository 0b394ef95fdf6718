//! How the snapshot in force stands.

use std::time::Duration;

use super::gate::Held;
use super::{Origin, Part};
use crate::model::{LoadError, Revision, Timestamp};

/// How the snapshot in force stands: which it is, and how well its source is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// What is in force.
    pub revision: Revision,
    /// The name in the bundle's manifest.
    pub name: String,
    /// The sequence in the bundle's manifest.
    pub sequence: u64,
    /// The ids of the keys that signed the bundle; none when nobody had to.
    pub signed_by: Vec<String>,
    /// Where the bundle came from.
    pub origin: Origin,
    /// When it came into force, or its grants did.
    pub activated_at: Timestamp,
    /// When the bundle expires.
    pub expires: Option<Timestamp>,
    /// Whether it has.
    pub expired: bool,
    /// Whether what is in force is not known to be the newest: nothing good came from the bundle's
    /// source for longer than the rules allow, or the bundle has expired.
    pub stale: bool,
    /// How the bundle's source is followed.
    pub bundle: Followed,
    /// The grants that came by themselves.
    pub grants: Option<GrantsStatus>,
}

/// How grants that came by themselves stand.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrantsStatus {
    /// Their sequence; `None` while none came.
    pub sequence: Option<u64>,
    /// Whether they are in force: not while none came, nor while the bundle in force cannot take them.
    pub in_force: bool,
    /// Whether they are not known to be the newest.
    pub stale: bool,
    /// How their source is followed.
    pub followed: Followed,
}

/// How a source is followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Followed {
    /// The source; `None` when the host gives what is to be in force.
    pub source: Option<String>,
    /// When it was asked last.
    pub last_checked: Option<Timestamp>,
    /// What went wrong last, and when. It stays when all is well again.
    pub last_error: Option<(Timestamp, LoadError)>,
    /// How many times in a row nothing good came.
    pub consecutive_failures: u32,
    /// How long ago something good came: what is in force, or news of nothing newer.
    pub age: Duration,
}

impl Status {
    /// How this part's source is followed.
    #[must_use]
    pub fn followed(&self, part: Part) -> Option<&Followed> {
        match part {
            Part::Bundle => Some(&self.bundle),
            Part::Grants => self.grants.as_ref().map(|grants| &grants.followed),
        }
    }
}

/// What the status is made of: all that does not change with the mere passing of time.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    revision: Revision,
    name: String,
    sequence: u64,
    signed_by: Vec<String>,
    origin: Origin,
    activated_at: Timestamp,
    expires: Option<Timestamp>,
    grants_sequence: Option<u64>,
    grants_in_force: bool,
    bundle: Tracked,
    /// Also of grants that the host gives.
    grants: Option<Tracked>,
}

/// How a source answered.
#[derive(Debug, Clone)]
struct Tracked {
    followed: Followed,
    /// When something good came, by the clock that never runs backwards.
    good_at: Duration,
    /// Whether anything good came since the start: the last good copy is old news.
    confirmed: bool,
}

impl Standing {
    pub(super) fn new(
        held: &Held,
        origin: &Origin,
        revision: Revision,
        now: Timestamp,
        elapsed: Duration,
    ) -> Self {
        let mut standing = Self {
            revision,
            name: String::new(),
            sequence: 0,
            signed_by: Vec::new(),
            origin: origin.clone(),
            activated_at: now,
            expires: None,
            grants_sequence: None,
            grants_in_force: false,
            bundle: Tracked { confirmed: *origin != Origin::LastGood, ..Tracked::new(elapsed) },
            grants: None,
        };
        standing.activated(held, Part::Bundle, origin, revision, now, elapsed);
        standing
    }

    /// Something came into force.
    pub(super) fn activated(
        &mut self,
        held: &Held,
        part: Part,
        origin: &Origin,
        revision: Revision,
        now: Timestamp,
        elapsed: Duration,
    ) {
        (self.revision, self.activated_at) = (revision, now);
        if let Some(bundle) = held.bundle.as_ref().filter(|_| part == Part::Bundle) {
            let manifest = bundle.manifest();
            (self.name, self.sequence) = (manifest.name.clone(), manifest.sequence);
            self.signed_by = bundle.signed_by().iter().map(ToString::to_string).collect();
            (self.origin, self.expires) = (origin.clone(), manifest.expires);
        }
        self.grants_sequence = held.grants.as_ref().map(|grants| grants.manifest().sequence);
        self.grants_in_force = held.grants.is_some() && !held.grants_left_out;
        if *origin == Origin::Host {
            let tracked = self.tracked(part, elapsed);
            (tracked.good_at, tracked.confirmed) = (elapsed, true);
            tracked.followed.consecutive_failures = 0;
        }
    }

    /// A source is followed from now on.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn follows(&mut self, part: Part, source: &str, elapsed: Duration) {
        self.tracked(part, elapsed).followed.source = Some(source.to_owned());
    }

    /// Something good came. Gives how many times in a row nothing had.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn good(&mut self, part: Part, now: Timestamp, elapsed: Duration) -> u32 {
        let tracked = self.tracked(part, elapsed);
        (tracked.good_at, tracked.confirmed) = (elapsed, true);
        tracked.followed.last_checked = Some(now);
        std::mem::take(&mut tracked.followed.consecutive_failures)
    }

    /// Nothing good came.
    pub(super) fn failed(
        &mut self,
        part: Part,
        now: Timestamp,
        elapsed: Duration,
        error: &LoadError,
    ) {
        let followed = &mut self.tracked(part, elapsed).followed;
        followed.last_checked = Some(now);
        followed.last_error = Some((now, error.clone()));
        followed.consecutive_failures = followed.consecutive_failures.saturating_add(1);
    }

    pub(super) fn status(
        &self,
        now: Timestamp,
        elapsed: Duration,
        stale_after: Duration,
    ) -> Status {
        let expired = self.expires.is_some_and(|expires| now >= expires);
        let stale = expired || self.bundle.is_stale(elapsed, stale_after);
        let grants = self.grants.as_ref().map(|grants| {
            let stale = grants.is_stale(elapsed, stale_after);
            GrantsStatus {
                sequence: self.grants_sequence,
                in_force: self.grants_in_force,
                stale,
                followed: grants.followed(elapsed),
            }
        });
        Status {
            revision: self.revision,
            name: self.name.clone(),
            sequence: self.sequence,
            signed_by: self.signed_by.clone(),
            origin: self.origin.clone(),
            activated_at: self.activated_at,
            expires: self.expires,
            expired,
            stale,
            bundle: self.bundle.followed(elapsed),
            grants,
        }
    }

    fn tracked(&mut self, part: Part, elapsed: Duration) -> &mut Tracked {
        match part {
            Part::Bundle => &mut self.bundle,
            Part::Grants => self.grants.get_or_insert_with(|| Tracked::new(elapsed)),
        }
    }
}

impl Tracked {
    fn new(good_at: Duration) -> Self {
        Self { followed: Followed::default(), good_at, confirmed: true }
    }

    /// What the host gives is as new as the host says.
    fn is_stale(&self, elapsed: Duration, after: Duration) -> bool {
        let age = elapsed.saturating_sub(self.good_at);
        self.followed.source.is_some() && (!self.confirmed || age > after)
    }

    fn followed(&self, elapsed: Duration) -> Followed {
        Followed { age: elapsed.saturating_sub(self.good_at), ..self.followed.clone() }
    }
}
