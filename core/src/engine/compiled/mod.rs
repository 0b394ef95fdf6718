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
mod step;
mod store;
mod value;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bumpalo::Bump;
use cedar_policy_core::ast::{Context, Expr, Policy};
use smallvec::SmallVec;

use self::frame::Frame;
use self::lower::{Lowering, MAX_DEPTH};
use self::node::Node;
use self::overlay::Overlay;
use self::pool::Pool;
use self::record::Record;
use self::value::Deferred;
use super::index::{self, Asked, Candidates, Index, Open};
use super::names::{Names, Uid, UidId};
use super::policies::Policies;
use crate::model::{Effect, LoadError, LoadErrorKind, Problem, Schema};
use crate::request::{Question, Request};

pub(super) use super::index::Place;

pub(super) use self::extension::Made;
pub(super) use self::filling::{Filling, Unclosed};
pub(super) use self::official::Stored as Official;
pub(super) use self::pool::{Field, Fields, Stored, Whole};
pub(super) use self::store::Store;

/// The policies of a snapshot in compiled form.
#[derive(Debug)]
pub(super) struct Program {
    constants: Pool,
    index: Index,
    policies: Vec<Compiled>,
    /// Each once, however many policies have it; none where there is no lowered form.
    conditions: Vec<Option<Node>>,
}

#[derive(Debug)]
struct Compiled {
    effect: Effect,
    /// Whether it has obligations.
    obliges: bool,
    /// Its place among the conditions.
    condition: u32,
}

/// Which policies determine the decision of a request, and which the official evaluator must be asked
/// about.
#[derive(Debug, Clone, Default)]
pub(super) struct Satisfied {
    /// Whether they forbid: then no permit is among them.
    forbidden: bool,
    determining: Determining,
    deferred: Vec<u32>,
    /// How many of the determining ones have obligations.
    obliging: u32,
}

/// Positions of the determining policies, in the order of the policy set.
type Determining = SmallVec<[u32; 12]>;

/// What is kept of [`Satisfied`] where nothing is left to the official evaluator.
#[derive(Debug, Clone)]
pub(super) struct Determined {
    determining: Determining,
    forbidden: bool,
    /// Whether a determining policy has obligations.
    pub(super) obliges: bool,
}

/// Memory for what is made while deciding: for one prepared request, or for one decision after the
/// other.
#[derive(Debug, Default)]
pub struct Scratch(Bump);

impl Scratch {
    /// Makes its memory free for the next decision.
    pub(super) fn reset(&mut self) {
        self.0.reset();
    }
}

/// What a request names, looked up, and the policies whose scope it satisfies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handles<'a> {
    frame: Frame<'a>,
    candidates: &'a [u32],
}

/// A prepared request with one place left open.
#[derive(Debug)]
pub(super) struct OpenRequest<'a> {
    program: &'a Program,
    frame: Frame<'a>,
    place: Place,
    open: Open,
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
    /// What policies and schema name is added to `names`.
    ///
    /// # Errors
    /// When there are more names than can be numbered.
    pub(super) fn build(
        policies: &Policies,
        schema: Option<&Schema>,
        names: &mut Names,
    ) -> Result<Self, LoadError> {
        Self::numbered(policies, schema, names).ok_or_else(|| {
            let message = "there is more in the policies than can be numbered";
            LoadError::new(LoadErrorKind::Policy, Problem::error("policy.invalid", message))
        })
    }

    fn numbered(policies: &Policies, schema: Option<&Schema>, names: &mut Names) -> Option<Self> {
        let each = || policies.set.policies().map(AsRef::<Policy>::as_ref);
        let mut constants = Pool::default();
        index::number_scopes(names, each());
        let index = Index::build(names, each())?;
        let mut lowering = Lowering { names, constants: &mut constants };
        let mut conditions = Vec::new();
        let mut places: HashMap<Option<&Expr>, u32> = HashMap::new();
        let mut compiled = Vec::with_capacity(policies.infos.len());
        for (policy, info) in policies.set.policies().zip(&policies.infos) {
            let parsed: &Policy = policy.as_ref();
            let mut lower = || {
                conditions.push(lowering.condition(parsed));
                u32::try_from(conditions.len()).ok()?.checked_sub(1)
            };
            let condition = match places.entry(parsed.non_scope_constraints()) {
                // What is in a link's slots is its own.
                _ if !parsed.is_static() => lower()?,
                Entry::Occupied(place) => *place.get(),
                Entry::Vacant(place) => *place.insert(lower()?),
            };
            let obliges = !info.obligations.is_empty();
            compiled.push(Compiled { effect: policy.effect(), obliges, condition });
        }
        for name in schema.into_iter().flat_map(Schema::entity_types) {
            names.add_type(name.as_ref())?;
        }
        Some(Self { constants, index, policies: compiled, conditions })
    }

    /// Which policies a request satisfies.
    ///
    /// Takes time in proportion to the candidate policies, and to the entities that come with the
    /// request.
    pub(super) fn evaluate(&self, store: &Store, request: &Request) -> Result<Satisfied, Unable> {
        let arena = Bump::new();
        let overlay = match request.has_overlay() {
            true => Some(Overlay::of_request(request, store).map_err(|_| Unable::Cycle)?),
            false => None,
        };
        let (asked, context) = parts(store, request)?;
        let frame = Frame::new(store, &self.constants, overlay.as_ref(), &arena, &asked, context);
        self.run(&frame)
    }

    /// Which policies a question satisfies that is well named and of which this was looked up; as for a request.
    #[inline]
    pub(super) fn answer(
        &self,
        store: &Store,
        question: &Question<'_>,
        asked: &Asked<'_>,
        arena: &Scratch,
    ) -> Result<Satisfied, Unable> {
        let overlay = match question.sent() {
            [] => None,
            sent => Some(Overlay::of_question(sent, store).map_err(|_| Unable::Cycle)?),
        };
        let context = Record::Given(question.context());
        let overlay = overlay.as_ref();
        self.run(&Frame::new(store, &self.constants, overlay, &arena.0, asked, context))
    }

    /// Looks up once what a request names, and which policies it leads to.
    pub(super) fn prepare<'a>(
        &'a self,
        store: &'a Store,
        request: &'a Request,
        scratch: &'a Scratch,
    ) -> Result<Handles<'a>, Unable> {
        if request.has_overlay() {
            return Err(Unable::Overlay);
        }
        let (asked, context) = parts(store, request)?;
        let asked = scratch.0.alloc(asked);
        let mut frame = Frame::new(store, &self.constants, None, &scratch.0, asked, context);
        frame.context = context.built(&frame).map_err(|_| Unable::Context)?;
        let mut candidates = Candidates::new();
        self.index.candidates(frame.asked, &mut candidates);
        Ok(Handles { frame, candidates: scratch.0.alloc_slice_copy(&candidates) })
    }

    /// Which policies a prepared request satisfies.
    pub(super) fn again(
        &self,
        handles: &Handles<'_>,
        arena: &Scratch,
    ) -> Result<Satisfied, Unable> {
        check_stack()?;
        Ok(self.evaluate_each(handles.candidates, &Frame { arena: &arena.0, ..handles.frame }))
    }

    /// As a prepared request, with one place left open; `None` when no permit is left, so that no
    /// entity in it would be allowed.
    pub(super) fn open<'a>(
        &'a self,
        handles: &Handles<'a>,
        place: Place,
    ) -> Option<OpenRequest<'a>> {
        let open = self.index.open(handles.frame.asked, place);
        let permits = |at: u32| {
            self.policies.get(at as usize).is_some_and(|policy| policy.effect == Effect::Permit)
        };
        let any = open.policies().any(permits);
        any.then_some(OpenRequest { program: self, frame: handles.frame, place, open })
    }

    #[inline]
    fn run(&self, frame: &Frame<'_>) -> Result<Satisfied, Unable> {
        check_stack()?;
        let mut candidates = Candidates::new();
        self.index.candidates(frame.asked, &mut candidates);
        Ok(self.evaluate_each(&candidates, frame))
    }

    fn evaluate_each(&self, candidates: &[u32], frame: &Frame<'_>) -> Satisfied {
        let mut satisfied = Satisfied::default();
        // Many policies have the same condition, which holds for all of them or for none.
        let mut last = None;
        for at in candidates.iter().copied() {
            let Some(policy) = self.policies.get(at as usize) else { continue };
            let holds = match last {
                Some((condition, holds)) if condition == policy.condition => holds,
                _ => {
                    let condition = self.conditions.get(policy.condition as usize);
                    match condition.and_then(Option::as_ref) {
                        Some(condition) => frame.holds(condition),
                        None => Err(Deferred),
                    }
                }
            };
            last = Some((policy.condition, holds));
            match holds {
                Ok(true) => satisfied.add(at, policy.effect, policy.obliges),
                Ok(false) => {}
                Err(Deferred) => satisfied.deferred.push(at),
            }
        }
        satisfied
    }
}

fn check_stack() -> Result<(), Unable> {
    let needed = STACK_LEFT.saturating_add(MAX_DEPTH.saturating_mul(STACK_PER_LEVEL));
    match stacker::remaining_stack() {
        Some(left) if left < needed => Err(Unable::Stack),
        _ => Ok(()),
    }
}

fn parts<'a>(store: &'a Store, request: &'a Request) -> Result<(Asked<'a>, Record<'a>), Unable> {
    let Context::Value(context) = request.context().as_ref() else {
        return Err(Unable::Context);
    };
    let uids = [request.principal(), request.action(), request.resource()];
    let uids = uids.map(|uid| store.names.parsed(uid.as_ref()));
    Ok((store.asked(uids), Record::Parsed(context)))
}

impl OpenRequest<'_> {
    /// Which policies the request satisfies with this stored entity in the open place.
    pub(super) fn with(&self, uid: UidId) -> Result<Satisfied, Unable> {
        check_stack()?;
        let arena = Bump::new();
        let frame = Frame { arena: &arena, ..self.frame };
        let standing = frame.standing(Uid::Known(uid));
        let mut candidates = Candidates::new();
        self.open.filled(&standing, &mut candidates);
        let asked = match self.place {
            Place::Principal => Asked { principal: standing, ..*frame.asked },
            Place::Resource => Asked { resource: standing, ..*frame.asked },
        };
        let frame = Frame { asked: &asked, ..frame };
        Ok(self.program.evaluate_each(&candidates, &frame))
    }
}

impl Satisfied {
    #[inline]
    fn add(&mut self, at: u32, effect: Effect, obliges: bool) {
        let forbids = effect == Effect::Forbid;
        if forbids && !self.forbidden {
            *self = Self {
                forbidden: true,
                deferred: std::mem::take(&mut self.deferred),
                ..Self::default()
            };
        }
        if forbids == self.forbidden {
            self.determining.push(at);
            self.obliging = self.obliging.saturating_add(u32::from(obliges));
        }
    }
}
