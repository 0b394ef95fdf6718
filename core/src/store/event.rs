//! What happens to the snapshot in force.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::OnExpiry;
use super::status_json::error_json;
use crate::model::{LoadError, Revision, Timestamp};

/// What happens to the snapshot in force.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A bundle, or grants, came into force.
    Activated {
        /// Which of the two.
        part: Part,
        /// The revision in force from now on.
        revision: Revision,
        /// The sequence of what came.
        sequence: u64,
        /// Where it came from.
        origin: Origin,
        /// How long it took from the bytes to the decision.
        took: Duration,
    },
    /// What came was refused; the last good snapshot goes on deciding.
    Refused {
        /// Which of the two.
        part: Part,
        /// Where it came from.
        origin: Origin,
        /// Why.
        error: LoadError,
    },
    /// A source gave no answer; the last good snapshot goes on deciding.
    Unreachable {
        /// Which of the two.
        part: Part,
        /// The source.
        source: String,
        /// Why.
        error: LoadError,
    },
    /// A source that failed answers again.
    Recovered {
        /// Which of the two.
        part: Part,
        /// The source.
        source: String,
        /// How many times in a row it had failed.
        failures: u32,
    },
    /// The bundle in force has expired.
    Expired {
        /// Its revision.
        revision: Revision,
        /// Since when.
        expires: Timestamp,
        /// What decides now.
        on_expiry: OnExpiry,
    },
    /// Part of what the state folder holds cannot be used.
    StateDamaged {
        /// What is wrong with it.
        error: LoadError,
    },
    /// The system gives no notice of changes; the source is looked at now and then instead.
    Unwatched {
        /// The source.
        source: String,
        /// Why.
        reason: String,
    },
}

/// Which part of what decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Policies, schema and entities.
    Bundle,
    /// Grants that come by themselves.
    Grants,
}

/// Where what is in force came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The program that holds the decision point gave it.
    Host,
    /// A source that is followed.
    Source(String),
    /// The copy of the last good one in the state folder.
    LastGood,
}

/// Is told what happens to the snapshot in force.
///
/// It is called on the thread on which it happened, while other activations wait: write it down and
/// return. Closures that take an event are observers.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn observe(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn observe(&self, event: &Event) {
        self(event);
    }
}

impl Event {
    /// A stable name for what happened.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Activated { .. } => "activated",
            Self::Refused { .. } => "refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Recovered { .. } => "recovered",
            Self::Expired { .. } => "expired",
            Self::StateDamaged { .. } => "state_damaged",
            Self::Unwatched { .. } => "unwatched",
        }
    }

    /// The event as JSON: `event`, and beside it the fields of that event.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let code = self.code();
        match self {
            Self::Activated { part, revision, sequence, origin, took } => json!({
                "event": code, "part": part.name(), "revision": revision.to_string(),
                "sequence": sequence, "origin": origin.to_string(),
                "took_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            }),
            Self::Refused { part, origin, error } => json!({
                "event": code, "part": part.name(), "origin": origin.to_string(),
                "error": error_json(error),
            }),
            Self::Unreachable { part, source, error } => json!({
                "event": code, "part": part.name(), "source": source, "error": error_json(error),
            }),
            Self::Recovered { part, source, failures } => json!({
                "event": code, "part": part.name(), "source": source, "failures": failures,
            }),
            Self::Expired { revision, expires, on_expiry } => json!({
                "event": code, "revision": revision.to_string(), "expires": expires.to_string(),
                "on_expiry": on_expiry.name(),
            }),
            Self::StateDamaged { error } => json!({"event": code, "error": error_json(error)}),
            Self::Unwatched { source, reason } => {
                json!({"event": code, "source": source, "reason": reason})
            }
        }
    }
}

impl Part {
    /// Its name: `bundle` or `grants`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Grants => "grants",
        }
    }
}

impl OnExpiry {
    /// Its name: `keep` or `deny`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("the host"),
            Self::Source(source) => f.write_str(source),
            Self::LastGood => f.write_str("the last good copy"),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activated { part, revision, sequence, origin, took } => {
                let (part, took) = (part.name(), took.as_millis());
                write!(f, "{part} activated in {took} ms from {origin}: ")?;
                write!(f, "sequence {sequence}, revision {revision}")
            }
            Self::Refused { part, origin, error } => {
                write!(f, "{} from {origin} refused, the last good stays: {error}", part.name())
            }
            Self::Unreachable { part, source, error } => {
                write!(f, "{} from {source} cannot be had, ", part.name())?;
                write!(f, "the last good stays: {error}")
            }
            Self::Recovered { part, source, failures } => {
                write!(
                    f,
                    "{} from {source} can be had again after {failures} failures",
                    part.name()
                )
            }
            Self::Expired { revision, expires, on_expiry } => {
                write!(f, "the bundle in force, {revision}, has expired at {expires}: ")?;
                f.write_str(match on_expiry {
                    OnExpiry::Keep => "it goes on deciding",
                    OnExpiry::Deny => "every request is denied",
                })
            }
            Self::StateDamaged { error } => {
                write!(f, "the state folder is damaged, and repaired as far as can be: {error}")
            }
            Self::Unwatched { source, reason } => {
                write!(f, "no notices of changes of {source}, looking now and then: {reason}")
            }
        }
    }
}
