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

use super::names::{Names, TypeId, TypeName, Uid, UidId};
use super::standing::Standing;

/// Positions of candidate policies, in the order of the policy set.
pub(super) type Candidates = SmallVec<[u32; 32]>;

#[derive(Debug, Default)]
pub(super) struct Index {
    scopes: Vec<Scope>,
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
    /// The action, when it must be this one and not one in it.
    exact_action: Option<UidId>,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Posting {
    /// The action of the scope, or [`ANY_ACTION`].
    action: u32,
    policy: u32,
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
                exact_action: match policy.action_constraint() {
                    ActionConstraint::Eq(uid) => Some(names.add_uid(uid)?),
                    _ => None,
                },
            });
            actions.push(match policy.action_constraint() {
                ActionConstraint::Any => SmallVec::from_slice(&[ANY_ACTION]),
                constraint => {
                    let uids = constraint.iter_euids().map(|uid| names.add_uid(uid));
                    uids.map(|uid| uid.map(|uid| uid.0)).collect::<Option<_>>()?
                }
            });
        }
        let mut index = Self { scopes, scope_uids, ..Self::default() };
        index.file(&actions, names)?;
        Some(index)
    }

    fn file(&mut self, actions: &[SmallVec<[u32; 2]>], names: &Names) -> Option<()> {
        let (uids, types) = (names.uid_count(), names.type_count());
        let mut counts = (vec![0_u32; uids], vec![0_u32; uids]);
        for scope in &self.scopes {
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
        for (policy, (scope, actions)) in self.scopes.iter().zip(actions).enumerate() {
            let (shelf, place) = match scope.place(&counts.0, &counts.1) {
                Place::Principal(uid) => (0, uid.place()),
                Place::Resource(uid) => (1, uid.place()),
                Place::PrincipalType(id) => (2, id.0 as usize),
                Place::ResourceType(id) => (3, id.0 as usize),
                Place::Rest => (4, 0),
            };
            let policy = u32::try_from(policy).ok()?;
            let postings = actions.iter().map(|action| Posting { action: *action, policy });
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
            postings.sort_unstable();
            postings.dedup();
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
    pub(super) fn candidates(
        &self,
        principal: &Standing<'_>,
        action: &Standing<'_>,
        resource: &Standing<'_>,
        found: &mut Candidates,
    ) {
        let mut actions: SmallVec<[u32; 8]> = SmallVec::new();
        actions.extend(action.known().map(|uid| uid.0));
        action.ancestors_below(self.scope_uids, |uid| actions.push(uid.0));
        actions.push(ANY_ACTION);
        let mut look = |shelf: Option<&Shelf>| {
            let Some(shelf) = shelf.filter(|shelf| shelf.length > 0) else { return };
            let start = shelf.start as usize;
            let end = start.saturating_add(shelf.length as usize);
            let postings = self.postings.get(start..end).unwrap_or_default();
            for wanted in &actions {
                for posting in of_action(postings, *wanted) {
                    let scope = self.scopes.get(posting.policy as usize);
                    if scope.is_some_and(|scope| scope.holds(principal, action, resource)) {
                        found.push(posting.policy);
                    }
                }
            }
        };
        look(Some(&self.rest));
        if let Some(id) = principal.entity_type {
            look(self.principal_types.get(id.0 as usize));
        }
        if let Some(id) = resource.entity_type {
            look(self.resource_types.get(id.0 as usize));
        }
        if let Some(uid) = principal.known() {
            look(self.principals.get(uid.place()));
        }
        principal.ancestors_below(self.scope_uids, |uid| look(self.principals.get(uid.place())));
        if let Some(uid) = resource.known() {
            look(self.resources.get(uid.place()));
        }
        resource.ancestors_below(self.scope_uids, |uid| look(self.resources.get(uid.place())));
        found.sort_unstable();
        // A list of actions files a policy more than once.
        found.dedup();
    }
}

/// The postings of one action.
fn of_action(postings: &[Posting], action: u32) -> &[Posting] {
    let start = match postings.len() {
        0..=8 => postings.iter().take_while(|posting| posting.action < action).count(),
        _ => postings.partition_point(|posting| posting.action < action),
    };
    let rest = postings.get(start..).unwrap_or_default();
    let length = rest.iter().take_while(|posting| posting.action == action).count();
    rest.get(..length).unwrap_or_default()
}

impl Scope {
    fn holds(
        &self,
        principal: &Standing<'_>,
        action: &Standing<'_>,
        resource: &Standing<'_>,
    ) -> bool {
        self.exact_action.is_none_or(|exact| action.known() == Some(exact))
            && self.principal.holds(principal)
            && self.resource.holds(resource)
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
            PrincipalOrResourceConstraint::Is(name) => {
                names.add_type(TypeName::Parsed(name)).map(Self::Is)
            }
            PrincipalOrResourceConstraint::IsIn(name, reference) => {
                let uid = uid(reference);
                let id = names.add_type(TypeName::Parsed(name));
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
