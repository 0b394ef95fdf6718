//! What the compiled form leaves to the official evaluator.

use cedar_policy::Decision;
use cedar_policy_core::ast::{self, EntityUID, EntityUIDEntry, Policy};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;

use super::{Determined, Satisfied, Store};
use crate::engine::overlay;
use crate::engine::policies::{self, Policies};
use crate::engine::snapshot::Evaluation;
use crate::request::Request;

/// What the official evaluator decides on.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Stored<'a> {
    pub(in crate::engine) policies: &'a Policies,
    pub(in crate::engine) store: &'a Store,
}

impl Satisfied {
    /// Whether the decision is the bare one of the policies: nothing is left to the official
    /// evaluator, and no obligations of two policies can conflict.
    pub(in crate::engine) fn is_plain(&self) -> bool {
        self.deferred.is_empty() && self.obliging < 2
    }

    /// The decision, as far as it is settled.
    pub(in crate::engine) fn decision(&self) -> Decision {
        decision(self.forbidden, &self.determining)
    }

    /// The positions of the determining policies, in the order of the policy set.
    pub(in crate::engine) fn reason(&self) -> &[u32] {
        &self.determining
    }

    /// Asks the official evaluator about the policies that are left to it.
    ///
    /// # Errors
    /// When the request's entities close the hierarchy to a cycle.
    pub(in crate::engine) fn settle(
        mut self,
        request: &Request,
        stored: Stored<'_>,
    ) -> Result<Evaluation, String> {
        let mut errors = Vec::new();
        if !self.deferred.is_empty() {
            let deferred = std::mem::take(&mut self.deferred);
            let policies = deferred.iter().filter_map(|at| {
                let id = &stored.policies.infos.get(*at as usize)?.id;
                Some((*at, stored.policies.set.policy(id)?))
            });
            let named = policies.clone().flat_map(|(_, policy)| policies::named(policy)).collect();
            let entities = overlay::merge(stored.store, request, &named)?;
            let entry = |uid: &cedar_policy::EntityUid| {
                EntityUIDEntry::known(AsRef::<EntityUID>::as_ref(uid).clone(), None)
            };
            let asked = ast::Request::new_unchecked(
                entry(request.principal()),
                entry(request.action()),
                entry(request.resource()),
                Some(request.context().as_ref().clone()),
            );
            let evaluator = Evaluator::new(asked, entities.as_ref(), Extensions::all_available());
            for (at, policy) in policies {
                match evaluator.evaluate(AsRef::<Policy>::as_ref(policy)) {
                    Ok(true) => self.add(at, policy.effect(), false),
                    Ok(false) => {}
                    Err(error) => errors.push((at as usize, error.to_string())),
                }
            }
            self.determining.sort_unstable();
        }
        Ok(self.evaluation(errors))
    }

    /// What is settled, with the errors that settling it gave.
    pub(in crate::engine) fn evaluation(&self, errors: Vec<(usize, String)>) -> Evaluation {
        Evaluation { decision: self.decision(), reason: places(&self.determining), errors }
    }
}

impl Determined {
    /// What is kept of what is plain.
    #[inline]
    pub(in crate::engine) fn of(plain: Satisfied) -> Self {
        let Satisfied { forbidden, determining, obliging, .. } = plain;
        Self { determining, forbidden, obliges: obliging > 0 }
    }

    /// Allow or Deny.
    #[inline]
    pub(in crate::engine) fn decision(&self) -> Decision {
        decision(self.forbidden, &self.determining)
    }

    /// What the policies say.
    pub(in crate::engine) fn evaluation(&self) -> Evaluation {
        let reason = places(&self.determining);
        Evaluation { decision: self.decision(), reason, errors: Vec::new() }
    }
}

#[inline]
fn decision(forbidden: bool, determining: &[u32]) -> Decision {
    match forbidden || determining.is_empty() {
        true => Decision::Deny,
        false => Decision::Allow,
    }
}

fn places(determining: &[u32]) -> Vec<usize> {
    determining.iter().map(|at| *at as usize).collect()
}
