//! An entity's place in the hierarchy.

use super::names::{TypeId, Uid, UidId};

/// The uid of one of a request's entities with its place in the hierarchy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing<'a> {
    pub(super) uid: Uid<'a>,
    pub(super) entity_type: Option<TypeId>,
    pub(super) ancestors: Ancestors<'a>,
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
            Self::Walked(ancestors) => {
                ancestors.binary_search_by(|ancestor| ancestor.compare(uid)).is_ok()
            }
        }
    }
}

impl Standing<'_> {
    /// Its uid, when the snapshot names it.
    #[inline]
    pub(super) fn known(&self) -> Option<UidId> {
        match self.uid {
            Uid::Known(id) => Some(id),
            Uid::Written(_) | Uid::Parsed(_) => None,
        }
    }

    /// Calls back with those ancestors of which the number is below `bound`.
    #[inline]
    pub(super) fn ancestors_below(&self, bound: u32, mut each: impl FnMut(UidId)) {
        match self.ancestors {
            Ancestors::Stored(ancestors) => {
                ancestors.iter().copied().take_while(|uid| uid.0 < bound).for_each(each);
            }
            Ancestors::Walked(ancestors) => {
                for uid in ancestors {
                    if let Uid::Known(id) = uid
                        && id.0 < bound
                    {
                        each(*id);
                    }
                }
            }
        }
    }
}
