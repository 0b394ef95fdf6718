//! Records kept in memory.

use std::sync::Mutex;

use super::{Record, Sink, SinkStatus};

/// Keeps records in memory until they are taken: for hosts that write them by themselves.
///
/// At most `capacity` are kept; what comes after is dropped and counted.
#[derive(Debug)]
pub struct Memory {
    capacity: usize,
    kept: Mutex<(Vec<Record>, SinkStatus)>,
}

impl Memory {
    /// Keeps at most `capacity` records.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, kept: Mutex::default() }
    }

    /// Takes the records out, the oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Record> {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::take(&mut kept.0)
    }
}

impl Sink for Memory {
    fn accept(&self, record: Record) {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if kept.0.len() < self.capacity {
            kept.0.push(record);
            kept.1.written = kept.1.written.saturating_add(1);
        } else {
            kept.1.dropped = kept.1.dropped.saturating_add(1);
        }
    }

    fn status(&self) -> SinkStatus {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1
    }
}
