//! A decision of which the rest is made out when it is asked for.

use std::time::Duration;

use crate::audit::{Record, Sink};
use crate::engine::KeptAnswer;
use crate::model::{Decision, DecisionId, Obligations, Response, Revision, Timestamp};
use crate::request::Kept as Asked;

/// What a decision point answers to a question: the decision at once, the rest when it is asked for.
#[derive(Debug)]
#[must_use = "a decision that nobody reads protects nothing"]
pub struct Decided(State);

#[derive(Debug)]
enum State {
    Kept(Kept),
    Whole(Box<Response>),
}

/// A decision that policies alone made.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) answer: KeptAnswer,
    pub(super) decision_id: DecisionId,
    pub(super) expired: bool,
}

impl Decided {
    /// Allow or Deny.
    #[must_use]
    pub fn decision(&self) -> Decision {
        match &self.0 {
            State::Kept(kept) => kept.answer.decision(),
            State::Whole(response) => response.decision(),
        }
    }

    /// Whether the decision is Allow.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.decision() == Decision::Allow
    }

    /// The name of this decision, the same in its record.
    #[must_use]
    pub fn decision_id(&self) -> DecisionId {
        match &self.0 {
            State::Kept(kept) => kept.decision_id,
            State::Whole(response) => response.decision_id(),
        }
    }

    /// The revision of the bundle that was in force.
    #[must_use]
    pub fn revision(&self) -> Revision {
        match &self.0 {
            State::Kept(kept) => kept.answer.snapshot().revision(),
            State::Whole(response) => response.revision(),
        }
    }

    /// Whether the bundle that was in force had expired.
    #[must_use]
    pub fn expired(&self) -> bool {
        match &self.0 {
            State::Kept(kept) => kept.expired,
            State::Whole(response) => response.expired(),
        }
    }

    /// What it obliges to; allocates only where it obliges to something.
    #[must_use]
    pub fn obligations(&self) -> Obligations {
        match &self.0 {
            State::Kept(kept) if !kept.answer.obliges() => Obligations::default(),
            State::Kept(kept) => kept.answer.to_outcome().obligations,
            State::Whole(response) => response.obligations().clone(),
        }
    }

    /// All of it; allocates. How long a decision took is not known where nothing was written down.
    pub fn to_response(&self) -> Response {
        match &self.0 {
            State::Kept(kept) => kept.to_response(Duration::ZERO),
            State::Whole(response) => Response::clone(response),
        }
    }
}

impl Kept {
    /// Writes it down; what was answered is made out where that is done.
    pub(super) fn written(
        self,
        sink: &dyn Sink,
        at: Timestamp,
        asked: Asked,
        taken: Duration,
    ) -> Decided {
        let (kept, limits) = (self.clone(), *self.answer.snapshot().limits());
        sink.accept(Record::deferred(at, asked, limits, move || kept.to_response(taken)));
        self.into()
    }

    fn to_response(&self, taken: Duration) -> Response {
        let (outcome, revision) = (self.answer.to_outcome(), self.answer.snapshot().revision());
        Response::new(outcome, revision, self.decision_id, taken, self.expired)
    }
}

impl From<Kept> for Decided {
    fn from(kept: Kept) -> Self {
        Self(State::Kept(kept))
    }
}

impl From<Response> for Decided {
    fn from(response: Response) -> Self {
        Self(State::Whole(Box::new(response)))
    }
}
