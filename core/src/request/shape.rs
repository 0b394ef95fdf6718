//! What a request must fit.

use std::sync::Arc;

use crate::model::{Limits, Schema, Timestamp};

/// What a request must fit: the schema in force, whether to hold it to it, and the limits.
///
/// A decision point hands it out for the snapshot in force; ask for a new one for each request.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The schema by which entities and contexts are read.
    pub schema: Option<Arc<Schema>>,
    /// Whether a request that does not fit the schema is refused.
    pub validate: bool,
    /// Bounds on what is sent.
    pub limits: Limits,
    /// The moment that becomes `context.now` where the schema asks for one and the caller gives
    /// none.
    pub now: Option<Timestamp>,
    /// The namespace of an entity type that is given without one.
    pub namespace: Option<&'static str>,
}
