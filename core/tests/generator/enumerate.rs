use std::str::FromStr;

use cedar_policy::{Entity, EntityTypeName, EntityUid};
use notegate::Request;
use notegate::engine::Snapshot;
use notegate::model::Decision;

use super::Case;
use super::compare::{Compared, opened, shown};
use super::official::{Official, Overlaid};
use super::ours::Ours;
use super::requests::Parts;
use super::world::{DECLARED, UNDECLARED};

/// Compares what enumerations list with a decision for each stored entity.
///
/// # Errors
/// Says where they differ.
pub(crate) fn enumerations(case: &Case) -> Result<Compared, String> {
    let mut compared = Compared::default();
    let Some((official, ours)) = opened(case, &mut compared)? else { return Ok(compared) };
    for parts in case.asked.each() {
        let Ok(request) = ours.request(&parts, official.context(&parts)) else { continue };
        let entities = match parts.overlay.map(|at| official.overlaid(at)) {
            None => &official.entities,
            Some(Overlaid::Entities(entities)) => entities,
            Some(_) => continue,
        };
        for name in DECLARED.into_iter().chain(UNDECLARED) {
            let both = Both { official: &official, ours: &ours, parts: &parts, request: &request };
            both.compare(name, entities, &mut compared)
                .map_err(|difference| format!("{difference}\nof {}", shown(case, &parts)))?;
        }
        compared.overlaid += usize::from(parts.overlay.is_some());
    }
    Ok(compared)
}

struct Both<'a> {
    official: &'a Official,
    ours: &'a Ours,
    parts: &'a Parts,
    request: &'a Request,
}

impl Both<'_> {
    fn compare(
        &self,
        name: &'static str,
        entities: &cedar_policy::Entities,
        compared: &mut Compared,
    ) -> Result<(), String> {
        let type_name = EntityTypeName::from_str(name).expect("a type that the generator knows");
        let stored = self.official.entities.iter().map(Entity::uid);
        let mut stored: Vec<EntityUid> =
            stored.filter(|uid| *uid.type_name() == type_name).collect();
        stored.sort_unstable();
        let Ours { skipping, denying, .. } = self.ours;
        let found = |snapshot: &Snapshot| {
            let principals = snapshot.who_can(self.request, &type_name);
            (principals, snapshot.what_can(self.request, &type_name))
        };
        let (mut expected, mut expected_denying) =
            <((Vec<_>, Vec<_>), (Vec<_>, Vec<_>))>::default();
        let asked = self.official.request(self.parts, None)?;
        for uid in stored {
            for (is_principal, by_cedar, by_us) in [
                (true, &mut expected.0, &mut expected_denying.0),
                (false, &mut expected.1, &mut expected_denying.1),
            ] {
                let request = replaced(&asked, is_principal, uid.clone());
                let answer = self.official.decide(&request, entities);
                compared.requests += 1;
                compared.allowed += usize::from(answer.allowed());
                compared.erring += usize::from(answer.has_errors());
                if answer.allowed() {
                    by_cedar.push(uid.clone());
                }
                let ours = self.ours(is_principal, uid.clone())?;
                let outcome = skipping.evaluate(&ours);
                if !answer.is(&outcome) {
                    return Err(format!("found {outcome:#?}\nexpected {answer:#?}"));
                }
                let denied = self.ours.stated_difference(&outcome);
                if denied.decision == Decision::Allow {
                    by_us.push(uid.clone());
                }
                compared.answers += 3;
            }
        }
        if found(skipping) != expected {
            return Err(format!("enumerated {:?}\nexpected {expected:?}", found(skipping)));
        }
        if found(denying) != expected_denying {
            return Err(format!(
                "in deny mode {:?}\nexpected {expected_denying:?}",
                found(denying)
            ));
        }
        Ok(())
    }

    /// Our request with another principal or resource.
    fn ours(&self, is_principal: bool, uid: EntityUid) -> Result<Request, String> {
        let request = self.request;
        let (principal, resource) = match is_principal {
            true => (uid, request.resource().clone()),
            false => (request.principal().clone(), uid),
        };
        let mut builder = Request::builder(principal, request.action().clone(), resource);
        builder = builder.context(request.context().clone());
        for entity in request.entities() {
            builder = builder.entity(entity.clone());
        }
        for attributes in request.attributes() {
            builder = builder.attributes(attributes.clone());
        }
        builder.build(&self.ours.skipping.shape(None)).map_err(|error| error.to_string())
    }
}

fn replaced(
    request: &cedar_policy::Request,
    is_principal: bool,
    uid: EntityUid,
) -> cedar_policy::Request {
    let part = |part: Option<&EntityUid>| part.expect("all of a request is known").clone();
    let (principal, resource) = match is_principal {
        true => (uid, part(request.resource())),
        false => (part(request.principal()), uid),
    };
    let context = request.context().expect("all of a request is known").clone();
    cedar_policy::Request::new(principal, part(request.action()), resource, context, None)
        .expect("nothing is held against a schema")
}
