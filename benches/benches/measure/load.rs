//! From texts to a decision point that decides.

use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion, measurement::WallTime};
use notegate_benches::Ours;
use notegate_worlds::{POLICIES, Spec, World, quick};

/// By the number of policies; ten thousand are loaded once by `turns`.
pub(super) fn by_policies(criterion: &mut Criterion) {
    let mut group = super::group(criterion, "load/policies");
    let policies = if quick() { &POLICIES[..2] } else { &POLICIES[..3] };
    for count in policies {
        load(&mut group, *count, Spec::of(*count));
    }
}

/// By the number of stored entities; a million are loaded once by `turns`.
pub(super) fn by_entities(criterion: &mut Criterion) {
    let mut group = super::group(criterion, "load/entities");
    let entities = [1_000, 10_000, 100_000];
    for entities in if quick() { &entities[..2] } else { &entities[..] } {
        load(&mut group, *entities, Spec { entities: *entities, ..Spec::of(1_000) });
    }
}

fn load(group: &mut BenchmarkGroup<'_, WallTime>, value: usize, spec: Spec) {
    let world = World::new(spec);
    group.bench_function(BenchmarkId::new("notegate", value), |bencher| {
        let texts = Ours::texts(&world).expect("the world is well-formed");
        let texts = || texts.clone();
        let load = |texts| Ours::load(texts).expect("the world is well-formed");
        bencher.iter_batched(texts, load, BatchSize::PerIteration);
    });
}
