//! What is to come into force.

use super::Part;
use super::mark::Mark;
use crate::bundle::{Bundle, GrantsDelivery};
use crate::model::{Revision, Timestamp};

/// What is to come into force: read, and trusted as far as the rules ask for it.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is taken apart at once"
)]
pub(crate) enum Arrival {
    Bundle(Bundle),
    Grants(GrantsDelivery),
}

impl Arrival {
    pub(super) fn part(&self) -> Part {
        match self {
            Self::Bundle(_) => Part::Bundle,
            Self::Grants(_) => Part::Grants,
        }
    }

    pub(super) fn revision(&self) -> Revision {
        match self {
            Self::Bundle(bundle) => bundle.revision(),
            Self::Grants(grants) => grants.revision(),
        }
    }

    pub(super) fn is_signed(&self) -> bool {
        let keys = match self {
            Self::Bundle(bundle) => bundle.signed_by(),
            Self::Grants(grants) => grants.signed_by(),
        };
        !keys.is_empty()
    }

    /// What it says of its place in the order, of its start and of its end.
    pub(super) fn claims(&self) -> (Mark, Option<Timestamp>, Option<Timestamp>) {
        match self {
            Self::Bundle(bundle) => {
                let manifest = bundle.manifest();
                let mark = Mark::new(&manifest.name, manifest.sequence, bundle.revision());
                (mark, manifest.created, manifest.expires)
            }
            Self::Grants(grants) => {
                let manifest = grants.manifest();
                let mark = Mark::new(&manifest.bundle, manifest.sequence, grants.revision());
                (mark, manifest.created, manifest.expires)
            }
        }
    }
}
