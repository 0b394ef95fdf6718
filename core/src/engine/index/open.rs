//! Policies whose scope a request satisfies but for one place, which is left open.

use super::filing::{Constraint, Scope};
use super::{Asked, Candidates, Index, NONE, Named};
use crate::engine::standing::Standing;

/// The place of a request that is left open.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Place {
    Principal,
    Resource,
}

/// Policies with what the open place must satisfy, in the order of the policy set.
#[derive(Debug)]
pub(in crate::engine) struct Open(Vec<(u32, Constraint)>);

impl Index {
    /// Leaves a place of a request open.
    ///
    /// Takes time in proportion to all policies.
    pub(in crate::engine) fn open(&self, asked: &Asked<'_>, place: Place) -> Open {
        let (mut one, mut two) = Default::default();
        let action = Named::new(&asked.action, &mut one);
        let other = match place {
            Place::Principal => &asked.resource,
            Place::Resource => &asked.principal,
        };
        let other = Named::new(other, &mut two);
        let open = self.scopes.iter().zip(0_u32..).filter(|(scope, _)| scope.allows(&action));
        let open = open.filter_map(|(scope, policy)| {
            let (left, closed) = match place {
                Place::Principal => (scope.principal, scope.resource),
                Place::Resource => (scope.resource, scope.principal),
            };
            closed.holds(&other).then_some((policy, left))
        });
        Open(open.collect())
    }
}

impl Open {
    /// The policies.
    pub(in crate::engine) fn policies(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|(policy, _)| *policy)
    }

    /// The policies whose scope is satisfied with this entity in the open place.
    pub(in crate::engine) fn filled(&self, entity: &Standing<'_>, found: &mut Candidates) {
        let mut walked = Default::default();
        let entity = Named::new(entity, &mut walked);
        for (policy, constraint) in &self.0 {
            if constraint.holds(&entity) {
                found.push(*policy);
            }
        }
    }
}

impl Scope {
    fn allows(&self, action: &Named<'_>) -> bool {
        let named = |one: u32| one == action.id || (!self.exact_action && action.is_in(one));
        self.actions.iter().any(|one| *one == NONE || named(*one))
    }
}

impl Constraint {
    fn holds(&self, entity: &Named<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Equal(uid) => entity.id == uid.0,
            Self::In(uid) => entity.id == uid.0 || entity.is_in(uid.0),
            Self::Is(id) => entity.is == id.0,
            Self::IsIn(id, uid) => entity.is == id.0 && (entity.id == uid.0 || entity.is_in(uid.0)),
        }
    }
}
