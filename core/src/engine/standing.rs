//! An entity's place in the hierarchy.

use super::compiled::Fields;
use super::names::{TypeId, Uid, UidId};

/// The uid of one of a request's entities with its place in the hierarchy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing<'a> {
    pub(super) uid: Uid<'a>,
    pub(super) entity_type: Option<TypeId>,
    pub(super) ancestors: Ancestors<'a>,
    /// Its attributes, when it is stored and the request has nothing that could go over them.
    pub(super) attributes: Option<Fields>,
}

/// What an entity is in, itself left out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ancestors<'a> {
    /// INVARIANT: in rising order.
    Stored(&'a [UidId]),
    /// Walked up anew because the request has entities of its own.
    /// INVARIANT: in the order of [`Uid::compare`].
    Walked(&'a [Uid<'a>]),
}

impl Ancestors<'_> {
    #[inline]
    pub(super) fn contain(&self, uid: Uid<'_>) -> bool {
        match self {
            // INVARIANT: a stored entity's ancestors are all known.
            Self::Stored(ancestors) => match uid {
                Uid::Known(id) if ancestors.len() <= 16 => ancestors.contains(&id),
                Uid::Known(id) => ancestors.binary_search(&id).is_ok(),
                Uid::Written(_) | Uid::Parsed(_) => false,
            },
            Self::Walked(ancestors) if ancestors.len() <= 16 => {
                ancestors.iter().any(|ancestor| ancestor.is(uid))
            }
            Self::Walked(ancestors) => {
                ancestors.binary_search_by(|ancestor| ancestor.compare(uid)).is_ok()
            }
        }
    }
}
