//! How large a world is.

use serde::{Deserialize, Serialize};

/// The seed of every world, printed with each measurement.
pub const SEED: u64 = 20_261_122;

/// Stored people and datasets together, where nothing else is said.
pub const ENTITIES: usize = 10_000;

/// Different questions, asked in turn, where nothing else is said.
pub const QUESTIONS: usize = 4_096;

/// The numbers of policies by which everything is measured.
pub const POLICIES: [usize; 4] = [10, 100, 1_000, 10_000];

/// What a world is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Policies, one in eight of them a forbid.
    pub policies: usize,
    /// Stored people and datasets together; groups and namespaces come to them.
    pub entities: usize,
    /// Policies of which the scope fits a question about a group's own datasets.
    pub candidates: usize,
    /// Steps from a person to the group that policies name.
    pub depth: usize,
    /// Which questions are asked.
    pub asked: Asked,
    /// How many.
    pub questions: usize,
}

/// Which questions are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Whatever comes, seven in eight about datasets of the principal's own group.
    Mixed,
    /// Only what is allowed.
    Allowed,
    /// By principals and about datasets that are not stored.
    Unknown,
}

impl Spec {
    /// So many policies, three candidates for most questions, and groups that are not nested.
    #[must_use]
    pub const fn of(policies: usize) -> Self {
        Self {
            policies,
            entities: ENTITIES,
            candidates: 3,
            depth: 1,
            asked: Asked::Mixed,
            questions: QUESTIONS,
        }
    }

    /// Worlds that differ from that of a thousand policies in one thing each, besides itself.
    #[must_use]
    pub fn variations() -> Vec<Self> {
        let base = Self::of(1_000);
        let mut all = vec![base];
        all.extend([1, 10, 30].map(|candidates| Self { candidates, ..base }));
        all.extend([4, 16].map(|depth| Self { depth, ..base }));
        all.extend([Asked::Allowed, Asked::Unknown].map(|asked| Self { asked, ..base }));
        all
    }

    /// The most entities that are measured, and so many questions about them that what one needs is
    /// no longer in the processor's caches when it is asked again.
    #[must_use]
    pub const fn million() -> Self {
        Self { entities: 1_000_000, questions: 131_072, ..Self::of(1_000) }
    }

    /// How many groups policies are about.
    #[must_use]
    pub fn groups(&self) -> usize {
        // Half of a group's policies are for each of the two actions.
        self.policies.div_ceil(self.candidates.saturating_mul(2).max(1)).max(1)
    }

    /// How many namespaces datasets are in.
    #[must_use]
    pub fn namespaces(&self) -> usize {
        self.groups().min(64)
    }

    /// How many of the entities are people; the others are datasets.
    #[must_use]
    pub fn people(&self) -> usize {
        self.entities / 5 * 4
    }
}
