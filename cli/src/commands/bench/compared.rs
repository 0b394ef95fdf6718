//! The answers of the evaluators, held against each other before any of them is timed.

use std::io::Write as _;
use std::time::{Duration, Instant};

use notegate::adapters::json::{ErrorJson, decision_name};
use notegate::engine::Prepared;
use notegate::model::Outcome;
use notegate::{Decision, Request, Snapshot};
use serde::Serialize;

use super::asked::Asked;
use super::progress;
use crate::console::Console;
use crate::failure::Failure;
use crate::text::escape;

/// What comparing the evaluators on each request told.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) allowed: usize,
    pub(super) denied: usize,
    pub(super) difference: Option<DifferenceJson>,
    /// How long the official authorizer took for all of them.
    pub(super) reference: Duration,
}

/// The first request on which two evaluators differ.
#[derive(Debug, Serialize)]
pub(super) struct DifferenceJson {
    line: usize,
    evaluator: &'static str,
    found: AnswerJson,
    reference: AnswerJson,
}

#[derive(Debug, Serialize)]
struct AnswerJson {
    decision: &'static str,
    reason: Vec<String>,
    errors: Vec<ErrorJson>,
}

impl Compared {
    /// Asks each request of all evaluators, up to the first on which they differ.
    pub(super) fn on(
        official: &Snapshot,
        snapshot: &Snapshot,
        requests: &[(usize, Request)],
        asked: &[Asked<'_>],
        prepared: &[Prepared<'_>],
    ) -> Self {
        // The official authorizer takes its time where policies are many.
        let bar = progress("comparing", requests.len() as u64);
        let mut compared = Self::default();
        for ((line, request), (asked, prepared)) in requests.iter().zip(asked.iter().zip(prepared))
        {
            let began = Instant::now();
            let reference = official.evaluate(request);
            compared.reference = compared.reference.saturating_add(began.elapsed());
            let found = [
                ("compiled", asked.outcome(snapshot)),
                ("compiled_prepared", prepared.answer().into_outcome()),
            ];
            compared.add(*line, &reference, &found);
            if compared.difference.is_some() {
                break;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        compared
    }

    /// Takes in the answers to the request of one line.
    fn add(&mut self, line: usize, reference: &Outcome, found: &[(&'static str, Outcome)]) {
        let side = match reference.decision {
            Decision::Allow => &mut self.allowed,
            Decision::Deny => &mut self.denied,
        };
        *side = side.saturating_add(1);
        let differs = |one: &&(&'static str, Outcome)| {
            let Outcome { decision, reason, errors, .. } = &one.1;
            (decision, reason, errors)
                != (&reference.decision, &reference.reason, &reference.errors)
        };
        self.difference = found.iter().find(differs).map(|(evaluator, found)| DifferenceJson {
            line,
            evaluator,
            found: AnswerJson::of(found),
            reference: AnswerJson::of(reference),
        });
    }
}

impl DifferenceJson {
    pub(super) fn print(&self, console: &mut Console) -> Result<(), Failure> {
        let word = console.paint.bad("the evaluators do not agree");
        writeln!(console, "{word} on line {}; nothing was timed", self.line)?;
        for (name, answer) in [(self.evaluator, &self.found), ("reference", &self.reference)] {
            let reason = escape(&answer.reason.join(", "));
            writeln!(console, "  {name:17}  {}  {reason}", answer.decision)?;
            for error in &answer.errors {
                let policy = error.policy_id.as_deref().map(|id| format!("{id}: "));
                let text = [policy.as_deref().unwrap_or_default(), &error.message].concat();
                writeln!(console, "    error: {}", escape(&text))?;
            }
        }
        Ok(())
    }
}

impl AnswerJson {
    fn of(outcome: &Outcome) -> Self {
        let errors = outcome.errors.iter().map(|error| ErrorJson {
            policy_id: error.policy_id.as_ref().map(ToString::to_string),
            message: error.message.clone(),
        });
        Self {
            decision: decision_name(outcome.decision),
            reason: outcome.reason.iter().map(ToString::to_string).collect(),
            errors: errors.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use notegate::model::{DecisionError, Obligations, PolicyId};

    use super::*;

    fn outcome(decision: Decision, reason: &[&str], error: Option<&str>) -> Outcome {
        let errors = error.map(|text| DecisionError { policy_id: None, message: text.to_owned() });
        Outcome {
            decision,
            reason: reason.iter().map(PolicyId::new).collect(),
            errors: errors.into_iter().collect(),
            obligations: Obligations::default(),
            message: None,
        }
    }

    #[test]
    fn a_difference_is_one_of_decision_reason_or_errors() {
        let reference = outcome(Decision::Allow, &["a"], None);
        for (other, differs) in [
            (outcome(Decision::Allow, &["a"], None), false),
            (outcome(Decision::Deny, &["a"], None), true),
            (outcome(Decision::Allow, &["b"], None), true),
            (outcome(Decision::Allow, &["a"], Some("overflow")), true),
        ] {
            let mut compared = Compared::default();
            let found = [("compiled", reference.clone()), ("compiled_prepared", other)];
            compared.add(7, &reference, &found);
            let difference = compared.difference.map(|one| (one.line, one.evaluator));
            assert_eq!(difference, differs.then_some((7, "compiled_prepared")));
            assert_eq!((compared.allowed, compared.denied), (1, 0));
        }
    }
}
