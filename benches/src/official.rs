//! A world as the language crate's own values.

use std::error::Error;

use cedar_policy::{Authorizer, Decision, Entities, PolicySet};
use notegate_worlds::{World, cedar};

use crate::ours::Ours;

/// The official authorizer, with everything parsed.
#[derive(Debug)]
pub struct Official {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    requests: Vec<cedar_policy::Request>,
}

impl Official {
    /// The same world, and the same requests.
    ///
    /// # Errors
    /// When it is refused, with the reason.
    pub fn new(world: &World, ours: &Ours) -> Result<Self, Box<dyn Error>> {
        let snapshot = ours.pdp.snapshot();
        let request = |one: &notegate::Request| {
            let [principal, action, resource] =
                [one.principal(), one.action(), one.resource()].map(Clone::clone);
            cedar_policy::Request::new(principal, action, resource, one.context().clone(), None)
        };
        Ok(Self {
            authorizer: Authorizer::new(),
            policies: PolicySet::from_json_str(cedar::policies(world))?,
            entities: Entities::from_json_str(&cedar::entities(world), snapshot.schema())?,
            requests: ours.requests.iter().map(request).collect::<Result<_, _>>()?,
        })
    }

    /// Whether the question at this place is allowed.
    #[must_use]
    pub fn allows(&self, at: usize) -> bool {
        self.requests.get(at).is_some_and(|request| {
            let response = self.authorizer.is_authorized(request, &self.policies, &self.entities);
            response.decision() == Decision::Allow
        })
    }
}
