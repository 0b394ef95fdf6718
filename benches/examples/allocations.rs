//! Counts what decisions allocate, and what loading takes of memory. Times of this program are not
//! told: counting costs some.

use std::error::Error;

use allocation_counter::{AllocationInfo, measure};
use notegate::bundle::Loose;
use notegate::engine::Scratch;
use notegate_benches::{Official, Ours};
use notegate_worlds::{Counted, Loaded, POLICIES, Spec, World, folder, quick, save};

fn main() -> Result<(), Box<dyn Error>> {
    let each = decisions(&World::new(Spec::of(1_000)))?;
    for (name, allocations) in &each {
        println!("{name}: {allocations:.3} allocations for one decision");
    }
    let mut loads = Vec::new();
    for spec in specs() {
        let loaded = load(&World::new(spec))?;
        println!(
            "{spec:?}: {} MiB at the highest, {} MiB stay",
            mib(loaded.peak),
            mib(loaded.kept)
        );
        loads.push(loaded);
    }
    save(&folder().join("allocations.json"), &Counted { each, loads })
}

fn specs() -> Vec<Spec> {
    if quick() {
        return vec![Spec::of(10)];
    }
    let mut specs = POLICIES.map(Spec::of).to_vec();
    specs.push(Spec { entities: 100_000, ..Spec::of(1_000) });
    specs.push(Spec::million());
    specs
}

fn decisions(world: &World) -> Result<Vec<(String, f64)>, Box<dyn Error>> {
    let ours = Ours::new(world)?;
    let official = Official::new(world, &ours)?;
    let (snapshot, scratch) = (ours.pdp.snapshot(), Scratch::default());
    let mut asking = ours.asking(&snapshot);
    let prepared = asking.prepared(&scratch);
    let questions = ours.requests.len();
    let each = |count: AllocationInfo, of: usize| count.count_total as f64 / of.max(1) as f64;
    let mut allowed = [0_usize; 4];
    let [by_strings, by_handle, by_request, by_official] = &mut allowed;
    // The first decisions may make room that the next ones find.
    (0..questions).for_each(|at| *by_strings = usize::from(asking.strings(at)));
    *by_strings = 0;
    let strings = measure(|| {
        *by_strings = (0..questions).filter(|at| asking.strings(*at)).count();
    });
    let handles = measure(|| {
        let decisions = prepared.iter().map(|one| one.answer().decision());
        *by_handle = decisions.filter(|one| *one == notegate::Decision::Allow).count();
    });
    let requests = measure(|| {
        *by_request = (0..questions).filter(|at| asking.request(*at)).count();
    });
    let few = questions.min(256);
    let officials = measure(|| {
        *by_official = (0..few).filter(|at| official.allows(*at)).count();
    });
    println!("{allowed:?} allowed, of {questions}, and of {few} by the official authorizer");
    Ok(vec![
        ("strings".to_owned(), each(strings, questions)),
        ("prepared".to_owned(), each(handles, questions)),
        ("authorize".to_owned(), each(requests, questions)),
        ("official".to_owned(), each(officials, few)),
    ])
}

fn load(world: &World) -> Result<Loaded, Box<dyn Error>> {
    let texts = Ours::texts(world)?;
    let text = length(&texts);
    let mut loaded = None;
    // Whoever loads holds the texts meanwhile; a copy is counted, and its end too.
    let count = measure(|| loaded = Some(Ours::load(texts.clone())));
    let pdp = loaded.ok_or("nothing was loaded")??;
    println!("{} entities are stored", pdp.snapshot().entity_count());
    let (peak, kept) = (count.bytes_max, count.bytes_current.max(0).unsigned_abs());
    Ok(Loaded { spec: world.spec, text, peak, kept })
}

fn length(texts: &Loose) -> u64 {
    let parts = texts.policies.iter().chain(&texts.schema).chain(&texts.entities);
    let length: usize = parts.map(|(_, text)| text.len()).sum();
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}
