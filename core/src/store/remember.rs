//! What was kept before a restart, verified again.

use super::arrival::Arrival;
use super::gate::{Gate, Held, Passed};
use super::mark::Mark;
use super::state::{Kept, StateFolder, copy_name};
use super::{Event, Origin, Part};
use crate::model::{LoadError, LoadErrorKind, Problem};

impl Gate {
    /// The highest sequences that were in force before.
    ///
    /// What the state file cannot say any more, the copies say that are signed.
    pub(super) fn remembered(&self) -> Held {
        let kept = self.state.as_ref().map(StateFolder::read);
        let (bundle_mark, grants_mark) = match kept {
            None => (None, None),
            Some(Ok(Kept { bundle, grants })) => {
                (bundle.and_then(|entry| entry.mark), grants.and_then(|entry| entry.mark))
            }
            Some(Err(error)) => {
                self.tell(&Event::StateDamaged { error });
                (self.mark_of_copies(Part::Bundle), self.mark_of_copies(Part::Grants))
            }
        };
        Held { bundle_mark, grants_mark, ..Held::default() }
    }

    /// The last good one, when there is a copy that is what was kept and can be trusted again.
    pub(super) fn last_good(&self, part: Part) -> Option<Arrival> {
        let state = self.state.as_ref()?;
        let Ok(mut kept) = state.read() else {
            let copies = self.copies(part).into_iter();
            return copies.max_by_key(|copy| copy.claims().0.sequence);
        };
        let name = kept.entry(part).take()?.copy;
        match self.copy(part, &name) {
            Ok(arrival) => Some(arrival),
            Err(error) => {
                self.tell(&Event::StateDamaged { error });
                None
            }
        }
    }

    /// Lets something pass, and tells when it does not.
    pub(super) fn pass_and_tell(
        &self,
        held: &Held,
        arrival: Arrival,
        origin: &Origin,
    ) -> Result<Passed, LoadError> {
        let part = arrival.part();
        self.pass(held, arrival, origin, None).inspect_err(|error| {
            let (origin, error) = (origin.clone(), error.clone());
            self.tell(&Event::Refused { part, origin, error });
        })
    }

    fn mark_of_copies(&self, part: Part) -> Option<Mark> {
        let signed = self.copies(part).into_iter().filter(Arrival::is_signed);
        signed.map(|copy| copy.claims().0).max_by_key(|mark| mark.sequence)
    }

    /// Every copy that is whole and trusted.
    fn copies(&self, part: Part) -> Vec<Arrival> {
        let names = self.state.iter().flat_map(|state| state.copies(part));
        names.filter_map(|name| self.copy(part, &name).ok()).collect()
    }

    fn copy(&self, part: Part, name: &str) -> Result<Arrival, LoadError> {
        let bytes = match &self.state {
            Some(state) => state.copy(name, self.options.limits.bundle_bytes)?,
            None => Vec::new(),
        };
        let arrival = self.reading(part).bytes(&bytes)?;
        if copy_name(part, arrival.revision()) == name {
            return Ok(arrival);
        }
        let problem =
            Problem::error("state.damaged", format!("copy `{name}` is not what was kept"));
        Err(LoadError::new(LoadErrorKind::State, problem))
    }
}
