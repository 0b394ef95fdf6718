//! What a bundle must satisfy to be put in force.

use std::time::Duration;

use crate::bundle::Trust;

/// What a bundle must satisfy to be put in force, beside being well-formed.
///
/// The defaults suit a bundle that a program brings along or that somebody edits. For one that is
/// delivered, give the keys that may sign it.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Whose signatures count. With a key in it, what no key has signed is refused.
    pub trust: Trust,
    /// Which bundles are held to their sequence.
    pub sequence: SequenceRule,
    /// What decides once the bundle in force has expired and no other came.
    pub on_expiry: OnExpiry,
    /// Whether a bundle must have test cases, and pass them all.
    pub require_tests: bool,
    /// How far in the future a bundle may have been created: what clocks may differ by. Five minutes.
    pub clock_difference: Duration,
    /// After how long without an answer from its source what is in force is called stale. Five
    /// minutes.
    pub stale_after: Duration,
}

/// Which bundles are held to their sequence.
///
/// A bundle that is held to it is refused when its sequence is lower than the highest that was ever
/// in force, when it is equal and the contents differ, and when its name is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SequenceRule {
    /// Those that are signed: in others the sequence is nobody's word.
    #[default]
    Signed,
    /// All.
    All,
}

/// What decides once the bundle in force has expired and no other came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnExpiry {
    /// It goes on deciding, and each response says that it has expired.
    #[default]
    Keep,
    /// Every request is denied, and each response says why.
    Deny,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            trust: Trust::unsigned(),
            sequence: SequenceRule::default(),
            on_expiry: OnExpiry::default(),
            require_tests: false,
            clock_difference: Duration::from_secs(300),
            stale_after: Duration::from_secs(300),
        }
    }
}
