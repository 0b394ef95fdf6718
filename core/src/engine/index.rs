//! Which policies a request could satisfy, by their scopes alone.
//!
//! Each policy is filed under one entity or type of its scope, and there by action. A request looks
//! at what is filed under its principal, its resource, their ancestors and their types; nothing is
//! compared with the policies that are filed elsewhere. What is found is held against its whole
//! scope, so the place a policy is filed under decides how fast it is found and never whether.

use cedar_policy_core::ast::{
    ActionConstraint, EntityReference, EntityUID, Policy, PrincipalOrResourceConstraint,
};
use smallvec::SmallVec;

use super::names::{Names, TypeId, Uid, UidId};
use super::standing::Standing;

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
    /// INVARIANT: uids that scopes name were numbered first, so they are those below this.
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
    /// The action of the scope, or [`ANY_ACTION`].
    action: u32,
    policy: u32,
    scope: Scope,
}

const ANY_ACTION: u32 = u32::MAX;

/// Numbers the uids that scopes name. Must come before any other uid is numbered.
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
#[derive(Clone, Copy)]
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
        let scope_uids = u32::try_from(names.uid_count()).ok()?;
        let mut scopes = Vec::new();
        let mut actions: Vec<SmallVec<[u32; 2]>> = Vec::new();
        for policy in policies {
            scopes.push(Scope {
                principal: Constraint::new(policy.principal_constraint().as_inner(), names)?,
                resource: Constraint::new(policy.resource_constraint().as_inner(), names)?,
                exact_action: matches!(policy.action_constraint(), ActionConstraint::Eq(_)),
            });
            actions.push(match policy.action_constraint() {
                ActionConstraint::Any => SmallVec::from_slice(&[ANY_ACTION]),
                constraint => {
                    let uids = constraint.iter_euids().map(|uid| names.add_uid(uid));
                    uids.map(|uid| uid.map(|uid| uid.0)).collect::<Option<_>>()?
                }
            });
        }
        let mut index = Self { scope_uids, ..Self::default() };
        index.file(&scopes, &actions, names)?;
        Some(index)
    }

    fn file(
        &mut self,
        scopes: &[Scope],
        actions: &[SmallVec<[u32; 2]>],
        names: &Names,
    ) -> Option<()> {
        let (uids, types) = (names.uid_count(), names.type_count());
        let mut counts = (vec![0_u32; uids], vec![0_u32; uids]);
        for scope in scopes {
            for (uid, counts) in
                [(scope.principal.uid(), &mut counts.0), (scope.resource.uid(), &mut counts.1)]
            {
                if let Some(count) = uid.and_then(|uid| counts.get_mut(uid.place())) {
                    *count = count.saturating_add(1);
                }
            }
        }
        let mut shelves: [Vec<Vec<Posting>>; 5] =
            [uids, uids, types, types, 1].map(|length| vec![Vec::new(); length]);
        for (policy, (scope, actions)) in scopes.iter().zip(actions).enumerate() {
            let (shelf, place) = match scope.place(&counts.0, &counts.1) {
                Place::Principal(uid) => (0, uid.place()),
                Place::Resource(uid) => (1, uid.place()),
                Place::PrincipalType(id) => (2, id.0 as usize),
                Place::ResourceType(id) => (3, id.0 as usize),
                Place::Rest => (4, 0),
            };
            let policy = u32::try_from(policy).ok()?;
            let postings =
                actions.iter().map(|action| Posting { action: *action, policy, scope: *scope });
            shelves.get_mut(shelf)?.get_mut(place)?.extend(postings);
        }
        let [principals, resources, principal_types, resource_types, rest] = shelves;
        self.principals = self.shelve(principals)?;
        self.resources = self.shelve(resources)?;
        self.principal_types = self.shelve(principal_types)?;
        self.resource_types = self.shelve(resource_types)?;
        self.rest = self.shelve(rest)?.first().copied().unwrap_or_default();
        Some(())
    }

    fn shelve(&mut self, shelves: Vec<Vec<Posting>>) -> Option<Vec<Shelf>> {
        let shelve = |mut postings: Vec<Posting>| {
            let place = |posting: &Posting| (posting.action, posting.policy);
            postings.sort_unstable_by_key(place);
            postings.dedup_by_key(|posting| place(posting));
            let start = u32::try_from(self.postings.len()).ok()?;
            let length = u32::try_from(postings.len()).ok()?;
            self.postings.append(&mut postings);
            Some(Shelf { start, length })
        };
        shelves.into_iter().map(shelve).collect()
    }

    /// The policies whose scope the request satisfies.
    ///
    /// Takes time in proportion to the ancestors that scopes name and to what is found there.
    pub(super) fn candidates(&self, asked: &Asked<'_>, found: &mut Candidates) {
        let Asked { principal, action, resource } = asked;
        let mut actions: SmallVec<[u32; 8]> = SmallVec::new();
        actions.extend(action.known().map(|uid| uid.0));
        action.ancestors_below(self.scope_uids, |uid| actions.push(uid.0));
        actions.push(ANY_ACTION);
        let mut look = |shelves: &[Shelf], place: usize| {
            if let Some(shelf) = shelves.get(place).filter(|shelf| shelf.length > 0) {
                self.look(*shelf, &actions, asked, found);
            }
        };
        look(std::slice::from_ref(&self.rest), 0);
        if let Some(id) = principal.entity_type {
            look(&self.principal_types, id.0 as usize);
        }
        if let Some(id) = resource.entity_type {
            look(&self.resource_types, id.0 as usize);
        }
        if let Some(uid) = principal.known() {
            look(&self.principals, uid.place());
        }
        principal.ancestors_below(self.scope_uids, |uid| look(&self.principals, uid.place()));
        if let Some(uid) = resource.known() {
            look(&self.resources, uid.place());
        }
        resource.ancestors_below(self.scope_uids, |uid| look(&self.resources, uid.place()));
        found.sort_unstable();
        // A list of actions files a policy more than once.
        found.dedup();
    }

    #[inline]
    fn look(&self, shelf: Shelf, actions: &[u32], asked: &Asked<'_>, found: &mut Candidates) {
        let start = shelf.start as usize;
        let end = start.saturating_add(shelf.length as usize);
        let postings = self.postings.get(start..end).unwrap_or_default();
        if postings.len() <= FEW {
            let postings = postings.iter().filter(|posting| actions.contains(&posting.action));
            found.extend(postings.filter(|one| one.holds(asked)).map(|one| one.policy));
            return;
        }
        for wanted in actions {
            let postings = of_action(postings, *wanted).iter();
            found.extend(postings.filter(|one| one.holds(asked)).map(|one| one.policy));
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
    fn holds(&self, asked: &Asked<'_>) -> bool {
        let exact = || asked.action.known().is_some_and(|uid| uid.0 == self.action);
        (!self.scope.exact_action || exact())
            && self.scope.principal.holds(&asked.principal)
            && self.scope.resource.holds(&asked.resource)
    }
}

impl Scope {
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

    #[inline]
    fn holds(&self, entity: &Standing<'_>) -> bool {
        let is_in =
            |uid: UidId| entity.known() == Some(uid) || entity.ancestors.contain(Uid::Known(uid));
        match *self {
            Self::Any => true,
            Self::Equal(uid) => entity.known() == Some(uid),
            Self::In(uid) => is_in(uid),
            Self::Is(id) => entity.entity_type == Some(id),
            Self::IsIn(id, uid) => entity.entity_type == Some(id) && is_in(uid),
        }
    }
}
