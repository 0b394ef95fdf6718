//! First every way to ask in turns with the official authorizer, for the page; then what developers
//! compare with before: criterion keeps the last run and tells the difference. With any argument,
//! only what criterion runs: `cargo bench -p notegate-benches -- decide/policies`.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a bench stops at what is wrong")]

mod decide;
mod enumerate;
mod load;
mod reload;
mod threads;
mod turns;

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group};
use notegate_benches::{Official, Ours, compare};
use notegate_worlds::{ENTITIES, Spec, World, quick};

/// Time for the official authorizer to be compared with.
const COMPARED: Duration = Duration::from_millis(500);

/// A group in which every sample is short, since there are many.
fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    let time = Duration::from_millis(if quick() { 50 } else { 1_000 });
    group.sample_size(10).warm_up_time(time / 4).measurement_time(time);
    group
}

/// A world of which the official authorizer decides a part alike.
fn world(spec: Spec) -> (World, Ours, Option<Official>) {
    let world = World::new(spec);
    let ours = Ours::new(&world).expect("the world is well-formed");
    let official = (spec.entities <= ENTITIES)
        .then(|| Official::new(&world, &ours).expect("the world is well-formed"));
    let compared = compare(&world, &ours, official.as_ref(), COMPARED);
    let compared = compared.expect("every decision is the official one");
    let (allowed, questions, alike) = (compared.allowed, ours.requests.len(), compared.official);
    println!("{spec:?}: {allowed} of {questions} allowed, {alike} compared with the official one");
    (world, ours, official)
}

criterion_group!(
    benches,
    decide::by_policies,
    decide::by_candidates,
    decide::by_depth,
    decide::by_what_is_asked,
    decide::by_entities,
    threads::one_and_two,
    enumerate::who_and_what,
    load::by_policies,
    load::by_entities,
    reload::under_readers
);

fn main() {
    // Cargo says `--bench`; anything else, a person said.
    if std::env::args().skip(1).all(|argument| argument == "--bench") {
        turns::run().expect("everything was measured");
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
