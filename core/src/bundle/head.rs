//! What comes ahead of the members: the manifest and its signatures.

use std::collections::BTreeMap;

use super::KeyId;
use super::key::SIGNATURE_BYTES;
use super::layout::{Role, no_member, of_file, twice};
use super::member::check_size;
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem};

/// Signatures by the key that is said to have made them.
pub(super) type Signatures = BTreeMap<KeyId, [u8; SIGNATURE_BYTES]>;

/// The manifest and its signatures.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) manifest: Option<Vec<u8>>,
    pub(super) signatures: Signatures,
}

impl Head {
    /// Whether a file of this name and size may be there: asked before it is read.
    pub(super) fn expect(&self, name: &str, size: usize, limits: &Limits) -> Result<(), LoadError> {
        match Role::of(name) {
            Some(Role::Signature(_)) if size != SIGNATURE_BYTES => {
                let message = format!("it has {size} bytes, and a signature {SIGNATURE_BYTES}");
                let problem = Problem::error("signature.length", message);
                Err(of_file(LoadErrorKind::Untrusted, name, problem))
            }
            _ => check_size(name, size, limits),
        }
    }

    /// Takes a manifest or a signature; whether it was one.
    pub(super) fn take(
        &mut self,
        name: &str,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<bool, LoadError> {
        match Role::of(name) {
            Some(Role::Manifest) => {
                self.expect(name, bytes.len(), limits)?;
                if self.manifest.replace(bytes.to_vec()).is_some() {
                    return Err(twice(name));
                }
            }
            Some(Role::Signature(key)) => {
                self.expect(name, bytes.len(), limits)?;
                let Ok(signature) = bytes.try_into() else { return Err(no_member(name)) };
                if self.signatures.insert(key, signature).is_some() {
                    return Err(twice(name));
                }
                Exceeded::check("signatures", limits.signatures, self.signatures.len())?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}
