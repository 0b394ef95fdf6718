//! Grants that are delivered without policies.

use super::{Grant, KeyId, Member, PrivateKey};
use crate::model::{Limits, LoadError, Revision, Timestamp};

/// Grants delivered alone, with their own sequence and signature: just-in-time access is given or
/// taken away without touching the policies.
///
/// It has the single-file and folder forms of a bundle with two members: `manifest.json` and
/// `grants.json`. [`Bundle::with_grants`] puts them in the place of a bundle's own.
///
/// [`Bundle::with_grants`]: super::Bundle::with_grants
#[derive(Debug, Clone)]
pub struct GrantsDelivery {
    manifest: GrantsManifest,
    text: Member,
    grants: Vec<Grant>,
    signed_by: Vec<KeyId>,
    revision: Revision,
}

/// What a delivery of grants says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantsManifest {
    /// The name of the bundle they are for.
    pub bundle: String,
    /// Its place in the order of deliveries of grants for that bundle.
    pub sequence: u64,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When all of it ends, whatever the single grants say.
    pub expires: Option<Timestamp>,
}

impl GrantsDelivery {
    /// A delivery of these grants: the text of a `grants.json`.
    ///
    /// # Errors
    /// When the grants cannot be read or a field of the manifest is out of bounds.
    pub fn new(
        manifest: GrantsManifest,
        text: Vec<u8>,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        _ = (manifest, text, limits);
        todo!()
    }

    /// What it says of itself.
    #[must_use]
    pub fn manifest(&self) -> &GrantsManifest {
        &self.manifest
    }

    /// The grants.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Their text.
    #[must_use]
    pub fn text(&self) -> &Member {
        &self.text
    }

    /// The accepted keys whose signature was verified; none when it was read without asking for one.
    #[must_use]
    pub fn signed_by(&self) -> &[KeyId] {
        &self.signed_by
    }

    /// The digest of everything in it.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Adds a signature.
    pub fn sign(&mut self, key: &PrivateKey) {
        _ = key;
        todo!()
    }

    /// The single-file form; the same contents give the same bytes.
    ///
    /// # Errors
    /// When it passes a bound of the form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LoadError> {
        todo!()
    }
}
