//! A question in borrowed parts.

use super::given::{self, Fields, Sent};
use super::handle::Handle;
use super::{Kept, Request, RequestBuilder, Shape};
use crate::model::{EntityId, EntityUid, Limits, RequestError, RequestErrorKind, entity_type};

/// May this principal take this action on this resource, in this context? Asked in borrowed parts,
/// so that asking allocates nothing.
///
/// A question is not held against the schema. What a policy looks for in it and does not find is an
/// error like any other, and an erring forbid denies.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    uids: [(&'a str, &'a str); 3],
    handles: [Option<&'a Handle>; 3],
    context: Fields<'a>,
    sent: &'a [Sent<'a>],
}

/// An entity of a question.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// The name of its type, and its id.
    Parts(&'a str, &'a str),
    /// Looked up before.
    Handle(&'a Handle),
}

impl<'a> From<(&'a str, &'a str)> for Asked<'a> {
    fn from((type_name, id): (&'a str, &'a str)) -> Self {
        Self::Parts(type_name, id)
    }
}

impl<'a> From<&'a Handle> for Asked<'a> {
    fn from(handle: &'a Handle) -> Self {
        Self::Handle(handle)
    }
}

impl<'a> Asked<'a> {
    /// The name of its type, and its id.
    #[must_use]
    pub fn parts(self) -> (&'a str, &'a str) {
        match self {
            Self::Parts(type_name, id) => (type_name, id),
            Self::Handle(handle) => handle.parts(),
        }
    }
}

impl<'a> Question<'a> {
    /// A question: of each entity the name of its type and its id, or its handle.
    ///
    /// # Errors
    /// When a record, the context among them, has a key twice, or an address has a prefix that it
    /// cannot have.
    pub fn new(
        principal: impl Into<Asked<'a>>,
        action: impl Into<Asked<'a>>,
        resource: impl Into<Asked<'a>>,
        context: Fields<'a>,
    ) -> Result<Self, RequestError> {
        given::check(context)?;
        let asked = [principal.into(), action.into(), resource.into()];
        let uids = asked.map(Asked::parts);
        let handles = asked.map(|asked| match asked {
            Asked::Parts(..) => None,
            Asked::Handle(handle) => Some(handle),
        });
        Ok(Self { uids, handles, context, sent: &[] })
    }

    /// The same question with these entities and attributes, and no others.
    ///
    /// # Errors
    /// When there are two entities of one uid, or attributes of one uid twice, and as
    /// [`Question::new`].
    pub fn with_sent(self, sent: &'a [Sent<'a>]) -> Result<Self, RequestError> {
        sent.iter().try_for_each(Sent::check)?;
        if let Some((whole, uid)) = given::twice(sent, |one| (one.whole.is_some(), one.uid)) {
            return Err(sent_twice(whole, uid));
        }
        Ok(Self { sent, ..self })
    }

    /// The names of the types, and the ids, of principal, action and resource.
    pub(crate) fn uids(&self) -> &[(&'a str, &'a str); 3] {
        &self.uids
    }

    /// Those of them that were looked up before.
    pub(crate) fn handles(&self) -> &[Option<&'a Handle>; 3] {
        &self.handles
    }

    /// The facts about this one request.
    #[must_use]
    pub fn context(&self) -> Fields<'a> {
        self.context
    }

    /// What it brings of entities.
    #[must_use]
    pub fn sent(&self) -> &'a [Sent<'a>] {
        self.sent
    }

    /// The same question with these facts and no others.
    ///
    /// # Errors
    /// As [`Question::new`].
    pub fn with_context<'b>(&self, context: Fields<'b>) -> Result<Question<'b>, RequestError>
    where
        'a: 'b,
    {
        given::check(context)?;
        Ok(self.with_fact(context))
    }

    /// The same question with these facts, which are its own and one whose key is not among them.
    pub(crate) fn with_fact<'b>(&self, context: Fields<'b>) -> Question<'b>
    where
        'a: 'b,
    {
        Question { context, ..*self }
    }

    /// The same question as a request, which the official evaluator can be asked.
    ///
    /// # Errors
    /// When a type has no name of the language's, or a value has no form there.
    pub fn to_request(&self, limits: &Limits) -> Result<Request, RequestError> {
        let shape =
            Shape { schema: None, validate: false, limits: *limits, now: None, namespace: None };
        self.to_builder()?.build(&shape)
    }

    /// The same question as a request in the making, to which entities can be added.
    ///
    /// # Errors
    /// When a type has no name of the language's, or a value has no form there.
    pub fn to_builder(&self) -> Result<RequestBuilder, RequestError> {
        self.keep(&|(type_name, id)| uid(type_name, id))?.to_builder()
    }

    /// The question, to keep; `named` makes an entity uid of the name of a type and an id.
    pub(crate) fn keep<E>(
        &self,
        named: &impl Fn((&str, &str)) -> Result<EntityUid, E>,
    ) -> Result<Kept, E> {
        let [principal, action, resource] = self.uids;
        let mut kept = Kept {
            uids: [named(principal)?, named(action)?, named(resource)?],
            context: given::keep(self.context, named)?,
            entities: Vec::new(),
            attributes: Vec::new(),
        };
        for sent in self.sent {
            let described = sent.keep(named)?;
            match sent.whole {
                Some(_) => kept.entities.push(described),
                None => kept.attributes.push(described),
            }
        }
        Ok(kept)
    }
}

/// A uid of a type's name, written as the language writes it and in no other way, and an id.
pub(crate) fn uid(type_name: &str, id: &str) -> Result<EntityUid, RequestError> {
    let name = entity_type(type_name).ok_or_else(|| {
        let message = format!("`{}` is not the name of a type", type_name.escape_debug());
        RequestError::new(RequestErrorKind::EntityUid, message)
    })?;
    Ok(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}

pub(super) fn duplicate(key: &str) -> RequestError {
    let message = format!("key `{}` is there twice", key.escape_debug());
    RequestError::new(RequestErrorKind::Context, message)
}

fn sent_twice(whole: bool, (type_name, id): (&str, &str)) -> RequestError {
    let what = if whole { "entity" } else { "attributes of" };
    let message = format!("{what} `{type_name}::\"{}\"` is sent twice", id.escape_debug());
    RequestError::new(RequestErrorKind::Entities, message)
}
