//! What activations cost those who decide meanwhile, how soon a change on disk decides, and what
//! memory a thousand activations leave.
//!
//! ```sh
//! cargo run --release -p notegate-benches --bin reload -- 1000
//! ```

use std::error::Error;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use notegate::model::notebook::{self, Builder as _};
use notegate::model::{Limits, Revision};
use notegate::pdp::SystemClock;
use notegate::store::{Event, PathSource};
use notegate::{Bundle, Pdp, Request};
use notegate_worlds::SEED;

/// Policies of the bundle that is activated again and again, and of the one that is written to disk.
const LARGE: usize = 10_000;
const SMALL: usize = 1_000;
const SETTLES: Duration = Duration::from_millis(100);
const WRITES: u32 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(100), |count| count.parse())?;
    println!("seed {SEED}, {count} activations, {LARGE} policies\n");
    readers(count)?;
    disk()
}

/// Decides without and with activations under way.
fn readers(count: usize) -> Result<(), Box<dyn Error>> {
    let limits = Limits::default();
    let versions = [0, 1].map(|version| bundle(LARGE, version, &limits));
    let [one, other] = versions;
    let (one, other) = (one?, other?);
    let pdp = Pdp::new(&one)?;
    let known = [one.revision(), other.revision()];

    let (_, alone) = decide_while(&pdp, known, || {
        std::thread::sleep(Duration::from_secs(5));
        Ok(())
    })?;
    let mut builds = Vec::with_capacity(count);
    let mut after_ten = None;
    let (wrong, during) = decide_while(&pdp, known, || {
        for at in 0..count {
            let next = if at % 2 == 0 { &other } else { &one };
            let started = Instant::now();
            pdp.activate(next)?;
            builds.push(started.elapsed());
            if at == 9 {
                after_ten = resident();
            }
        }
        Ok(())
    })?;
    println!("one decision, readers on every other core, in ns:");
    println!(
        "{:>20} {:>10} {:>10} {:>10} {:>10} {:>12}",
        "", "decisions", "p50", "p99", "p99.9", "p99.99"
    );
    row("without activations", &alone);
    row("with activations", &during);
    println!("decisions that their revision does not explain: {wrong}");
    builds.sort_unstable();
    println!("one activation: median {:?}, longest {:?}", at(&builds, 500), at(&builds, 1000));
    if let (Some(ten), Some(all)) = (after_ten, resident()) {
        println!("resident memory: {ten} KiB after 10 activations, {all} KiB after {count}");
    }
    println!();
    Ok(())
}

/// So many of the last decisions are timed, so that memory is that of the decision point.
const KEPT: usize = 1 << 21;

/// Decides on one thread while `act` runs on another; how many decisions were wrong, and how long
/// each took, in rising order.
fn decide_while(
    pdp: &Pdp,
    known: [Revision; 2],
    act: impl FnOnce() -> Result<(), Box<dyn Error>>,
) -> Result<(usize, Vec<Duration>), Box<dyn Error>> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let requests: Vec<Request> = (0..64).filter_map(|at| request(pdp, at)).collect();
            let (mut wrong, mut taken) = (0, Vec::with_capacity(KEPT));
            let mut next = 0_usize;
            while !done.load(Ordering::Relaxed) {
                for request in &requests {
                    let started = Instant::now();
                    let response = pdp.authorize(request);
                    let elapsed = started.elapsed();
                    match taken.get_mut(next) {
                        Some(oldest) => *oldest = elapsed,
                        None => taken.push(elapsed),
                    }
                    next = (next + 1) % KEPT;
                    // The first version allows, the second denies, by the policy of that group.
                    let expected = response.revision() == known[0];
                    let explained = known.contains(&response.revision());
                    wrong += usize::from(!explained || response.allowed() != expected);
                }
            }
            taken.sort_unstable();
            (wrong, taken)
        });
        let acted = act();
        done.store(true, Ordering::Relaxed);
        let read = reader.join().map_err(|_| "the reader ended early")?;
        acted.map(|()| read)
    })
}

/// From a write on disk to the first decision by it.
fn disk() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("policies.cedar");
    fs::write(&file, policies(SMALL, 0))?;
    let (told, events) = channel();
    let pdp = Pdp::builder(SystemClock::default(), SEED)
        .observer(move |event: &Event| _ = told.send(event.clone()))
        .follow(PathSource::new(folder.path()).settles(SETTLES))?;
    let mut taken = Vec::new();
    for write in 1..=WRITES {
        let before = pdp.status().revision;
        let started = Instant::now();
        let beside = folder.path().join(".next");
        fs::write(&beside, policies(SMALL, usize::try_from(write)?))?;
        fs::rename(&beside, &file)?;
        while pdp.status().revision == before {
            events.recv()?;
        }
        taken.push(started.elapsed());
    }
    taken.sort_unstable();
    println!("from a write of {SMALL} policies on disk to the decision, {WRITES} times:");
    println!(
        "median {:?}, longest {:?}, of which {SETTLES:?} are for the folder to settle",
        at(&taken, 500),
        at(&taken, 1000)
    );
    Ok(())
}

fn row(name: &str, taken: &[Duration]) {
    let part = |in_ten_thousand| nanos(taken, in_ten_thousand);
    println!(
        "{name:>20} {:>10} {:>10} {:>10} {:>10} {:>12}",
        taken.len(),
        part(5_000),
        part(9_900),
        part(9_990),
        part(9_999)
    );
}

fn nanos(taken: &[Duration], in_ten_thousand: usize) -> u128 {
    let place = (taken.len() * in_ten_thousand).div_ceil(10_000).saturating_sub(1);
    taken.get(place).map(Duration::as_nanos).unwrap_or_default()
}

fn at(taken: &[Duration], in_a_thousand: usize) -> Duration {
    let place = (taken.len() * in_a_thousand).div_ceil(1_000).saturating_sub(1);
    taken.get(place).copied().unwrap_or_default()
}

/// The first version permits each group to log in, the second forbids it.
fn policies(count: usize, version: usize) -> String {
    let effect = if version.is_multiple_of(2) { "permit" } else { "forbid" };
    let policy = |at: usize| {
        format!(
            "@id(\"p{at}-{version}\")\n{effect} (principal in Notebook::Group::\"g{at}\", \
             action == Notebook::Action::\"hub:login\", resource is Notebook::Hub);\n"
        )
    };
    (0..count).map(policy).collect()
}

fn bundle(count: usize, version: usize, limits: &Limits) -> Result<Bundle, Box<dyn Error>> {
    let members = [("policies.cedar".to_owned(), policies(count, version).into_bytes())];
    Ok(Bundle::from_members(members, limits)?)
}

/// Somebody of a group asks to log in.
fn request(pdp: &Pdp, at: usize) -> Option<Request> {
    let group = notebook::group(&format!("g{}", at * 100)).uid();
    let user = notebook::user(&format!("u{at}")).parent(group).entity().ok()?;
    let (uid, hub) = (user.uid(), notebook::hub("hub").uid());
    Request::builder(uid, notebook::action("hub:login"), hub).entity(user).build(&pdp.shape()).ok()
}

/// Resident memory in KiB, where the system tells.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
