use cedar_policy::PolicyId;
use notegate::Request;
use notegate::engine::ErrorMode;
use notegate::model::Outcome;
use serde_json::json;

use super::compare::{Compared, opened_as};
use super::official::Answer;
use super::ours;
use super::requests::Spread;
use super::world::World;
use super::{Asked, Case, Choices, entities, probes, schema, spoil};

/// Entities in every form that they are written in, whole and spoilt, with a schema or without.
pub(crate) fn case(bytes: &[u8]) -> Case {
    let choices = &mut Choices::new(bytes);
    let world = World::generate(choices, is_strict(bytes));
    let with_schema = choices.chance(if world.strict { 90 } else { 10 });
    let most = 1 + choices.below(6);
    let mut stored = entities::stored(choices, &world, most);
    if with_schema {
        spoil::shorten(choices, &mut stored);
    }
    let mut text = None;
    if choices.chance(70) {
        for _ in 0..1 + choices.below(2) {
            spoil::entities(choices, &world, &mut stored);
        }
        if choices.chance(30) {
            text = Some(spoil::text(choices, &serde_json::Value::from(stored.clone()).to_string()));
        }
    }
    let spread = Spread { uids: 1, contexts: 1, overlays: 0, plain: 1, count: 1 };
    let mut asked = Asked::generate(choices, &world, spread);
    asked.contexts = vec![json!({})];
    Case {
        links: "[]".to_owned(),
        schema: with_schema.then(|| schema::written(&world)),
        entities: text.unwrap_or_else(|| serde_json::Value::from(stored).to_string()),
        asked,
        ..Case::default()
    }
}

fn is_strict(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|byte| byte % 4 != 0)
}

/// Compares what is read of a case's entities.
///
/// # Errors
/// Says where the two readings differ.
pub(crate) fn readings(case: &Case) -> Result<Compared, String> {
    let mut compared = Compared::default();
    let open = |case: &Case| ours::snapshot(case, ErrorMode::CedarSkip);
    let Some((official, read)) = opened_as(case, open, &mut compared)? else { return Ok(compared) };
    let (found, expected) = (read.entity_count(), official.entities.iter().count());
    if found != expected {
        return Err(format!("{found} entities were read, not {expected}"));
    }
    let (policies, hold) = probes::written_for(&official.entities);
    let probed = Case { policies, ..case.clone() };
    // Entities arrive with their policies, or after them.
    let snapshot = match hold % 2 {
        0 => open(&probed),
        _ => ours::bundle(&probed).and_then(|bundle| {
            let nothing = Case { entities: "[]".to_owned(), ..probed.clone() };
            open(&nothing)?.with_entities(bundle.entities().expect("there are some"))
        }),
    };
    let snapshot = snapshot.map_err(|error| error.to_string())?;
    let official = official.with_policies(&probed.policies)?;
    for parts in case.asked.each() {
        let answer = official.decide(&official.request(&parts, None)?, &official.entities);
        if answer.count() < hold {
            return Err(format!("{} probes hold, not {hold}", answer.count()));
        }
        let [principal, action, resource] =
            [parts.principal, parts.action, parts.resource].map(ours::uid);
        let request = Request::builder(principal, action, resource).build(&snapshot.shape(None));
        let outcome = snapshot.evaluate(&request.map_err(|error| error.to_string())?);
        if !answer.is(&outcome) {
            return Err(difference(&answer, &outcome, &probed.policies));
        }
        compared.requests += 1;
        compared.answers += probed.policies.lines().count();
        compared.allowed += usize::from(answer.allowed());
        compared.erring += usize::from(answer.has_errors());
    }
    Ok(compared)
}

/// The probes on which two readings differ.
fn difference(answer: &Answer, outcome: &Outcome, policies: &str) -> String {
    let lines: Vec<&str> = policies.lines().collect();
    let line = |id: &PolicyId| {
        let number = id.to_string().strip_prefix("policy").and_then(|number| number.parse().ok());
        number.map_or_else(String::new, |number: usize| lines[number].to_owned())
    };
    let (expected, found) = (answer.told(), told(outcome));
    let only = |one: &[(PolicyId, String)], two: &[(PolicyId, String)]| {
        let only = one.iter().filter(|told| !two.contains(told));
        only.map(|(id, what)| format!("\n{} {what}", line(id))).collect::<String>()
    };
    format!("found{}\nexpected{}", only(&found, &expected), only(&expected, &found))
}

fn told(outcome: &Outcome) -> Vec<(PolicyId, String)> {
    let holds = outcome.reason.iter().map(|id| (id.clone(), "holds".to_owned()));
    let errs = outcome.errors.iter().map(|error| {
        let id = error.policy_id.clone().unwrap_or_else(|| PolicyId::new(""));
        (id, error.message.clone())
    });
    holds.chain(errs).collect()
}
