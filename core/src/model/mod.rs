//! Values: what every other room speaks of.
//!
//! The language's own concepts (entity uid, policy id, effect, decision) are the language crate's
//! own types, re-exported here and nowhere else. What the language lacks is defined here.

pub(crate) mod clock;
pub(crate) mod conformance;
mod decision_id;
mod described;
mod error;
mod limits;
pub mod notebook;
mod obligations;
mod outcome;
mod problem;
mod response;
mod revision;
mod timestamp;
mod uid;
mod value;

pub use cedar_policy::{
    Context, Decision, Effect, Entity, EntityId, EntityTypeName, EntityUid, PolicyId,
    RestrictedExpression, Schema,
};

pub use conformance::StrictValue;
pub use decision_id::DecisionId;
pub use described::{Described, Fields};
pub use error::{LoadError, LoadErrorKind, RequestError, RequestErrorKind};
pub use limits::{Exceeded, Limits};
pub use obligations::{Conflict, InvalidObligation, Obligation, Obligations};
pub use outcome::{DecisionError, Outcome};
#[cfg(test)]
pub(crate) use problem::Shape as ProblemShape;
#[cfg(all(feature = "remote", not(target_family = "wasm")))]
pub(crate) use problem::with_sources;
pub use problem::{Place, Problem, Severity, Span};
pub use response::Response;
pub use revision::Revision;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use uid::{entity_type, read_action, read_uid, type_text, uid_from_parts};
pub use value::Value;
