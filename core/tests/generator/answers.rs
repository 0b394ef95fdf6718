use std::cell::RefCell;

use bumpalo::Bump;
use notegate::Request;
use notegate::engine::{Scratch, Snapshot};
use notegate::model::{Decision, Outcome, PolicyId};
use notegate::request::{Asked, Fields, Question, Sent};

use super::official::{Answer, Official};
use super::ours::Ours;
use super::requests::Parts;
use super::{Case, Uid, given};

/// Both sides, and the contexts of questions.
pub(crate) struct Ask<'a> {
    pub(crate) official: &'a Official,
    pub(crate) ours: &'a Ours,
    /// None for a context that a question has no form for.
    contexts: &'a [Option<Fields<'a>>],
    /// The same of what is sent of entities.
    overlays: &'a [Option<&'a [Sent<'a>]>],
    /// Memory from one decision to the next.
    kept: RefCell<Scratch>,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(
        case: &'a Case,
        official: &'a Official,
        ours: &'a Ours,
        arena: &'a Bump,
    ) -> Self {
        let contexts = case.asked.contexts.iter().map(|context| given::record(context, arena));
        let contexts = arena.alloc_slice_fill_iter(contexts.collect::<Vec<_>>());
        let overlays = case.asked.overlays.iter().map(|overlay| given::sent(overlay, arena));
        let overlays = arena.alloc_slice_fill_iter(overlays.collect::<Vec<_>>());
        Self { official, ours, contexts, overlays, kept: RefCell::default() }
    }

    /// Compares every way to ask, in both error modes; says how many answers there were.
    ///
    /// # Errors
    /// Says where two differ.
    pub(crate) fn all(
        &self,
        parts: &Parts,
        request: &Request,
        answer: &Answer,
    ) -> Result<(Outcome, usize), String> {
        let outcome = self.ours.skipping.evaluate(request);
        if !answer.is(&outcome) {
            return Err(format!("found {outcome:#?}\nexpected {answer:#?}"));
        }
        let denied = self.ours.denying.evaluate(request);
        let expected = self.ours.stated_difference(&outcome);
        if denied != expected {
            return Err(format!("in deny mode {denied:#?}\nexpected {expected:#?}"));
        }
        let mut answers = 2;
        for (snapshot, expected) in [(&self.ours.skipping, &outcome), (&self.ours.denying, &denied)]
        {
            answers += self.ways(parts, snapshot, request, expected)?;
        }
        Ok((outcome, answers))
    }

    fn ways(
        &self,
        parts: &Parts,
        snapshot: &Snapshot,
        request: &Request,
        expected: &Outcome,
    ) -> Result<usize, String> {
        let (scratch, mut kept) = (Scratch::default(), self.kept.borrow_mut());
        let prepared = snapshot.prepare(request, &scratch);
        let mut answers = vec![
            ("prepared", prepared.answer()),
            ("again", prepared.answer()),
            ("again in kept memory", prepared.answer_in(&mut kept)),
        ];
        if let Some(question) = self.question(parts)? {
            answers.push(("question", snapshot.answer(&question)));
            answers.push(("question in kept memory", snapshot.answer_in(&question, &mut kept)));
        }
        // A handle is right with any snapshot, its own or not.
        let handle = |(name, id): Uid| self.ours.skipping.handle(name, id);
        let (principal, resource) = (handle(parts.principal), handle(parts.resource));
        if let Some(question) = self.question_of(parts, &principal, &resource)? {
            answers.push(("question by handles", snapshot.answer(&question)));
        }
        let count = answers.len();
        for (way, answer) in answers {
            let decision = answer.decision();
            let same = decision == expected.decision && answer.reason().eq(expected.reason.iter());
            let reason: Vec<PolicyId> = answer.reason().cloned().collect();
            let outcome = answer.into_outcome();
            if !same || outcome != *expected {
                return Err(format!(
                    "{way} {decision:?} {reason:?} {outcome:#?}\nexpected {expected:#?}"
                ));
            }
        }
        Ok(count)
    }

    /// The question, where it has a form as one.
    fn question(&self, parts: &Parts) -> Result<Option<Question<'a>>, String> {
        self.question_of(parts, parts.principal, parts.resource)
    }

    fn question_of<'q>(
        &self,
        parts: &Parts,
        principal: impl Into<Asked<'q>>,
        resource: impl Into<Asked<'q>>,
    ) -> Result<Option<Question<'q>>, String>
    where
        'a: 'q,
    {
        let Some(context) = self.contexts[parts.context] else { return Ok(None) };
        let sent = match parts.overlay {
            None => &[][..],
            Some(at) => match self.overlays[at] {
                Some(sent) => sent,
                None => return Ok(None),
            },
        };
        let question = Question::new(principal, parts.action, resource, context);
        let question = question.and_then(|question| question.with_sent(sent));
        question.map(Some).map_err(|error| error.to_string())
    }

    /// Checks that what the schema does not allow is not taken for what it allows.
    ///
    /// # Errors
    /// When it is.
    pub(crate) fn unfit(&self, parts: &Parts) -> Result<(), String> {
        match self.question(parts)? {
            Some(question) if self.ours.skipping.admits(&question) => {
                Err("the question is admitted, and the schema does not allow it".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Whether a question that the schema allows is seen to be one at once.
    pub(crate) fn is_admitted(&self, parts: &Parts) -> bool {
        let question = self.question(parts).ok().flatten();
        question.is_some_and(|question| self.ours.skipping.admits(&question))
    }

    /// Compares the evaluators as it is done in use.
    ///
    /// # Errors
    /// Says where they differ.
    pub(crate) fn evaluators(&self, request: &Request) -> Result<(), String> {
        match self.ours.skipping.evaluate_checked(request, true).1 {
            None => Ok(()),
            Some(mismatch) => Err(format!(
                "compiled {:#?}\nreference {:#?}",
                mismatch.compiled, mismatch.reference
            )),
        }
    }

    /// Checks that a request is denied for what its entities are.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn refusal(&self, parts: &Parts, request: &Request) -> Result<(), String> {
        let question = self.question(parts)?;
        for snapshot in [&self.ours.skipping, &self.ours.denying] {
            let outcome = snapshot.evaluate(request);
            if question.is_some_and(|question| snapshot.answer(&question).into_outcome() != outcome)
            {
                return Err("a cycle is told otherwise of a question".to_owned());
            }
            let denied = outcome.decision == Decision::Deny && outcome.reason.is_empty();
            let alone = outcome.errors.len() == 1 && outcome.errors[0].policy_id.is_none();
            if !denied || !alone {
                return Err(format!("a cycle is not refused: {outcome:#?}"));
            }
        }
        Ok(())
    }
}
