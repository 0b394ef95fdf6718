//! Who may sign.

use std::collections::BTreeSet;

use super::head::Signatures;
use super::layout::{MANIFEST, of_file};
use super::{KeyId, PublicKey};
use crate::model::{LoadError, LoadErrorKind, Problem};

/// Whose signatures are accepted.
///
/// With keys, a delivery counts when one of them signed it; without any, unsigned deliveries are
/// accepted, which is for development.
///
/// ```
/// # use notegate::bundle::{PrivateKey, Trust};
/// # let ours = PrivateKey::from_seed(&[1; 32])?.public().clone();
/// # let next = PrivateKey::from_seed(&[2; 32])?.public().clone();
/// // Both keys are accepted while one takes the place of the other, for these bundles alone.
/// let trust = Trust::keys([ours, next]).only_for(["baseline"]);
/// assert!(trust.requires_signature());
/// # Ok::<(), notegate::bundle::KeyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust(Option<Vec<Accepted>>);

/// A key, and what it may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Accepted {
    key: PublicKey,
    /// The bundle names it is limited to; `None` is any.
    names: Option<BTreeSet<String>>,
}

impl Trust {
    /// Signatures are not asked for and not looked at.
    #[must_use]
    pub fn unsigned() -> Self {
        Self(None)
    }

    /// A delivery has to be signed by one of these keys. By none when there are none: then
    /// everything is refused.
    #[must_use]
    pub fn keys(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self(Some(keys.into_iter().map(|key| Accepted { key, names: None }).collect()))
    }

    /// The same keys, for bundles of these names alone.
    #[must_use]
    pub fn only_for<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        let names: BTreeSet<String> = names.into_iter().map(Into::into).collect();
        let limited = |accepted: Accepted| Accepted { names: Some(names.clone()), ..accepted };
        Self(self.0.map(|keys| keys.into_iter().map(limited).collect()))
    }

    /// These keys and those of the other; what needs no signature takes nothing away.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(mut keys), Some(more)) => {
                keys.extend(more);
                Self(Some(keys))
            }
            (keys, more) => Self(keys.or(more)),
        }
    }

    /// Whether unsigned deliveries are refused.
    #[must_use]
    pub fn requires_signature(&self) -> bool {
        self.0.is_some()
    }

    /// The ids of the accepted keys.
    pub fn key_ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.iter().flatten().map(|accepted| accepted.key.id())
    }
}

impl Trust {
    /// The keys whose signature of these bytes is right.
    pub(super) fn verify(
        &self,
        manifest: Option<&[u8]>,
        signatures: &Signatures,
    ) -> Result<Signers<'_>, LoadError> {
        let Some(accepted) = &self.0 else { return Ok(Signers(None)) };
        let (Some(manifest), false) = (manifest, signatures.is_empty()) else {
            return Err(self.refuse("signature.missing", "it is not signed".to_owned()));
        };
        let mut signers = Vec::new();
        for accepted in accepted {
            let id = accepted.key.id();
            let Some(signature) = signatures.get(&id) else { continue };
            if !accepted.key.verifies(manifest, signature) {
                let message = format!("the signature by `{id}` is not one of this manifest");
                let problem = Problem::error("signature.wrong", message)
                    .help("fetch the bundle again; if the manifest was changed, sign it again");
                return Err(of_file(LoadErrorKind::Untrusted, MANIFEST, problem));
            }
            signers.push(accepted);
        }
        if signers.is_empty() {
            let by = listed(signatures.keys());
            return Err(self.refuse("signature.unknown_key", format!("it is signed by {by}")));
        }
        Ok(Signers(Some(signers)))
    }

    fn refuse(&self, code: &'static str, message: String) -> LoadError {
        let accepted: Vec<KeyId> = self.key_ids().collect();
        let message = match accepted.as_slice() {
            [] => format!("{message}, and no key is accepted"),
            keys => format!("{message}, and accepted is {}", listed(keys)),
        };
        let problem = Problem::error(code, message)
            .help("sign it with `notegate bundle sign`, or accept the key that signed it");
        of_file(LoadErrorKind::Untrusted, MANIFEST, problem)
    }
}

/// The accepted keys that signed; `None` when none was asked for.
#[derive(Debug)]
pub(super) struct Signers<'a>(Option<Vec<&'a Accepted>>);

impl Signers<'_> {
    /// The ids of those that may sign a bundle of this name, at least one where one is needed.
    pub(super) fn accepted_for(&self, name: &str) -> Result<Vec<KeyId>, LoadError> {
        let Some(signers) = &self.0 else { return Ok(Vec::new()) };
        let may = |accepted: &&&Accepted| {
            accepted.names.as_ref().is_none_or(|names| names.contains(name))
        };
        let mut ids: Vec<KeyId> = signers.iter().filter(may).map(|one| one.key.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            let by: Vec<KeyId> = signers.iter().map(|one| one.key.id()).collect();
            let message = format!("{} may not sign the bundle `{name}`", listed(&by));
            let problem = Problem::error("signature.not_for", message)
                .help("sign it with a key that is accepted for bundles of this name");
            return Err(of_file(LoadErrorKind::Untrusted, MANIFEST, problem));
        }
        Ok(ids)
    }
}

fn listed<'a>(ids: impl IntoIterator<Item = &'a KeyId>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| format!("`{id}`")).collect();
    ids.join(", ")
}
