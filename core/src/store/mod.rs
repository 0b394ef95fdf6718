//! The snapshot in force.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use crate::bundle::Bundle;
use crate::engine::{Options, Snapshot};
use crate::model::{LoadError, Revision};

/// Holds the snapshot in force and swaps it for another, all or nothing.
#[derive(Debug)]
pub struct Store {
    snapshot: ArcSwap<Snapshot>,
}

impl Store {
    /// A store with this bundle in force.
    ///
    /// # Errors
    /// When the bundle is refused. There is no store without a snapshot.
    pub fn new(bundle: &Bundle, options: Options) -> Result<Self, LoadError> {
        Ok(Self { snapshot: ArcSwap::from_pointee(Snapshot::build(bundle, options)?) })
    }

    /// Puts a bundle in force.
    ///
    /// The whole snapshot is built beside the one in force; then one pointer is swapped. Decisions
    /// under way finish on the snapshot they started with and wait for nothing.
    ///
    /// # Errors
    /// When the bundle is refused: the last good snapshot stays in force.
    pub fn activate(&self, bundle: &Bundle) -> Result<Revision, LoadError> {
        let snapshot = Arc::new(self.snapshot.load().rebuild(bundle)?);
        let revision = snapshot.revision();
        self.snapshot.store(snapshot);
        Ok(revision)
    }

    /// The snapshot in force, to keep.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The snapshot in force, for as long as one decision takes.
    pub(crate) fn load(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }
}
