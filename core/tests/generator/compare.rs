use std::fmt;

use cedar_policy::{Entities, Entity};
use notegate::Request;
use notegate::model::{Decision, LoadError, LoadErrorKind, Outcome};

use super::Case;
use super::answers::Ask;
use super::official::{Official, Overlaid};
use super::ours::Ours;
use super::requests::Parts;

/// How many requests of a case are decided once more as a batch.
const BATCH: usize = 24;

/// What was compared.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Compared {
    /// Requests that the official authorizer decided.
    pub(crate) requests: usize,
    /// Answers of ours held against those decisions: in each error mode, in each way to ask.
    pub(crate) answers: usize,
    pub(crate) allowed: usize,
    /// Requests of which a policy erred.
    pub(crate) erring: usize,
    /// Requests with entities or attributes of their own.
    pub(crate) overlaid: usize,
    /// Requests that are seen at once to be what the schema and the limits allow.
    pub(crate) admitted: usize,
    /// Requests denied since their entities close a cycle.
    pub(crate) cyclic: usize,
    /// Requests refused by both sides, by the schema.
    pub(crate) unfit: usize,
    /// Bundles refused by both sides.
    pub(crate) refused: usize,
    /// Bundles that only a limit of ours refused, or a difference that is stated.
    pub(crate) limited: usize,
}

impl Compared {
    /// Adds what was compared elsewhere.
    pub(crate) fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.answers += other.answers;
        self.allowed += other.allowed;
        self.erring += other.erring;
        self.overlaid += other.overlaid;
        self.admitted += other.admitted;
        self.cyclic += other.cyclic;
        self.unfit += other.unfit;
        self.refused += other.refused;
        self.limited += other.limited;
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests ({} allowed, {} erring, {} with entities of their own, {} admitted at \
             once, {} cyclic, {} unfit), {} answers, {} bundles refused and {} limited",
            self.requests,
            self.allowed,
            self.erring,
            self.overlaid,
            self.admitted,
            self.cyclic,
            self.unfit,
            self.answers,
            self.refused,
            self.limited
        )
    }
}

/// Both sides' reading of a case; none when both refuse it.
///
/// # Errors
/// When one refuses what the other reads.
pub(crate) fn opened(
    case: &Case,
    compared: &mut Compared,
) -> Result<Option<(Official, Ours)>, String> {
    opened_as(case, Ours::open, compared)
}

/// The same, with our side opened in some way.
pub(crate) fn opened_as<T>(
    case: &Case,
    open: impl Fn(&Case) -> Result<T, LoadError>,
    compared: &mut Compared,
) -> Result<Option<(Official, T)>, String> {
    match (Official::open(case), open(case)) {
        (Ok(official), Ok(ours)) => return Ok(Some((official, ours))),
        (Err(_), Err(_)) => compared.refused += 1,
        (Ok(_), Err(error)) if error.kind() == LoadErrorKind::Limit => compared.limited += 1,
        (Ok(official), Err(error)) if is_stated(&official.entities, &error.to_string()) => {
            compared.limited += 1;
        }
        (Ok(_), Err(error)) => return Err(format!("only we refuse it: {error}")),
        (Err(error), Ok(_)) => return Err(format!("only the official side refuses it: {error}")),
    }
    Ok(None)
}

/// Whether a refusal is one of those that are stated: a value that is unknown, and an entity that is
/// there twice, be it twice the same.
fn is_stated(entities: &Entities, refusal: &str) -> bool {
    let unknown = |entity: &Entity| {
        let (mut attributes, mut tags) = (entity.attrs(), entity.tags());
        attributes.any(|(_, value)| value.is_err()) || tags.any(|(_, value)| value.is_err())
    };
    refusal.contains("is there twice") || entities.iter().any(unknown)
}

/// Compares all ways to decide what a case asks.
///
/// # Errors
/// Says where two of them differ.
pub(crate) fn decisions(case: &Case) -> Result<Compared, String> {
    let mut compared = Compared::default();
    let Some((official, ours)) = opened(case, &mut compared)? else { return Ok(compared) };
    let given = bumpalo::Bump::new();
    let ask = Ask::new(case, &official, &ours, &given);
    let mut batch = Vec::new();
    for parts in case.asked.each() {
        let decided = one(case, &ask, &parts, &mut compared)
            .map_err(|difference| format!("{difference}\nof {}", shown(case, &parts)))?;
        batch.extend(decided.filter(|_| batch.len() < BATCH));
    }
    let (requests, outcomes): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    if ours.skipping.evaluate_batch(&requests) != outcomes {
        return Err("a batch is decided otherwise than its requests one by one".to_owned());
    }
    compared.answers += outcomes.len();
    Ok(compared)
}

/// The request with its outcome, when there was an answer to compare with.
fn one(
    case: &Case,
    ask: &Ask<'_>,
    parts: &Parts,
    compared: &mut Compared,
) -> Result<Option<(Request, Outcome)>, String> {
    let (official, ours) = (ask.official, ask.ours);
    let request = match (ours.request(parts, official.context(parts)), unfit(case, official, parts))
    {
        (Ok(request), None) => request,
        (Err(_), Some(_)) => {
            compared.unfit += 1;
            return ask.unfit(parts).map(|()| None);
        }
        (Ok(_), Some(error)) => return Err(format!("only the official side refuses it: {error}")),
        (Err(error), None) => return Err(format!("only we refuse it: {error}")),
    };
    let entities = match parts.overlay.map(|at| official.overlaid(at)) {
        None => &official.entities,
        Some(Overlaid::Entities(entities)) => entities,
        Some(Overlaid::Unable) => return ask.evaluators(&request).map(|()| None),
        Some(Overlaid::Cycle) => {
            compared.cyclic += 1;
            return ask.refusal(parts, &request).map(|()| None);
        }
    };
    let answer = official.decide(&official.request(parts, None)?, entities);
    let (outcome, answers) = ask.all(parts, &request, &answer)?;
    if compared.requests.is_multiple_of(16) {
        ask.evaluators(&request)?;
    }
    compared.requests += 1;
    compared.answers += answers;
    compared.allowed += usize::from(outcome.decision == Decision::Allow);
    compared.erring += usize::from(answer.has_errors());
    compared.overlaid += usize::from(parts.overlay.is_some());
    compared.admitted += usize::from(ask.is_admitted(parts));
    Ok(Some((request, outcome)))
}

/// Why the schema does not allow a request, when the case holds it to one.
fn unfit(case: &Case, official: &Official, parts: &Parts) -> Option<String> {
    let schema = official.schema.as_ref().filter(|_| case.validated)?;
    if let Err(error) = official.request(parts, Some(schema)) {
        return Some(error);
    }
    let overlay = &case.asked.overlays[parts.overlay?];
    let whole = overlay.entities.iter().map(|json| (json, None));
    let attributes = overlay.attributes.iter();
    let parts = attributes.map(|(uid, fields)| (fields, Some(*uid)));
    whole.chain(parts).find_map(|(json, uid)| super::overlays::unfit(json, uid, schema))
}

/// A request for people.
pub(crate) fn shown(case: &Case, parts: &Parts) -> String {
    let context = &case.asked.contexts[parts.context];
    let overlay = parts.overlay.map(|at| &case.asked.overlays[at]);
    format!("{parts:?}\ncontext {context}\noverlay {overlay:#?}")
}
