//! Which policies a request could satisfy, by their scopes alone.
//!
//! Each policy is filed under one entity or type of its scope, and there by action. A request looks
//! at what is filed under its principal, its resource, their ancestors and their types; nothing is
//! compared with the policies that are filed elsewhere. What is found is held against what is left of
//! its scope, so the place a policy is filed under decides how fast it is found and never whether.

use cedar_policy_core::ast::{
    ActionConstraint, EntityReference, EntityUID, Policy, PrincipalOrResourceConstraint,
};
use smallvec::SmallVec;

use super::names::{Names, TypeId, UidId};
use super::standing::{Ancestors, Standing};

/// Positions of candidate policies, in the order of the policy set.
pub(super) type Candidates = SmallVec<[u32; 32]>;

/// A request's three entities in their places in the hierarchy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) principal: Standing<'a>,
    pub(super) action: Standing<'a>,
    pub(super) resource: Standing<'a>,
}

#[derive(Debug, Default)]
pub(super) struct Index {
    /// Every posting, those of one shelf side by side and in the order of their actions.
    postings: Vec<Posting>,
    principals: Vec<Shelf>,
    resources: Vec<Shelf>,
    principal_types: Vec<Shelf>,
    resource_types: Vec<Shelf>,
    rest: Shelf,
    /// INVARIANT: the numbers of uids that scopes name are below this.
    scope_uids: u32,
}

#[derive(Debug, Clone, Copy)]
struct Scope {
    principal: Constraint,
    resource: Constraint,
    /// Whether the action must be the one that is written and not one in it.
    exact_action: bool,
}

#[derive(Debug, Clone, Copy)]
enum Constraint {
    Any,
    Equal(UidId),
    In(UidId),
    Is(TypeId),
    IsIn(TypeId, UidId),
}

/// A run of postings.
#[derive(Debug, Clone, Copy, Default)]
struct Shelf {
    start: u32,
    length: u32,
}

#[derive(Debug, Clone, Copy)]
struct Posting {
    /// The action of the scope, or [`NONE`] for any.
    action: u32,
    policy: u32,
    /// The type of the entity that led here, or [`NONE`] for any, as the next.
    is: u32,
    /// What the other entity of the scope must be, and what it must be or be in.
    other_is: u32,
    other: u32,
    exact: Exact,
    /// Whether the principal led here, so that the other is the resource.
    by_principal: bool,
}

/// What must be the very one that is written, and not one in it.
#[derive(Debug, Clone, Copy)]
struct Exact {
    action: bool,
    led: bool,
    other: bool,
}

/// Where a scope sets no bound, and what a request names and the snapshot does not.
const NONE: u32 = u32::MAX;

/// Numbers the uids that scopes name; before any other uid is numbered, so that those are few of which
/// the number is as low.
pub(super) fn number_scopes<'p>(names: &mut Names, policies: impl Iterator<Item = &'p Policy>) {
    for policy in policies {
        let (principal, resource) = (policy.principal_constraint(), policy.resource_constraint());
        let places = [principal.as_inner().get_euid(), resource.as_inner().get_euid()];
        for uid in places.into_iter().flatten() {
            names.add_uid(uid);
        }
        for uid in policy.action_constraint().iter_euids() {
            names.add_uid(uid);
        }
    }
}

/// Where a policy may be filed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Principal(UidId),
    Resource(UidId),
    PrincipalType(TypeId),
    ResourceType(TypeId),
    Rest,
}

impl Index {
    /// Takes time in proportion to the policies and the actions that their scopes list.
    ///
    /// `None` when there are too many of either to number.
    pub(super) fn build<'p>(
        names: &mut Names,
        policies: impl Iterator<Item = &'p Policy>,
    ) -> Option<Self> {
        let mut scopes = Vec::new();
        let mut actions: Vec<SmallVec<[u32; 2]>> = Vec::new();
        for policy in policies {
            scopes.push(Scope {
                principal: Constraint::new(policy.principal_constraint().as_inner(), names)?,
                resource: Constraint::new(policy.resource_constraint().as_inner(), names)?,
                exact_action: matches!(policy.action_constraint(), ActionConstraint::Eq(_)),
            });
            actions.push(match policy.action_constraint() {
                ActionConstraint::Any => SmallVec::from_slice(&[NONE]),
                constraint => {
                    let uids = constraint.iter_euids().map(|uid| names.add_uid(uid));
                    uids.map(|uid| uid.map(|uid| uid.0)).collect::<Option<_>>()?
                }
            });
        }
        let mut index = Self::default();
        index.file(&scopes, &actions)?;
        Some(index)
    }

    fn file(&mut self, scopes: &[Scope], actions: &[SmallVec<[u32; 2]>]) -> Option<()> {
        let uids = scopes.iter().flat_map(|scope| [scope.principal.uid(), scope.resource.uid()]);
        let uids = uids.flatten().map(|uid| uid.0);
        let listed = actions.iter().flatten().copied().filter(|action| *action != NONE);
        self.scope_uids = uids.chain(listed).max().map_or(Some(0), |last| last.checked_add(1))?;
        let none = || vec![0_u32; self.scope_uids as usize];
        let (mut principals, mut resources) = (none(), none());
        for scope in scopes {
            for (uid, counts) in
                [(scope.principal.uid(), &mut principals), (scope.resource.uid(), &mut resources)]
            {
                if let Some(count) = uid.and_then(|uid| counts.get_mut(uid.place())) {
                    *count = count.saturating_add(1);
                }
            }
        }
        let mut filed: Vec<(Place, Posting)> = Vec::with_capacity(scopes.len());
        for ((scope, actions), policy) in scopes.iter().zip(actions).zip(0_u32..) {
            let place = scope.place(&principals, &resources);
            let posting = |action: &u32| scope.posting(place, *action, policy);
            filed.extend(actions.iter().map(posting).map(|posting| (place, posting)));
        }
        filed.sort_unstable_by_key(|(place, posting)| (*place, posting.action, posting.policy));
        filed.dedup_by_key(|(place, posting)| (*place, posting.action, posting.policy));
        for alike in filed.chunk_by(|(one, _), (other, _)| one == other) {
            let start = u32::try_from(self.postings.len()).ok()?;
            let shelf = Shelf { start, length: u32::try_from(alike.len()).ok()? };
            self.postings.extend(alike.iter().map(|(_, posting)| *posting));
            let (shelves, at) = match alike.first()?.0 {
                Place::Principal(uid) => (&mut self.principals, uid.place()),
                Place::Resource(uid) => (&mut self.resources, uid.place()),
                Place::PrincipalType(id) => (&mut self.principal_types, id.0 as usize),
                Place::ResourceType(id) => (&mut self.resource_types, id.0 as usize),
                Place::Rest => {
                    self.rest = shelf;
                    continue;
                }
            };
            if shelves.len() <= at {
                shelves.resize(at.checked_add(1)?, Shelf::default());
            }
            *shelves.get_mut(at)? = shelf;
        }
        Some(())
    }

    /// The policies whose scope the request satisfies.
    ///
    /// Takes time in proportion to the ancestors that scopes name and to what is found there.
    pub(super) fn candidates(&self, asked: &Asked<'_>, found: &mut Candidates) {
        let mut walked: [SmallVec<[UidId; 8]>; 3] = Default::default();
        let [one, two, three] = &mut walked;
        let action = Named::new(&asked.action, one);
        let (principal, resource) =
            (Named::new(&asked.principal, two), Named::new(&asked.resource, three));
        let mut actions: SmallVec<[u32; 8]> = SmallVec::from_slice(&[NONE, action.id]);
        for ancestor in action.ancestors {
            if ancestor.0 >= self.scope_uids {
                break;
            }
            actions.push(ancestor.0);
        }
        let looked = Looked { actions: &actions, action: action.id, principal, resource };
        self.look(Some(&self.rest), true, &looked, found);
        self.look(self.principal_types.get(principal.is as usize), true, &looked, found);
        self.look(self.resource_types.get(resource.is as usize), true, &looked, found);
        for (shelves, named) in [(&self.principals, principal), (&self.resources, resource)] {
            self.look(shelves.get(named.id as usize), true, &looked, found);
            for ancestor in named.ancestors {
                if ancestor.0 >= self.scope_uids {
                    break;
                }
                self.look(shelves.get(ancestor.place()), false, &looked, found);
            }
        }
        // A list of actions files a policy more than once.
        if !found.is_sorted_by(|one, next| one < next) {
            found.sort_unstable();
            found.dedup();
        }
    }

    /// `itself` says whether an entity of the request led here and not one that it is in.
    #[inline]
    fn look(
        &self,
        shelf: Option<&Shelf>,
        itself: bool,
        looked: &Looked<'_>,
        found: &mut Candidates,
    ) {
        if let Some(shelf) = shelf.filter(|shelf| shelf.length > 0) {
            self.search(*shelf, itself, looked, found);
        }
    }

    fn search(&self, shelf: Shelf, itself: bool, looked: &Looked<'_>, found: &mut Candidates) {
        let start = shelf.start as usize;
        let end = start.saturating_add(shelf.length as usize);
        let postings = self.postings.get(start..end).unwrap_or_default();
        if postings.len() <= FEW {
            for posting in postings {
                let wanted = looked.actions.iter().any(|action| *action == posting.action);
                if wanted && posting.holds(looked, itself) {
                    found.push(posting.policy);
                }
            }
            return;
        }
        for wanted in looked.actions {
            for posting in of_action(postings, *wanted) {
                if posting.holds(looked, itself) {
                    found.push(posting.policy);
                }
            }
        }
    }
}

/// What a request is looked up by.
#[derive(Clone, Copy)]
struct Looked<'a> {
    /// The action, what it is in, and [`NONE`] for policies of any action.
    actions: &'a [u32],
    action: u32,
    principal: Named<'a>,
    resource: Named<'a>,
}

/// What the snapshot names of an entity and of what it is in.
#[derive(Clone, Copy)]
struct Named<'a> {
    id: u32,
    is: u32,
    /// In rising order.
    ancestors: &'a [UidId],
}

impl<'a> Named<'a> {
    #[inline]
    fn new(standing: &Standing<'a>, walked: &'a mut SmallVec<[UidId; 8]>) -> Self {
        let ancestors = match standing.ancestors {
            Ancestors::Stored(ancestors) => ancestors,
            Ancestors::Walked(ancestors) => {
                walked.extend(ancestors.iter().filter_map(|uid| uid.known()));
                walked
            }
        };
        let id = standing.uid.known().map_or(NONE, |uid| uid.0);
        Self { id, is: standing.entity_type.map_or(NONE, |id| id.0), ancestors }
    }

    #[inline]
    fn is_in(&self, uid: u32) -> bool {
        match self.ancestors.len() {
            0..=16 => self.ancestors.iter().any(|ancestor| ancestor.0 == uid),
            _ => self.ancestors.binary_search(&UidId(uid)).is_ok(),
        }
    }
}

/// So many postings are looked at one by one.
const FEW: usize = 16;

/// The postings of one action.
fn of_action(postings: &[Posting], action: u32) -> &[Posting] {
    let start = postings.partition_point(|posting| posting.action < action);
    let rest = postings.get(start..).unwrap_or_default();
    let length = rest.iter().take_while(|posting| posting.action == action).count();
    rest.get(..length).unwrap_or_default()
}

impl Posting {
    #[inline]
    fn holds(&self, looked: &Looked<'_>, itself: bool) -> bool {
        let (led, left) = match self.by_principal {
            true => (&looked.principal, &looked.resource),
            false => (&looked.resource, &looked.principal),
        };
        let Exact { action, led: exact, other } = self.exact;
        (itself || !exact)
            && (self.is == NONE || self.is == led.is)
            && (!action || self.action == looked.action)
            && (self.other_is == NONE || self.other_is == left.is)
            && (self.other == NONE || self.other == left.id || (!other && left.is_in(self.other)))
    }
}

impl Scope {
    fn posting(&self, place: Place, action: u32, policy: u32) -> Posting {
        let by_principal =
            matches!(place, Place::Principal(_) | Place::PrincipalType(_) | Place::Rest);
        let (led, other) = match by_principal {
            true => (self.principal, self.resource),
            false => (self.resource, self.principal),
        };
        let number = |id: Option<u32>| id.unwrap_or(NONE);
        let exact = |constraint| matches!(constraint, Constraint::Equal(_));
        Posting {
            action,
            policy,
            is: number(led.is().map(|id| id.0)),
            other_is: number(other.is().map(|id| id.0)),
            other: number(other.uid().map(|uid| uid.0)),
            exact: Exact { action: self.exact_action, led: exact(led), other: exact(other) },
            by_principal,
        }
    }

    /// Where the fewest other policies are.
    fn place(&self, principals: &[u32], resources: &[u32]) -> Place {
        let crowd = |counts: &[u32], uid: UidId| counts.get(uid.place()).copied();
        match (self.principal.uid(), self.resource.uid()) {
            (Some(one), Some(two)) if crowd(principals, one) <= crowd(resources, two) => {
                Place::Principal(one)
            }
            (_, Some(uid)) => Place::Resource(uid),
            (Some(uid), None) => Place::Principal(uid),
            (None, None) => match (self.principal, self.resource) {
                (_, Constraint::Is(id)) => Place::ResourceType(id),
                (Constraint::Is(id), _) => Place::PrincipalType(id),
                _ => Place::Rest,
            },
        }
    }
}

impl Constraint {
    fn new(constraint: &PrincipalOrResourceConstraint, names: &mut Names) -> Option<Self> {
        let mut uid = |reference: &EntityReference| match reference {
            EntityReference::EUID(uid) => names.add_uid(uid as &EntityUID),
            EntityReference::Slot(_) => None,
        };
        match constraint {
            PrincipalOrResourceConstraint::Any => Some(Self::Any),
            PrincipalOrResourceConstraint::Eq(reference) => uid(reference).map(Self::Equal),
            PrincipalOrResourceConstraint::In(reference) => uid(reference).map(Self::In),
            PrincipalOrResourceConstraint::Is(name) => names.add_type(name).map(Self::Is),
            PrincipalOrResourceConstraint::IsIn(name, reference) => {
                let uid = uid(reference);
                let id = names.add_type(name);
                id.zip(uid).map(|(id, uid)| Self::IsIn(id, uid))
            }
        }
    }

    fn uid(&self) -> Option<UidId> {
        match self {
            Self::Equal(uid) | Self::In(uid) | Self::IsIn(_, uid) => Some(*uid),
            Self::Any | Self::Is(_) => None,
        }
    }

    fn is(&self) -> Option<TypeId> {
        match self {
            Self::Is(id) | Self::IsIn(id, _) => Some(*id),
            Self::Any | Self::Equal(_) | Self::In(_) => None,
        }
    }
}
