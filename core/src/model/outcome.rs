//! What a snapshot says of a request.

use super::{Decision, Obligations, PolicyId};

/// What a snapshot says of a request: the decision and why.
///
/// It depends on the snapshot and the request alone; asking again gives the same outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Allow or Deny.
    pub decision: Decision,
    /// The determining policies, in the order of the policy set.
    pub reason: Vec<PolicyId>,
    /// What went wrong while deciding, in the order of the policy set.
    pub errors: Vec<DecisionError>,
    /// What the enforcement point must do when it obeys.
    pub obligations: Obligations,
    /// What the denied person may read: the `@message` of the determining policies.
    pub message: Option<String>,
}

impl Outcome {
    /// A Deny that no policy made.
    pub(crate) fn refusal(message: String) -> Self {
        Self {
            decision: Decision::Deny,
            reason: Vec::new(),
            errors: vec![DecisionError { policy_id: None, message }],
            obligations: Obligations::default(),
            message: None,
        }
    }
}

/// Something that went wrong while deciding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionError {
    /// The policy it happened in, when it happened in one.
    pub policy_id: Option<PolicyId>,
    /// What happened, in words.
    pub message: String,
}
