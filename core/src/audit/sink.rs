//! Where records go.

use std::fmt::Debug;
use std::sync::Arc;

use super::Record;

/// Where records go.
///
/// [`Sink::accept`] is called on the deciding thread and must return at once: it queues, or it
/// counts the record as dropped.
pub trait Sink: Debug + Send + Sync {
    /// Takes a record over.
    fn accept(&self, record: Record);

    /// How it is going.
    fn status(&self) -> SinkStatus;
}

/// A sink that its owner keeps a hold of, to ask or to end it.
impl<S: Sink + ?Sized> Sink for Arc<S> {
    fn accept(&self, record: Record) {
        (**self).accept(record);
    }

    fn status(&self) -> SinkStatus {
        (**self).status()
    }
}

/// How a sink is going.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SinkStatus {
    /// Records that were written.
    pub written: u64,
    /// Records that were dropped because the queue was full or gone.
    pub dropped: u64,
    /// Records that could not be written.
    pub failed: u64,
}
