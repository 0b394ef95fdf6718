//! What a decision point answers.

use std::time::Duration;

use super::{Decision, DecisionError, DecisionId, Obligations, Outcome, PolicyId, Revision};

/// What a decision point answers: an outcome, and which decision it was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a response that nobody reads protects nothing"]
pub struct Response {
    outcome: Outcome,
    revision: Revision,
    decision_id: DecisionId,
    time_taken: Duration,
    expired: bool,
}

impl Response {
    pub(crate) fn new(
        outcome: Outcome,
        revision: Revision,
        decision_id: DecisionId,
        time_taken: Duration,
        expired: bool,
    ) -> Self {
        Self { outcome, revision, decision_id, time_taken, expired }
    }

    /// Allow or Deny.
    #[must_use]
    pub fn decision(&self) -> Decision {
        self.outcome.decision
    }

    /// Whether the decision is Allow.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.decision() == Decision::Allow
    }

    /// The determining policies, in the order of the policy set; none for a Deny by default.
    #[must_use]
    pub fn reason(&self) -> &[PolicyId] {
        &self.outcome.reason
    }

    /// What went wrong while deciding, in the order of the policy set.
    #[must_use]
    pub fn errors(&self) -> &[DecisionError] {
        &self.outcome.errors
    }

    /// What the enforcement point must do when it obeys.
    #[must_use]
    pub fn obligations(&self) -> &Obligations {
        &self.outcome.obligations
    }

    /// What the denied person may read. Show nothing else of a Deny but the decision id.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.outcome.message.as_deref()
    }

    /// The revision of the bundle that was in force.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The name of this decision, the same in its record.
    #[must_use]
    pub fn decision_id(&self) -> DecisionId {
        self.decision_id
    }

    /// How long deciding took, by the decision point's clock.
    #[must_use]
    pub fn time_taken(&self) -> Duration {
        self.time_taken
    }

    /// Whether the bundle that was in force had expired.
    #[must_use]
    pub fn expired(&self) -> bool {
        self.expired
    }
}
