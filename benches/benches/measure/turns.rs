//! Every way to ask, in turns with the official authorizer, after all were seen to agree.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use notegate::Decision;
use notegate::engine::Scratch;
use notegate_benches::{Official, Ours, asked_by, compare, here};
use notegate_worlds::{
    Measured, POLICIES, Pace, Results, SEED, Spec, Stopwatch, Threads, World, folder, interleave,
    quick, save,
};

/// Requests that are decided together.
const BATCH: usize = 64;

/// Leaves figures of each world.
pub(super) fn run() -> Result<(), Box<dyn Error>> {
    let pace = if quick() { Pace::quick() } else { Pace::full() };
    println!("seed {SEED}, {} for each way to ask", shown(pace.budget));
    let mut worlds = Vec::new();
    for spec in specs() {
        let measured = measure(spec, pace)?;
        print(&measured);
        worlds.push(measured);
    }
    let threads = threads(if quick() { 3 } else { 25 })?;
    println!("two threads decide {:.2} times what one does", threads.two / threads.one);
    save(&folder().join("notegate.json"), &Results { machine: here(), worlds, threads })
}

fn specs() -> Vec<Spec> {
    if quick() {
        return POLICIES.iter().take(2).copied().map(Spec::of).collect();
    }
    let mut specs = POLICIES.map(Spec::of).to_vec();
    // The first of the variations is the world of a thousand policies itself.
    specs.extend(Spec::variations().into_iter().skip(1));
    specs.push(Spec::million());
    specs
}

fn measure(spec: Spec, pace: Pace) -> Result<Measured, Box<dyn Error>> {
    let world = World::new(spec);
    let texts = Ours::texts(&world)?;
    let began = Instant::now();
    let pdp = Ours::load(texts)?;
    let load_ms = began.elapsed().as_secs_f64() * 1e3;
    let ours = Ours::asked(&world, pdp)?;
    // The official store takes more than a minute for a million.
    let official = match spec.entities > 100_000 {
        true => None,
        false => Some(Official::new(&world, &ours)?),
    };
    let compared = compare(&world, &ours, official.as_ref(), pace.budget)?;

    let (snapshot, scratch) = (ours.pdp.snapshot(), Scratch::default());
    let mut asking = ours.asking(&snapshot);
    let prepared = asking.prepared(&scratch);
    let (by_request, batched) = (ours.asking(&snapshot), ours.asking(&snapshot));
    let batches: Vec<_> = ours.requests.chunks_exact(BATCH).collect();
    let questions = ours.requests.len();
    let mut all = vec![
        Stopwatch::new(questions, |at| asking.strings(at)),
        Stopwatch::new(questions, |at| {
            prepared.get(at).is_some_and(|one| one.answer().decision() == Decision::Allow)
        }),
        Stopwatch::new(questions, |at| by_request.request(at)),
        Stopwatch::new(batches.len(), |at| {
            batches.get(at).is_some_and(|batch| black_box(batched.batch(batch)) > 0)
        }),
    ];
    if let Some(official) = &official {
        all.push(Stopwatch::new(questions, |at| official.allows(at)));
    }
    let mut figures = interleave(all, pace).into_iter();
    let mut next = || figures.next().ok_or("each stopwatch has its figures");
    Ok(Measured {
        spec,
        candidates: world.mean_candidates(),
        questions,
        allowed: compared.allowed,
        compared: compared.official,
        load_ms,
        strings: next()?,
        prepared: next()?,
        authorize: next()?,
        batch: next()?.of_each(BATCH),
        official: next().ok(),
    })
}

/// One thread and two in turns; the medians.
fn threads(rounds: usize) -> Result<Threads, Box<dyn Error>> {
    let ours = Ours::new(&World::new(Spec::of(1_000)))?;
    let each = 100_000_u32;
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (threads, rates) in (1..).zip(&mut rates) {
            let taken = asked_by(&ours, threads, u64::from(each)).as_secs_f64();
            rates.push(f64::from(each) * threads as f64 / taken);
        }
    }
    let [one, two] = rates.map(|mut rates| {
        rates.sort_unstable_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied().unwrap_or_default()
    });
    Ok(Threads { one, two })
}

fn print(measured: &Measured) {
    let Measured { spec, questions, allowed, compared, .. } = measured;
    println!("{spec:?}: loaded in {:.0} ms", measured.load_ms);
    println!("  {allowed} of {questions} allowed, {compared} decided by the official one alike");
    let all = [
        ("strings", Some(&measured.strings)),
        ("prepared", Some(&measured.prepared)),
        ("authorize", Some(&measured.authorize)),
        ("batch", Some(&measured.batch)),
        ("official", measured.official.as_ref()),
    ];
    for (name, figures) in all {
        let Some(figures) = figures else { continue };
        let (mean, p50) = (figures.mean_ns, figures.p50_ns);
        println!("  {name:10} mean {mean:.0} ns, median {p50:.0} ns of {}", figures.timed);
    }
}

fn shown(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
