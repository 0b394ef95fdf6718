//! One decision, by the number of policies, with the official authorizer beside it.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a bench stops at what is wrong")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use notegate_benches::{ENTITIES, REQUESTS, SEED, World};

fn decide(criterion: &mut Criterion) {
    println!("seed {SEED}, {ENTITIES} entities, {REQUESTS} requests asked in turn");
    let mut group = criterion.benchmark_group("decide");
    group.sample_size(10).warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(3));
    for policies in [10, 100, 1_000, 10_000] {
        let world = World::new(policies).expect("the world is well-formed");
        // The official authorizer takes too long to be asked everything where there are many.
        let compared = if policies <= 100 { REQUESTS } else { 128 };
        let allowed = world.allowed(compared).expect("every decision is the official one");
        println!("{policies} policies: {allowed} of {compared} allowed, each decided alike");
        let mut turn = (0..REQUESTS).cycle();
        group.bench_function(BenchmarkId::new("notegate", policies), |bencher| {
            bencher.iter(|| {
                let at = turn.next().expect("the cycle goes on");
                black_box(world.decide(&world.requests[at]))
            });
        });
        group.bench_function(BenchmarkId::new("official", policies), |bencher| {
            bencher.iter(|| {
                let at = turn.next().expect("the cycle goes on");
                black_box(world.official.decide(at))
            });
        });
    }
}

criterion_group!(benches, decide);
criterion_main!(benches);
