//! Casbin, with groups as roles.

use std::error::Error;

use casbin::{CoreApi, DefaultModel, Enforcer, StringAdapter};
use notegate_worlds::{World, casbin as written};

use crate::{Decide, Entrant};

/// Policies with effects, and one matcher for all of them.
pub(crate) const CASBIN: Entrant = Entrant {
    name: "casbin",
    package: "casbin",
    form: "policies and roles loaded once; one matcher with the condition of all; ranks and \
           clearance given with the request",
    file: "casbin-rs.json",
    load,
};

fn load(world: &World) -> Result<Decide, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let enforcer = runtime.block_on(async {
        let model = DefaultModel::from_str(written::MODEL).await?;
        Enforcer::new(model, StringAdapter::new(written::lines(world))).await
    })?;
    let requests = world.questions.iter().map(|question| written::request(world, question));
    let requests: Vec<_> = requests.collect::<Option<_>>().ok_or("all that is asked is stored")?;
    Ok(Box::new(move |at| {
        let request: &[String; 6] = requests.get(at).ok_or("there is no such question")?;
        Ok(enforcer.enforce(request.to_vec())?)
    }))
}
