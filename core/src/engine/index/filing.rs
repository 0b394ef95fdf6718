//! Policies into the index, each at the one place where the fewest others are.

use cedar_policy_core::ast::{
    ActionConstraint, EntityReference, EntityUID, Policy, PrincipalOrResourceConstraint,
};
use smallvec::SmallVec;

use super::{Exact, Index, NONE, Posting, Shelf};
use crate::engine::names::{Names, TypeId, UidId};

/// The scope of a policy.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) principal: Constraint,
    pub(super) resource: Constraint,
    /// The actions, or [`NONE`] for any.
    pub(super) actions: SmallVec<[u32; 2]>,
    /// Whether the action must be the one that is written and not one in it.
    pub(super) exact_action: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Constraint {
    Any,
    Equal(UidId),
    In(UidId),
    Is(TypeId),
    IsIn(TypeId, UidId),
}

/// Numbers the uids that scopes name; before any other uid is numbered, so that those are few of which
/// the number is as low.
pub(in crate::engine) fn number_scopes<'p>(
    names: &mut Names,
    policies: impl Iterator<Item = &'p Policy>,
) {
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
    pub(in crate::engine) fn build<'p>(
        names: &mut Names,
        policies: impl Iterator<Item = &'p Policy>,
    ) -> Option<Self> {
        let scopes =
            policies.map(|policy| Scope::new(policy, names)).collect::<Option<Vec<_>>>()?;
        let mut index = Self::default();
        index.file(&scopes)?;
        Some(Self { scopes, ..index })
    }

    fn file(&mut self, scopes: &[Scope]) -> Option<()> {
        let uids = scopes.iter().flat_map(|scope| [scope.principal.uid(), scope.resource.uid()]);
        let uids = uids.flatten().map(|uid| uid.0);
        let listed = scopes.iter().flat_map(|scope| &scope.actions).copied();
        let listed = listed.filter(|action| *action != NONE);
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
        for (scope, policy) in scopes.iter().zip(0_u32..) {
            let place = scope.place(&principals, &resources);
            let posting = |action: &u32| scope.posting(place, *action, policy);
            filed.extend(scope.actions.iter().map(posting).map(|posting| (place, posting)));
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
}

impl Scope {
    fn new(policy: &Policy, names: &mut Names) -> Option<Self> {
        let action = policy.action_constraint();
        Some(Self {
            principal: Constraint::new(policy.principal_constraint().as_inner(), names)?,
            resource: Constraint::new(policy.resource_constraint().as_inner(), names)?,
            actions: match action {
                ActionConstraint::Any => SmallVec::from_slice(&[NONE]),
                constraint => {
                    let uids = constraint.iter_euids().map(|uid| names.add_uid(uid));
                    uids.map(|uid| uid.map(|uid| uid.0)).collect::<Option<_>>()?
                }
            },
            exact_action: matches!(action, ActionConstraint::Eq(_)),
        })
    }

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

    pub(super) fn uid(&self) -> Option<UidId> {
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
