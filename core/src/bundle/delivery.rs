//! What was delivered, before it is trusted.

use std::borrow::Cow;
#[cfg(not(target_family = "wasm"))]
use std::path::Path;

use super::{Bundle, GrantsDelivery, Trust};
use crate::model::{Limits, LoadError};

/// A bundle, or grants alone, as they were delivered: bytes or a folder, not yet trusted.
///
/// Only as much of it has been read as it takes to find the manifest and its signatures.
///
/// ```
/// # use notegate::bundle::{Bundle, Delivery, Trust};
/// # use notegate::model::Limits;
/// # let limits = Limits::default();
/// # let members = [("a.cedar".to_owned(), Vec::new())];
/// # let bytes = Bundle::from_members(members, &limits)?.to_bytes()?;
/// let bundle = Delivery::from_bytes(&bytes, &limits)?.bundle(&Trust::unsigned())?;
/// # Ok::<(), notegate::model::LoadError>(())
/// ```
#[derive(Debug)]
pub struct Delivery<'a> {
    bytes: Cow<'a, [u8]>,
    limits: Limits,
}

impl<'a> Delivery<'a> {
    /// The single-file form.
    ///
    /// # Errors
    /// When it is too large, or its start is not that of the single-file form.
    pub fn from_bytes(bytes: &'a [u8], limits: &Limits) -> Result<Self, LoadError> {
        Ok(Self { bytes: bytes.into(), limits: *limits })
    }

    /// A path that holds the single-file form, or is a folder.
    ///
    /// # Errors
    /// When it cannot be read, or as [`Delivery::from_bytes`].
    #[cfg(not(target_family = "wasm"))]
    pub fn open(path: &Path, limits: &Limits) -> Result<Delivery<'static>, LoadError> {
        _ = (path, limits);
        todo!()
    }

    /// The bundle, when it is trusted.
    ///
    /// Checks, in this order: a signature of the manifest's exact bytes by an accepted key, the
    /// manifest, the key being accepted for the bundle's name, and the digest of every member, none
    /// missing and none extra. What depends on time or on what was in force before (sequence,
    /// created, expires) is for the caller, from [`Bundle::manifest`].
    ///
    /// # Errors
    /// When one of these does not hold, or as [`Bundle::from_members`].
    pub fn bundle(self, trust: &Trust) -> Result<Bundle, LoadError> {
        _ = (self.bytes, self.limits, trust);
        todo!()
    }

    /// The grants, when they are trusted; checked as [`Delivery::bundle`] does.
    ///
    /// # Errors
    /// When a check fails, or it is no delivery of grants.
    pub fn grants(self, trust: &Trust) -> Result<GrantsDelivery, LoadError> {
        _ = trust;
        todo!()
    }
}
