//! Questions about one thing, all of which must be allowed.

use smallvec::SmallVec;

use super::{Decided, Pdp};
use crate::engine::Scratch;
use crate::model::{DecisionId, Obligations, RequestError};
use crate::request::Question;

/// What questions came to that were all allowed.
#[derive(Debug, Clone, Default)]
pub struct Together {
    decision_ids: SmallVec<[DecisionId; 2]>,
    obligations: Obligations,
}

/// Why not all questions were allowed. Those behind the first that was not were never asked.
#[derive(Debug)]
pub enum NotAllowed {
    /// There was none: all of nothing would be allowed.
    Nothing,
    /// The one at this place was denied.
    Denied(usize, Box<Decided>),
    /// The one at this place was not decided: why.
    Undecided(usize, String),
    /// The one at this place was allowed, and obliges to what conflicts with what came before it: why.
    Conflict(usize, String),
}

impl Together {
    /// The names of the decisions, in the order of the questions.
    #[must_use]
    pub fn decision_ids(&self) -> &[DecisionId] {
        &self.decision_ids
    }

    /// What all of them oblige to.
    #[must_use]
    pub fn obligations(&self) -> &Obligations {
        &self.obligations
    }
}

impl Pdp {
    /// Decides questions one after the other, all of which must be allowed, such as those about all readings of a
    /// path. `seen` is told each question that was decided, with its place and its decision.
    ///
    /// Takes time as [`Pdp::ask`] for each of them.
    ///
    /// # Errors
    /// At the first that is not allowed, and when there is none. Whoever enforces denies then.
    pub fn ask_all<'q>(
        &self,
        questions: impl IntoIterator<Item = Result<Question<'q>, RequestError>>,
        scratch: &mut Scratch,
        mut seen: impl FnMut(usize, &Question<'q>, &Decided),
    ) -> Result<Together, NotAllowed> {
        let mut together = Together::default();
        for (place, question) in questions.into_iter().enumerate() {
            let undecided = |error: &dyn ToString| NotAllowed::Undecided(place, error.to_string());
            let question = question.map_err(|error| undecided(&error))?;
            let decided = self.ask(&question, scratch).map_err(|error| undecided(&error))?;
            seen(place, &question, &decided);
            if !decided.allowed() {
                return Err(NotAllowed::Denied(place, Box::new(decided)));
            }
            together.decision_ids.push(decided.decision_id());
            let merged = together.obligations.merge(&decided.obligations());
            merged.map_err(|conflict| NotAllowed::Conflict(place, conflict.to_string()))?;
        }
        match together.decision_ids.is_empty() {
            true => Err(NotAllowed::Nothing),
            false => Ok(together),
        }
    }
}
