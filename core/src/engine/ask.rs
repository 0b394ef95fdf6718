//! Asking often: borrowed questions, prepared requests, many at once, and who can do what.

use std::sync::Arc;

use super::answer::{Answer, KeptAnswer};
use super::compiled::{Handles, Place, Satisfied, Scratch};
use super::names::TypeName;
use super::question;
use super::snapshot::Snapshot;
use crate::bundle::Model;
use crate::model::{Decision, EntityId, EntityTypeName, EntityUid, Outcome, RequestError};
use crate::request::{Handle, Kept, Question, Request, uid};

/// A request of which a snapshot has looked up what it names.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<'a> {
    snapshot: &'a Snapshot,
    request: &'a Request,
    /// None when it is decided as any other request.
    handles: Option<Handles<'a>>,
}

/// What is quickly known of a question.
#[derive(Debug)]
pub(crate) struct Quick {
    /// Whether the schema and the limits allow it, as far as that is quickly seen.
    pub(crate) admitted: bool,
    /// `None` when it does not fit, a policy errs, obligations could conflict, or the official authorizer decides.
    pub(crate) answer: Option<KeptAnswer>,
}

impl Snapshot {
    /// Looks up an entity uid that is asked about often, by the name of its type and its id.
    #[must_use]
    pub fn handle(&self, type_name: &str, id: &str) -> Handle {
        question::handle(type_name, id, &self.store.names)
    }

    /// Decides a question.
    ///
    /// Takes time in proportion to the candidate policies, and allocates nothing unless a policy errs,
    /// reads an extension value from a text of the request, builds a set or a record, or more than
    /// a dozen policies determine the decision.
    pub fn answer(&self, question: &Question<'_>) -> Answer<'_> {
        self.answer_in(question, &mut Scratch::default())
    }

    /// Decides a question with memory kept from one decision to the next, so that sets and records
    /// that policies build allocate nothing either.
    pub fn answer_in(&self, question: &Question<'_>, scratch: &mut Scratch) -> Answer<'_> {
        let names = &self.store.names;
        let satisfied = self.program.as_ref().and_then(|program| {
            let asked = self.store.asked(question::uids(question, None, names));
            let named = question::is_well_named(question, &asked, names);
            named.then(|| program.answer(&self.store, question, &asked, scratch).ok())?
        });
        scratch.reset();
        if let Some(satisfied) = satisfied.filter(Satisfied::is_plain) {
            return Answer::plain(self, satisfied);
        }
        let outcome = match question.to_request(self.limits()) {
            Ok(request) => self.evaluate(&request),
            Err(error) => Outcome::refusal(error.to_string()),
        };
        Answer::written_out(self, outcome)
    }

    /// Whether the schema and the limits allow a question, as far as that is quickly seen. Of one that
    /// is not, the request says what is wrong, if anything is.
    #[must_use]
    pub fn admits(&self, question: &Question<'_>) -> bool {
        self.is_small(question) && self.fits(question)
    }

    /// Decides a question that fits and that policies alone decide, unless it is to be decided otherwise; says whether it
    /// fits.
    pub(crate) fn quickly(
        self: &Arc<Self>,
        question: &Question<'_>,
        otherwise: bool,
        scratch: &mut Scratch,
    ) -> Quick {
        let Some(program) = self.program.as_deref() else {
            return Quick { admitted: self.admits(question), answer: None };
        };
        let names = &self.store.names;
        let action = self.admission.as_ref().and_then(|admission| admission.action(question));
        let uids = question::uids(question, action.map(|action| action.uid), names);
        let asked = self.store.asked(uids);
        let plainly = action.is_some_and(|action| action.admits(question, &asked));
        let admitted = self.is_small(question) && (plainly || self.fits(question));
        // What the schema has is well named.
        let named = plainly || question::is_well_named(question, &asked, names);
        if !admitted || !named || otherwise {
            return Quick { admitted, answer: None };
        }
        let satisfied = program.answer(&self.store, question, &asked, scratch);
        scratch.reset();
        let answer = match satisfied {
            Ok(satisfied) => KeptAnswer::new(self, satisfied),
            Err(_) => None,
        };
        Quick { admitted, answer }
    }

    fn is_small(&self, question: &Question<'_>) -> bool {
        let limits = self.limits();
        let short = |(_, id): &(&str, &str)| id.len() <= limits.id_bytes;
        question.uids().iter().all(short)
            && question.sent().len() <= limits.request_entities
            && question.sent().iter().all(|sent| short(&sent.uid))
    }

    fn fits(&self, question: &Question<'_>) -> bool {
        match &self.fit {
            Some(fit) if self.options.validation.of_requests() => fit.admits(question),
            _ => true,
        }
    }

    /// Whether a policy may look at a fact of the context: whoever has to ask elsewhere for one that none looks at
    /// need not. The decision is the same without it. A schema in the place of the shipped one may ask for any.
    ///
    /// Takes time in proportion to the policies' text when it is first asked, and nearly none then.
    #[must_use]
    pub fn looks_at(&self, fact: &str) -> bool {
        self.model == Model::Own || self.policies.look_at(fact)
    }

    /// A question that fits, to be made a request elsewhere and later.
    ///
    /// # Errors
    /// When a type has no name of the language's.
    pub(crate) fn keep(&self, question: &Question<'_>) -> Result<Kept, RequestError> {
        question.keep(&|(type_name, id)| {
            let names = &self.store.names;
            let known = names.type_id(TypeName::Written(type_name));
            let known = known.and_then(|known| names.type_name(known)).cloned();
            match known {
                Some(known) => {
                    Ok(EntityUid::from_type_name_and_id(known.into(), EntityId::new(id)))
                }
                None => uid(type_name, id),
            }
        })
    }

    /// Looks up what a request names, for deciding it more than once.
    ///
    /// Takes time in proportion to the context and the candidate policies, whose conditions are
    /// evaluated anew each time it is decided.
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
    /// Takes time in proportion to all policies, then for each stored entity of the type to the policies
    /// that the rest of the request leaves open, and a look at every uid.
    #[must_use]
    pub fn who_can(&self, request: &Request, type_name: &EntityTypeName) -> Vec<EntityUid> {
        self.permitted(request, type_name, Place::Principal)
    }

    /// The stored entities of a type that may take the place of the request's resource.
    ///
    /// Takes time in proportion to all policies, then for each stored entity of the type to the policies
    /// that the rest of the request leaves open, and a look at every uid.
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
        let open = match quick.map(|(program, handles)| program.open(&handles, place)) {
            Some(None) => return Vec::new(),
            Some(open) => open,
            None => None,
        };
        let uids = self.store.of_type(TypeName::Parsed(type_name.as_ref()));
        let permitted = uids.filter_map(|known| {
            let uid = || {
                let id = EntityId::new(self.store.id_text(known));
                EntityUid::from_type_name_and_id(type_name.clone(), id)
            };
            let satisfied = open.as_ref().and_then(|open| open.with(known).ok());
            match satisfied.filter(Satisfied::is_plain) {
                Some(satisfied) => (satisfied.decision() == Decision::Allow).then(uid),
                None => Some(uid()).filter(allows),
            }
        });
        let mut permitted: Vec<EntityUid> = permitted.collect();
        permitted.sort_unstable();
        permitted
    }
}

impl<'a> Prepared<'a> {
    /// Decides it.
    ///
    /// Takes time in proportion to the candidate policies; allocates as [`Snapshot::answer`] does.
    pub fn answer(&self) -> Answer<'a> {
        self.answer_in(&mut Scratch::default())
    }

    /// Decides it with memory kept from one decision to the next; allocates as
    /// [`Snapshot::answer_in`] does.
    pub fn answer_in(&self, scratch: &mut Scratch) -> Answer<'a> {
        let satisfied = self
            .handles
            .as_ref()
            .and_then(|handles| self.snapshot.program.as_ref()?.again(handles, scratch).ok());
        scratch.reset();
        match satisfied.filter(Satisfied::is_plain) {
            Some(satisfied) => Answer::plain(self.snapshot, satisfied),
            None => Answer::written_out(self.snapshot, self.snapshot.evaluate(self.request)),
        }
    }
}
