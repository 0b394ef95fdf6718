//! The compiled evaluator: the index's candidates, evaluated in lowered form.
//!
//! It gives the answers of the official authorizer and is compared with it on generated input. A
//! policy that has no lowered form, and one that gives an error, is evaluated by the official
//! evaluator, so errors are its own.

mod extension;
mod filling;
mod frame;
mod lower;
mod node;
mod official;
mod overlay;
mod pattern;
mod pool;
mod record;
mod restore;
mod run;
mod set;
mod store;
mod value;

use bumpalo::Bump;
use cedar_policy_core::ast::{Context, Policy};
use smallvec::SmallVec;

use self::frame::Frame;
use self::lower::{Lowering, MAX_DEPTH};
use self::node::Node;
use self::overlay::Overlay;
use self::pool::Pool;
use self::record::Record;
use super::index::{self, Candidates, Index};
use super::names::{Names, Uid, UidId};
use super::policies::Policies;
use super::question::Question;
use crate::model::{Effect, LoadError, LoadErrorKind, Problem, Schema};
use crate::request::Request;

pub(super) use self::extension::Made;
pub(super) use self::filling::{Filling, Unclosed};
pub(super) use self::official::Stored as Official;
pub(super) use self::pool::{Field, Fields, Stored};
pub(super) use self::store::Store;

/// The policies of a snapshot in compiled form.
#[derive(Debug)]
pub(super) struct Program {
    /// What the policies and the schema name.
    names: Names,
    constants: Pool,
    index: Index,
    policies: Vec<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    effect: Effect,
    /// None when there is no lowered form.
    condition: Option<Node>,
}

/// Which policies a request satisfies, and which the official evaluator must be asked about.
#[derive(Debug, Default)]
pub(super) struct Satisfied {
    permits: SmallVec<[u32; 16]>,
    forbids: SmallVec<[u32; 16]>,
    deferred: SmallVec<[u32; 8]>,
}

/// Memory for prepared requests.
#[derive(Debug, Default)]
pub struct Scratch(Bump);

/// What a request names, looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handles<'a>(Frame<'a>);

/// Where one entity takes another's place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Principal,
    Resource,
}

/// Why the compiled evaluator does not evaluate a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unable {
    /// The entities of the request close the hierarchy to a cycle.
    Cycle,
    /// The official evaluator would run short of stack, and say so.
    Stack,
    /// The context holds what is not a value.
    Context,
    /// The request has entities of its own, and those are looked up each time.
    Overlay,
}

/// What the official evaluator uses of the stack for one level of an expression, at the most.
const STACK_PER_LEVEL: usize = 4 << 10;

/// What it wants to be left.
const STACK_LEFT: usize = 100 << 10;

impl Program {
    /// Indexes and lowers policies; takes time in proportion to their text.
    ///
    /// # Errors
    /// When there are more names than can be numbered.
    pub(super) fn build(policies: &Policies, schema: Option<&Schema>) -> Result<Self, LoadError> {
        Self::numbered(policies, schema).ok_or_else(|| {
            let message = "there is more in the policies than can be numbered";
            LoadError::new(LoadErrorKind::Policy, Problem::error("policy.invalid", message))
        })
    }

    fn numbered(policies: &Policies, schema: Option<&Schema>) -> Option<Self> {
        let each = || policies.set.policies().map(AsRef::<Policy>::as_ref);
        let (mut names, mut constants) = (Names::new(), Pool::default());
        index::number_scopes(&mut names, each());
        let index = Index::build(&mut names, each())?;
        let mut lowering = Lowering { names: &mut names, constants: &mut constants };
        let lowered = policies.set.policies().map(|policy| Compiled {
            effect: policy.effect(),
            condition: lowering.condition(policy.as_ref()),
        });
        let compiled = lowered.collect();
        for name in schema.into_iter().flat_map(Schema::entity_types) {
            names.add_type(name.as_ref())?;
        }
        Some(Self { names, constants, index, policies: compiled })
    }

    /// What the policies and the schema name, for entities to be read next to.
    pub(super) fn names(&self) -> Names {
        self.names.clone()
    }

    /// Which policies a request satisfies.
    ///
    /// Takes time in proportion to the candidate policies, and to the entities that come with the
    /// request.
    pub(super) fn evaluate(&self, store: &Store, request: &Request) -> Result<Satisfied, Unable> {
        let arena = Bump::new();
        let overlay = match request.has_overlay() {
            true => Some(Overlay::new(request, store).map_err(|_| Unable::Cycle)?),
            false => None,
        };
        let (uids, context) = parts(store, request)?;
        let frame = Frame::new(store, &self.constants, overlay.as_ref(), &arena, uids, context);
        self.run(&frame)
    }

    /// Which policies a question satisfies; as for a request.
    pub(super) fn answer(
        &self,
        store: &Store,
        question: &Question<'_>,
    ) -> Result<Satisfied, Unable> {
        let arena = Bump::new();
        let uids = question.uids().map(|parts| store.names.written(parts));
        let context = Record::Given(question.context());
        self.run(&Frame::new(store, &self.constants, None, &arena, uids, context))
    }

    /// Looks up once what a request names.
    pub(super) fn prepare<'a>(
        &'a self,
        store: &'a Store,
        request: &'a Request,
        scratch: &'a Scratch,
    ) -> Result<Handles<'a>, Unable> {
        if request.has_overlay() {
            return Err(Unable::Overlay);
        }
        let (uids, context) = parts(store, request)?;
        let mut frame = Frame::new(store, &self.constants, None, &scratch.0, uids, context);
        frame.context = context.built(&frame).map_err(|_| Unable::Context)?;
        Ok(Handles(frame))
    }

    /// Which policies a prepared request satisfies.
    pub(super) fn again(&self, handles: &Handles<'_>) -> Result<Satisfied, Unable> {
        let arena = Bump::new();
        self.run(&Frame { arena: &arena, ..handles.0 })
    }

    /// As a prepared request, with another of the stored entities in one place.
    pub(super) fn again_with(
        &self,
        handles: &Handles<'_>,
        place: Place,
        uid: UidId,
    ) -> Result<Satisfied, Unable> {
        let arena = Bump::new();
        let mut frame = Frame { arena: &arena, ..handles.0 };
        let standing = frame.standing(Uid::Known(uid));
        match place {
            Place::Principal => frame.asked.principal = standing,
            Place::Resource => frame.asked.resource = standing,
        }
        self.run(&frame)
    }

    fn run(&self, frame: &Frame<'_>) -> Result<Satisfied, Unable> {
        let needed = STACK_LEFT.saturating_add(MAX_DEPTH.saturating_mul(STACK_PER_LEVEL));
        if stacker::remaining_stack().is_some_and(|left| left < needed) {
            return Err(Unable::Stack);
        }
        let mut candidates = Candidates::new();
        self.index.candidates(&frame.asked, &mut candidates);
        let mut satisfied = Satisfied::default();
        for at in candidates {
            let Some(policy) = self.policies.get(at as usize) else { continue };
            match policy.condition.as_ref().map(|condition| frame.holds(condition)) {
                Some(Ok(true)) => satisfied.add(at, policy.effect),
                Some(Ok(false)) => {}
                Some(Err(_)) | None => satisfied.deferred.push(at),
            }
        }
        Ok(satisfied)
    }
}

fn parts<'a>(store: &'a Store, request: &'a Request) -> Result<([Uid<'a>; 3], Record<'a>), Unable> {
    let Context::Value(context) = request.context().as_ref() else {
        return Err(Unable::Context);
    };
    let uids = [request.principal(), request.action(), request.resource()];
    Ok((uids.map(|uid| store.names.parsed(uid.as_ref())), Record::Parsed(context)))
}

impl Satisfied {
    fn add(&mut self, at: u32, effect: Effect) {
        match effect {
            Effect::Permit => self.permits.push(at),
            Effect::Forbid => self.forbids.push(at),
        }
    }
}
