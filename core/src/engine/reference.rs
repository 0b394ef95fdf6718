//! The official authorizer.

use cedar_policy::{AuthorizationError, Authorizer, Decision, Entities};

use super::policies::Policies;
use super::snapshot::Evaluation;
use crate::request::Request;

/// Decides with the official authorizer, exactly as Cedar does.
///
/// Takes time in proportion to all policies.
pub(super) fn evaluate(policies: &Policies, entities: &Entities, request: &Request) -> Evaluation {
    let (principal, action, resource) = (request.principal(), request.action(), request.resource());
    let (principal, action, resource) = (principal.clone(), action.clone(), resource.clone());
    let context = request.context().clone();
    // INVARIANT: without a schema this constructor refuses nothing.
    let Ok(request) = cedar_policy::Request::new(principal, action, resource, context, None) else {
        return Evaluation { decision: Decision::Deny, reason: Vec::new(), errors: Vec::new() };
    };
    let response = Authorizer::new().is_authorized(&request, &policies.set, entities);
    let position = |id| policies.order.get(id).copied();
    let mut reason: Vec<usize> = response.diagnostics().reason().filter_map(position).collect();
    reason.sort_unstable();
    let errors = response.diagnostics().errors().filter_map(|error| match error {
        AuthorizationError::PolicyEvaluationError(error) => {
            Some((position(error.policy_id())?, error.inner().to_string()))
        }
    });
    Evaluation { decision: response.decision(), reason, errors: errors.collect() }
}
