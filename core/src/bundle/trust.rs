//! Who may sign.

use std::collections::BTreeSet;

use super::{KeyId, PublicKey};

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
