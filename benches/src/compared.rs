//! What has to be so before anything is timed.

use std::time::{Duration, Instant};

use notegate::engine::Scratch;
use notegate_worlds::World;

use crate::official::Official;
use crate::ours::Ours;

/// What comparing told.
#[derive(Debug, Clone, Copy)]
pub struct Compared {
    /// How many questions are allowed, of all.
    pub allowed: usize,
    /// How many were decided by the official authorizer as well.
    pub official: usize,
}

/// How many the official authorizer decides at least.
const LEAST: usize = 64;

/// Asks every question in every way, and the official authorizer for as many as it decides in this
/// time.
///
/// # Errors
/// With the first question on which two do not agree.
pub fn compare(
    world: &World,
    ours: &Ours,
    official: Option<&Official>,
    budget: Duration,
) -> Result<Compared, String> {
    let (snapshot, scratch) = (ours.pdp.snapshot(), Scratch::default());
    let mut asking = ours.asking(&snapshot);
    let prepared = asking.prepared(&scratch);
    let mut compared = Compared { allowed: 0, official: 0 };
    let began = Instant::now();
    for (at, (question, prepared)) in world.questions.iter().zip(&prepared).enumerate() {
        let wanted = world.allows(question);
        let mut found = vec![
            ("strings", asking.strings(at)),
            ("prepared", prepared.answer().decision() == notegate::Decision::Allow),
            ("authorize", asking.request(at)),
        ];
        if compared.official < LEAST || began.elapsed() < budget {
            found.push(("the official authorizer", by_official(ours, official, at)?));
            compared.official = compared.official.saturating_add(1);
        }
        if let Some((name, _)) = found.iter().find(|(_, allowed)| *allowed != wanted) {
            let spec = world.spec;
            return Err(format!("{name} decides {question:?} otherwise, in {spec:?}"));
        }
        compared.allowed = compared.allowed.saturating_add(usize::from(wanted));
    }
    let batch = asking.batch(&ours.requests);
    if batch != compared.allowed {
        return Err(format!("a batch allows {batch}, and one by one {}", compared.allowed));
    }
    Ok(compared)
}

/// By the official authorizer over entities of its own, or else over those of the snapshot.
fn by_official(ours: &Ours, official: Option<&Official>, at: usize) -> Result<bool, String> {
    if let Some(official) = official {
        return Ok(official.allows(at));
    }
    let request = ours.requests.get(at).ok_or("there is no such question")?;
    match ours.pdp.snapshot().evaluate_checked(request, true) {
        (outcome, None) => Ok(outcome.decision == notegate::Decision::Allow),
        (_, Some(_)) => Err(format!("the official authorizer answers question {at} otherwise")),
    }
}
