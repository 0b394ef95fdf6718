//! The highest sequence that was in force in this proxy, which outlives a configuration.

use notegate::Pdp;
use notegate::store::Mark;
use serde_json::json;

use crate::{Host, host};

/// The highest sequence of the bundle of this name that was ever in force under a root of the filter.
pub(crate) fn read(host: &dyn Host, root: &str, bundle: &str) -> Option<Mark> {
    let (bytes, _) = host.shared(&key(root, bundle));
    host::read(&bytes?)
}

/// Keeps what is in force, unless something higher is kept already.
pub(crate) fn keep(host: &dyn Host, root: &str, pdp: &Pdp) {
    let Some(mark) = pdp.highest() else { return };
    let Ok(bytes) = serde_json::to_vec(&mark) else { return };
    let key = key(root, mark.name());
    for _ in 0..TRIES {
        let (kept, state) = host.shared(&key);
        let kept: Option<Mark> = kept.as_deref().and_then(host::read);
        let higher = kept.is_some_and(|kept| kept.sequence() >= mark.sequence());
        if higher || host.share(&key, &bytes, state) {
            return;
        }
    }
}

const TRIES: u32 = 8;

fn key(root: &str, bundle: &str) -> String {
    // INVARIANT: JSON of a list is one text for one list of texts.
    format!("notegate.highest {}", json!([root, bundle]))
}
