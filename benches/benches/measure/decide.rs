//! One decision.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion};
use notegate::engine::Scratch;
use notegate_worlds::{Asked, POLICIES, Spec, quick};

/// Every way to ask, with the official authorizer beside it.
pub(super) fn by_policies(criterion: &mut Criterion) {
    let policies = if quick() { &POLICIES[..2] } else { &POLICIES[..] };
    let specs: Vec<_> =
        policies.iter().map(|count| (count.to_string(), Spec::of(*count))).collect();
    decide(criterion, "decide/policies", &specs, true);
}

/// By the policies of which the scope fits.
pub(super) fn by_candidates(criterion: &mut Criterion) {
    let spec = |candidates: usize| (candidates.to_string(), Spec { candidates, ..Spec::of(1_000) });
    decide(criterion, "decide/candidates", &[1, 3, 10, 30].map(spec), false);
}

/// By the steps from a person to the group that policies name.
pub(super) fn by_depth(criterion: &mut Criterion) {
    let spec = |depth: usize| (depth.to_string(), Spec { depth, ..Spec::of(1_000) });
    decide(criterion, "decide/depth", &[1, 4, 16].map(spec), false);
}

/// Hit and miss.
pub(super) fn by_what_is_asked(criterion: &mut Criterion) {
    let all = [("mixed", Asked::Mixed), ("allowed", Asked::Allowed), ("unknown", Asked::Unknown)];
    let specs = all.map(|(name, asked)| (name.to_owned(), Spec { asked, ..Spec::of(1_000) }));
    decide(criterion, "decide/asked", &specs, false);
}

/// By the number of stored entities; what a million cost is told by `turns`, which loads them once.
pub(super) fn by_entities(criterion: &mut Criterion) {
    let entities = [10_000, 100_000];
    let spec =
        |entities: &usize| (entities.to_string(), Spec { entities: *entities, ..Spec::of(1_000) });
    let entities = if quick() { &entities[..1] } else { &entities[..] };
    let specs: Vec<_> = entities.iter().map(spec).collect();
    decide(criterion, "decide/entities", &specs, false);
}

fn decide(criterion: &mut Criterion, name: &str, specs: &[(String, Spec)], every: bool) {
    let mut group = super::group(criterion, name);
    for (value, spec) in specs {
        let (_, ours, official) = super::world(*spec);
        let (snapshot, scratch) = (ours.pdp.snapshot(), Scratch::default());
        let mut asking = ours.asking(&snapshot);
        let prepared = asking.prepared(&scratch);
        let questions = ours.requests.len();
        let mut turn = (0..questions).cycle();
        let mut next = || turn.next().expect("the cycle goes on");
        let id = |way: &str| BenchmarkId::new(way, value);
        group.bench_function(id("strings"), |bencher| {
            bencher.iter(|| black_box(asking.strings(next())));
        });
        group.bench_function(id("prepared"), |bencher| {
            bencher.iter(|| black_box(prepared[next()].answer().decision()));
        });
        if !every {
            continue;
        }
        group.bench_function(id("authorize"), |bencher| {
            bencher.iter(|| black_box(asking.request(next())));
        });
        group.bench_function(id("batch of 64"), |bencher| {
            let batch = || &ours.requests[next() / 64 * 64..][..64];
            bencher.iter_batched(batch, |batch| asking.batch(batch), BatchSize::SmallInput);
        });
        if let Some(official) = official {
            group.bench_function(id("official"), |bencher| {
                bencher.iter(|| black_box(official.allows(next())));
            });
        }
    }
}
