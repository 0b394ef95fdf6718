//! An answer of which only the decision is made out yet.

use std::sync::Arc;

use super::Snapshot;
use super::compiled::{Determined, Satisfied};
use crate::model::{Decision, Outcome, PolicyId};

/// What a snapshot says: the decision at once, the rest when it is asked for.
#[derive(Debug)]
#[must_use = "an answer that nobody reads protects nothing"]
pub struct Answer<'s> {
    snapshot: &'s Snapshot,
    state: State,
}

#[derive(Debug)]
enum State {
    /// INVARIANT: no policy erred, and obligations cannot conflict.
    Plain(Satisfied),
    WrittenOut(Box<Outcome>),
}

impl<'s> Answer<'s> {
    pub(super) fn plain(snapshot: &'s Snapshot, satisfied: Satisfied) -> Self {
        Self { snapshot, state: State::Plain(satisfied) }
    }

    pub(super) fn written_out(snapshot: &'s Snapshot, outcome: Outcome) -> Self {
        Self { snapshot, state: State::WrittenOut(Box::new(outcome)) }
    }

    /// Allow or Deny.
    #[must_use]
    pub fn decision(&self) -> Decision {
        match &self.state {
            State::Plain(satisfied) => satisfied.decision(),
            State::WrittenOut(outcome) => outcome.decision,
        }
    }

    /// The determining policies, in the order of the policy set.
    pub fn reason(&self) -> impl Iterator<Item = &PolicyId> {
        let (plain, written) = match &self.state {
            State::Plain(satisfied) => (satisfied.reason(), &[][..]),
            State::WrittenOut(outcome) => (&[][..], outcome.reason.as_slice()),
        };
        let infos = &self.snapshot.policies.infos;
        let plain = plain.iter().filter_map(|at| infos.get(*at as usize)).map(|info| &info.id);
        plain.chain(written)
    }

    /// All of it; allocates.
    #[must_use]
    pub fn into_outcome(self) -> Outcome {
        match self.state {
            State::Plain(satisfied) => self.snapshot.outcome(satisfied.evaluation(Vec::new())),
            State::WrittenOut(outcome) => *outcome,
        }
    }
}

/// An answer that policies alone made, with the snapshot that it is of.
#[derive(Debug, Clone)]
#[must_use = "an answer that nobody reads protects nothing"]
pub struct KeptAnswer {
    snapshot: Arc<Snapshot>,
    determined: Determined,
}

impl KeptAnswer {
    /// `None` when something is left to the official evaluator, or obligations could conflict.
    #[inline]
    pub(super) fn new(snapshot: &Arc<Snapshot>, satisfied: Satisfied) -> Option<Self> {
        match satisfied.is_plain() {
            true => {
                Some(Self { snapshot: Arc::clone(snapshot), determined: Determined::of(satisfied) })
            }
            false => None,
        }
    }

    /// Allow or Deny.
    #[must_use]
    #[inline]
    pub fn decision(&self) -> Decision {
        self.determined.decision()
    }

    /// Whether a determining policy has obligations.
    #[must_use]
    pub fn obliges(&self) -> bool {
        self.determined.obliges
    }

    /// The snapshot that it is of.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// All of it; allocates.
    #[must_use]
    pub fn to_outcome(&self) -> Outcome {
        self.snapshot.outcome(self.determined.evaluation())
    }
}
