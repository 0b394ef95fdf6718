//! Deciding a request.

use cedar_policy::Entities;

use super::compiled::Official;
use super::cross_check::Mismatch;
use super::snapshot::{Evaluation, Snapshot};
use super::{Evaluator, overlay, reference};
use crate::model::Outcome;
use crate::request::Request;

impl Snapshot {
    /// Decides a request.
    ///
    /// Takes time in proportion to the candidate policies, and with entities of its own also to
    /// those; an error costs the official evaluator's time for the policy it is in.
    #[must_use]
    pub fn evaluate(&self, request: &Request) -> Outcome {
        self.settled(self.compiled(request).unwrap_or_else(|| self.reference(request)))
    }

    /// Decides a request, and compares with the official authorizer when `sample` says so.
    ///
    /// Comparing takes time in proportion to all policies. When the two differ the decision is Deny
    /// and says why.
    #[must_use]
    pub fn evaluate_checked(&self, request: &Request, sample: bool) -> (Outcome, Option<Mismatch>) {
        let Some(compiled) = self.compiled(request) else { return (self.evaluate(request), None) };
        if !sample {
            return (self.settled(compiled), None);
        }
        let reference = self.reference(request);
        let same = match (&compiled, &reference) {
            (Ok(compiled), Ok(reference)) => compiled == reference,
            // A cycle has no one place, and which is told is not a matter of meaning.
            (compiled, reference) => compiled.is_err() == reference.is_err(),
        };
        if same {
            return (self.settled(compiled), None);
        }
        let message = "the compiled evaluator and the official one do not agree".to_owned();
        let mismatch = Mismatch {
            revision: self.revision(),
            request: request.clone(),
            compiled: self.settled(compiled),
            reference: self.settled(reference),
        };
        (Outcome::refusal(message), Some(mismatch))
    }

    /// What it takes to see a decision again: the policies, and the entities that the request can reach with
    /// its own among them, both in the language's JSON form.
    ///
    /// Takes time in proportion to all policies.
    #[must_use]
    pub fn reproduction(&self, request: &Request) -> (String, String) {
        let policies = self.policies.set.clone().to_json();
        let policies = policies.map_or_else(|error| error.to_string(), |json| json.to_string());
        let entities = self
            .reached(request)
            .and_then(|entities| entities.to_json_value().map_err(|error| error.to_string()));
        (policies, entities.map_or_else(|error| error, |json| json.to_string()))
    }

    /// What the compiled evaluator says; `None` when it leaves the request to the official one.
    fn compiled(&self, request: &Request) -> Option<Result<Evaluation, String>> {
        let satisfied = self.program.as_ref()?.evaluate(&self.store, request).ok()?;
        let official = Official { policies: &self.policies, store: &self.store };
        Some(satisfied.settle(request, official))
    }

    fn reference(&self, request: &Request) -> Result<Evaluation, String> {
        let whole = self.options.evaluator == Evaluator::Reference && !request.has_overlay();
        if whole {
            return Ok(reference::evaluate(&self.policies, self.official()?, request));
        }
        Ok(reference::evaluate(&self.policies, &self.reached(request)?, request))
    }

    /// The entities that deciding a request can look at, in the language's own form.
    pub(super) fn reached(&self, request: &Request) -> Result<Entities, String> {
        overlay::merge(&self.store, request, self.policies.named())
    }

    fn settled(&self, evaluation: Result<Evaluation, String>) -> Outcome {
        match evaluation {
            Ok(evaluation) => self.outcome(evaluation),
            Err(message) => Outcome::refusal(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Bundle, Loose};
    use crate::engine::Options;
    use crate::model::{Decision, Limits};

    fn snapshot(policy: &str) -> Snapshot {
        let policies = vec![("policies.cedar".to_owned(), policy.as_bytes().to_vec())];
        let loose = Loose { policies, ..Loose::default() };
        let bundle = Bundle::from_loose(loose, &Limits::default()).unwrap();
        Snapshot::build(&bundle, Options::default()).unwrap()
    }

    #[test]
    fn evaluators_that_differ_deny_and_leave_all_it_takes_to_see_it_again() {
        let (mut broken, other) = (
            snapshot("forbid (principal, action, resource);"),
            snapshot("permit (principal, action, resource);"),
        );
        (broken.program, broken.store) = (other.program, other.store);
        let uid = |text: &str| text.parse().unwrap();
        let request = Request::builder(uid("U::\"a\""), uid("Action::\"b\""), uid("R::\"c\""))
            .build(&broken.shape(None))
            .unwrap();
        let (outcome, mismatch) = broken.evaluate_checked(&request, true);
        let mismatch = mismatch.unwrap();
        assert_eq!(outcome.decision, Decision::Deny);
        assert_eq!(outcome.errors.len(), 1);
        assert_eq!(mismatch.compiled.decision, Decision::Allow);
        assert_eq!(mismatch.reference.decision, Decision::Deny);
        let (policies, _) = broken.reproduction(&mismatch.request);
        assert!(policies.contains("forbid"), "{policies}");
        assert!(broken.evaluate_checked(&request, false).1.is_none());
    }
}
