//! How bytes become something to put in force.

#[cfg(not(target_family = "wasm"))]
use std::path::Path;

use super::Part;
use super::arrival::Arrival;
use crate::bundle::{Delivery, Trust};
#[cfg(all(feature = "remote", not(target_family = "wasm")))]
use crate::model::Timestamp;
use crate::model::{Limits, LoadError};

/// How bytes become something to put in force.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) part: Part,
    pub(super) trust: &'a Trust,
    pub(super) limits: &'a Limits,
    /// To tell a file that was written just now.
    #[cfg(all(feature = "remote", not(target_family = "wasm")))]
    pub(super) now: Timestamp,
}

impl Reading<'_> {
    pub(super) fn bytes(&self, bytes: &[u8]) -> Result<Arrival, LoadError> {
        self.trusted(Delivery::from_bytes(bytes, self.limits)?)
    }

    #[cfg(not(target_family = "wasm"))]
    pub(super) fn path(&self, path: &Path) -> Result<Arrival, LoadError> {
        self.trusted(Delivery::open(path, self.limits)?)
    }

    fn trusted(&self, delivery: Delivery<'_>) -> Result<Arrival, LoadError> {
        match self.part {
            Part::Bundle => delivery.bundle(self.trust).map(Arrival::Bundle),
            Part::Grants => delivery.grants(self.trust).map(Arrival::Grants),
        }
    }
}
