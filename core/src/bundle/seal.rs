//! Bundles made ready for delivery.

use super::{Bundle, GrantsDelivery, KeyId, Manifest, PrivateKey};
use crate::model::{Limits, LoadError};

impl Bundle {
    /// The same contents under this manifest, with the digest of every member in it: what can be
    /// signed. Signatures of another manifest are dropped.
    ///
    /// # Errors
    /// When a field of the manifest is out of bounds, or a grant does not satisfy its terms.
    pub fn seal(self, manifest: Manifest, limits: &Limits) -> Result<Self, LoadError> {
        _ = (manifest, limits);
        todo!()
    }

    /// Adds a signature over the manifest's exact bytes.
    ///
    /// # Errors
    /// When the bundle is not sealed: its manifest lacks digests.
    pub fn sign(&mut self, key: &PrivateKey) -> Result<(), LoadError> {
        _ = key;
        todo!()
    }

    /// The single-file form; the same contents give the same bytes.
    ///
    /// # Errors
    /// When it was read from loose texts, or passes a bound of the form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LoadError> {
        todo!()
    }

    /// The accepted keys whose signature was verified; none when it was read without asking for one.
    #[must_use]
    pub fn signed_by(&self) -> &[KeyId] {
        &self.signed_by
    }

    /// The same bundle with these grants in the place of its own.
    ///
    /// The revision names the new contents. The policies are shared, not copied. Its single-file
    /// form stays that of the bundle without them.
    ///
    /// # Errors
    /// When they are for a bundle of another name, or do not satisfy the terms of its manifest.
    pub fn with_grants(&self, grants: &GrantsDelivery) -> Result<Self, LoadError> {
        _ = grants;
        todo!()
    }
}
