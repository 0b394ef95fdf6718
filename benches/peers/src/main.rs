//! Authorizers in Rust beside Notegate, on the same worlds: `notegate-peers FOLDER` leaves a file
//! of figures for each there.
//!
//! A world is decided by all of them as it is decided by ours before any is timed.

mod casbin_rules;
mod rego;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use notegate_worlds::{POLICIES, Pace, Peer, PeerFigures, Spec, Stopwatch, World, interleave};

/// Decides the question at this place.
type Decide = Box<dyn FnMut(usize) -> Result<bool, Box<dyn Error>>>;

/// Who is timed, and how a world is loaded into it.
struct Entrant {
    name: &'static str,
    package: &'static str,
    form: &'static str,
    file: &'static str,
    load: fn(&World) -> Result<Decide, Box<dyn Error>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("say into which folder")?);
    let quick = std::env::var_os("QUICK").is_some_and(|value| !value.is_empty());
    let pace = if quick { Pace::quick() } else { Pace::full() };
    let policies = if quick { &POLICIES[..2] } else { &POLICIES[..] };
    for entrant in [rego::RULES, rego::DATA, casbin_rules::CASBIN] {
        let worlds = policies.iter().map(|count| entrant.measure(*count, pace));
        let worlds = worlds.collect::<Result<_, _>>()?;
        entrant.save(worlds, &folder)?;
    }
    Ok(())
}

impl Entrant {
    fn measure(&self, policies: usize, pace: Pace) -> Result<PeerFigures, Box<dyn Error>> {
        let world = World::new(Spec::of(policies));
        let mut decide = (self.load)(&world)?;
        let (compared, allowed) = compare(&world, &mut decide, pace.budget, pace.least)
            .map_err(|error| format!("{}, {policies} policies: {error}", self.name))?;
        // Decided once without an error, a question is so again.
        let stopwatch = Stopwatch::new(compared, |at| decide(at).unwrap_or_default());
        let figures = interleave(vec![stopwatch], pace);
        let figures = *figures.first().ok_or("it was timed")?;
        println!(
            "{}: {policies} policies, {allowed} of {compared} allowed, mean {:.0} ns",
            self.name, figures.mean_ns
        );
        Ok(PeerFigures { policies, compared, allowed, figures })
    }

    fn save(&self, worlds: Vec<PeerFigures>, folder: &Path) -> Result<(), Box<dyn Error>> {
        let version = version(self.package).ok_or("it is in the lock file")?;
        let [name, version, form] = [self.name, version, self.form].map(str::to_owned);
        let peer = Peer { name, version, language: "Rust".to_owned(), form, ours: false, worlds };
        fs::create_dir_all(folder)?;
        Ok(fs::write(folder.join(self.file), serde_json::to_vec_pretty(&peer)?)?)
    }
}

/// How many questions are decided as they have to be within the time, at least some; and how many
/// of them are allowed.
fn compare(
    world: &World,
    decide: &mut Decide,
    budget: Duration,
    least: usize,
) -> Result<(usize, usize), Box<dyn Error>> {
    let (began, mut compared, mut allowed) = (Instant::now(), 0, 0);
    for (at, question) in world.questions.iter().enumerate() {
        let found = decide(at)?;
        if found != world.allows(question) {
            return Err(format!("{question:?} is decided otherwise").into());
        }
        (compared, allowed) = (compared + 1, allowed + usize::from(found));
        if began.elapsed() > budget && compared >= least {
            break;
        }
    }
    Ok((compared, allowed))
}

/// The release of a package that is built in.
fn version(package: &str) -> Option<&'static str> {
    let (_, entry) =
        include_str!("../Cargo.lock").split_once(&format!("name = \"{package}\"\nversion = \""))?;
    entry.split_once('"').map(|(version, _)| version)
}
