//! Asking often: borrowed questions, prepared requests, many at once, and who can do what.

use super::answer::Answer;
use super::compiled::{Handles, Place, Satisfied, Scratch, Unable};
use super::names::TypeName;
use super::question::Question;
use super::snapshot::{Snapshot, refusal};
use crate::model::{Decision, EntityId, EntityTypeName, EntityUid, Outcome};
use crate::request::Request;

/// A request of which a snapshot has looked up what it names.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<'a> {
    snapshot: &'a Snapshot,
    request: &'a Request,
    /// None when it is decided as any other request.
    handles: Option<Handles<'a>>,
}

impl Snapshot {
    /// Decides a question.
    ///
    /// Takes time in proportion to the candidate policies, and allocates nothing when no policy
    /// errs, builds a set, or reads an extension value from a text of the request.
    pub fn answer(&self, question: &Question<'_>) -> Answer<'_> {
        let satisfied =
            self.program.as_ref().and_then(|program| program.answer(&self.store, question).ok());
        if let Some(satisfied) = satisfied.filter(|satisfied| self.is_plain(satisfied)) {
            return Answer::plain(self, satisfied);
        }
        let outcome = match question.to_request(self.limits()) {
            Ok(request) => self.evaluate(&request),
            Err(error) => refusal(error.to_string()),
        };
        Answer::written_out(self, outcome)
    }

    /// Looks up what a request names, for deciding it more than once.
    ///
    /// Takes time in proportion to the context.
    #[must_use]
    pub fn prepare<'a>(&'a self, request: &'a Request, scratch: &'a Scratch) -> Prepared<'a> {
        let handles = self
            .program
            .as_ref()
            .and_then(|program| program.prepare(&self.store, request, scratch).ok());
        Prepared { snapshot: self, request, handles }
    }

    /// Decides requests one after the other, all of them by this snapshot.
    #[must_use]
    pub fn evaluate_batch(&self, requests: &[Request]) -> Vec<Outcome> {
        requests.iter().map(|request| self.evaluate(request)).collect()
    }

    /// The stored entities of a type that may take the place of the request's principal.
    ///
    /// Takes the time of a decision for each stored entity of the type, and of a look at every uid.
    #[must_use]
    pub fn who_can(&self, request: &Request, type_name: &EntityTypeName) -> Vec<EntityUid> {
        self.permitted(request, type_name, Place::Principal)
    }

    /// The stored entities of a type that may take the place of the request's resource.
    ///
    /// Takes the time of a decision for each stored entity of the type, and of a look at every uid.
    #[must_use]
    pub fn what_can(&self, request: &Request, type_name: &EntityTypeName) -> Vec<EntityUid> {
        self.permitted(request, type_name, Place::Resource)
    }

    fn permitted(
        &self,
        request: &Request,
        type_name: &EntityTypeName,
        place: Place,
    ) -> Vec<EntityUid> {
        let put = |uid: &EntityUid| match place {
            Place::Principal => request.with_principal(uid.clone()),
            Place::Resource => request.with_resource(uid.clone()),
        };
        let allows = |uid: &EntityUid| self.evaluate(&put(uid)).decision == Decision::Allow;
        let scratch = Scratch::default();
        let prepared = self.prepare(request, &scratch);
        let quick = self.program.as_ref().zip(prepared.handles);
        let uids = self.store.of_type(TypeName::Parsed(type_name.as_ref()));
        let permitted = uids.filter_map(|known| {
            let uid = || {
                let id = EntityId::new(self.store.id_text(known));
                EntityUid::from_type_name_and_id(type_name.clone(), id)
            };
            let satisfied = quick
                .as_ref()
                .and_then(|(program, handles)| program.again_with(handles, place, known).ok());
            match satisfied.filter(|satisfied| self.is_plain(satisfied)) {
                Some(satisfied) => (satisfied.decision() == Decision::Allow).then(uid),
                None => Some(uid()).filter(allows),
            }
        });
        let mut permitted: Vec<EntityUid> = permitted.collect();
        permitted.sort_unstable();
        permitted
    }

    /// Whether the decision is the bare one of the policies: nothing erred, and no obligations of
    /// two policies can conflict.
    fn is_plain(&self, satisfied: &Satisfied) -> bool {
        let obliging = |at: &&u32| {
            let info = self.policies.infos.get(**at as usize);
            info.is_some_and(|info| !info.obligations.is_empty())
        };
        satisfied.is_settled() && satisfied.reason().iter().filter(obliging).count() < 2
    }
}

impl<'a> Prepared<'a> {
    /// Decides it.
    ///
    /// Takes time in proportion to the candidate policies; allocates as [`Snapshot::answer`] does.
    pub fn answer(&self) -> Answer<'a> {
        let again = |handles: &Handles<'a>| -> Result<Satisfied, Unable> {
            self.snapshot.program.as_ref().ok_or(Unable::Context)?.again(handles)
        };
        let satisfied = self.handles.as_ref().and_then(|handles| again(handles).ok());
        match satisfied.filter(|satisfied| self.snapshot.is_plain(satisfied)) {
            Some(satisfied) => Answer::plain(self.snapshot, satisfied),
            None => Answer::written_out(self.snapshot, self.snapshot.evaluate(self.request)),
        }
    }
}
