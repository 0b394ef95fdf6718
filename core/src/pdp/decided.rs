//! A decision of which the rest is made out when it is asked for.

use std::time::Duration;

use crate::engine::KeptAnswer;
use crate::model::{Decision, DecisionId, Response, Revision};

/// What a decision point answers to a question: the decision at once, the rest when it is asked for.
#[derive(Debug)]
#[must_use = "a decision that nobody reads protects nothing"]
pub struct Decided(State);

#[derive(Debug)]
enum State {
    Kept { answer: KeptAnswer, decision_id: DecisionId, expired: bool },
    Whole(Box<Response>),
}

impl Decided {
    pub(super) fn kept(answer: KeptAnswer, decision_id: DecisionId, expired: bool) -> Self {
        Self(State::Kept { answer, decision_id, expired })
    }

    /// Allow or Deny.
    #[must_use]
    pub fn decision(&self) -> Decision {
        match &self.0 {
            State::Kept { answer, .. } => answer.decision(),
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
            State::Kept { decision_id, .. } => *decision_id,
            State::Whole(response) => response.decision_id(),
        }
    }

    /// The revision of the bundle that was in force.
    #[must_use]
    pub fn revision(&self) -> Revision {
        match &self.0 {
            State::Kept { answer, .. } => answer.snapshot().revision(),
            State::Whole(response) => response.revision(),
        }
    }

    /// Whether the bundle that was in force had expired.
    #[must_use]
    pub fn expired(&self) -> bool {
        match &self.0 {
            State::Kept { expired, .. } => *expired,
            State::Whole(response) => response.expired(),
        }
    }

    /// All of it; allocates. How long a decision took is not known where nothing was written down.
    pub fn to_response(&self) -> Response {
        match &self.0 {
            State::Kept { answer, decision_id, expired } => Response::new(
                answer.to_outcome(),
                answer.snapshot().revision(),
                *decision_id,
                Duration::ZERO,
                *expired,
            ),
            State::Whole(response) => Response::clone(response),
        }
    }
}

impl From<Response> for Decided {
    fn from(response: Response) -> Self {
        Self(State::Whole(Box::new(response)))
    }
}
