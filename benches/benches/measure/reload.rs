//! A small change to a bundle in force, while a thread asks.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use criterion::{BatchSize, BenchmarkId, Criterion};
use notegate::Bundle;
use notegate_benches::Ours;
use notegate_worlds::{Spec, World, quick};

/// One policy changed, and one entity.
pub(super) fn under_readers(criterion: &mut Criterion) {
    let mut group = super::group(criterion, "reload");
    let policies = [100, 1_000, 10_000];
    for policies in if quick() { &policies[..1] } else { &policies[..] } {
        let world = World::new(Spec::of(*policies));
        let mut changed = World::new(Spec::of(*policies));
        let rank = changed.policies[0].rank;
        changed.policies[0].rank = if rank == 1 { 2 } else { 1 };
        let mut moved = World::new(Spec::of(*policies));
        moved.people[0].clearance = if moved.people[0].clearance == 3 { 2 } else { 3 };
        for (what, other) in [("one policy", &changed), ("one entity", &moved)] {
            let ours = Ours::new(&world).expect("the world is well-formed");
            let bundles = [bundle(&world), bundle(other)];
            assert_ne!(bundles[0].revision(), bundles[1].revision(), "nothing changed");
            let done = AtomicBool::new(false);
            let mut turn = [1, 0].into_iter().cycle();
            thread::scope(|scope| {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        for request in &ours.requests {
                            black_box(ours.pdp.authorize(request).allowed());
                        }
                    }
                });
                group.bench_function(BenchmarkId::new(what, policies), |bencher| {
                    let next = || turn.next().expect("the cycle goes on");
                    let activate = |at: usize| {
                        ours.pdp.activate(&bundles[at]).expect("the world is well-formed")
                    };
                    bencher.iter_batched(next, activate, BatchSize::PerIteration);
                });
                done.store(true, Ordering::Relaxed);
            });
        }
    }
}

fn bundle(world: &World) -> Bundle {
    let limits = Ours::options().limits;
    let texts = Ours::texts(world).expect("the world is well-formed");
    Bundle::from_loose(texts, &limits).expect("the world is well-formed")
}
