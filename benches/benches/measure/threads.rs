//! One thread and two, asking one snapshot in strings.

use criterion::{BenchmarkId, Criterion, Throughput};
use notegate_benches::asked_by;
use notegate_worlds::Spec;

/// A time is that in which each thread decides once.
pub(super) fn one_and_two(criterion: &mut Criterion) {
    let mut group = super::group(criterion, "threads");
    let (_, ours, _) = super::world(Spec::of(1_000));
    for threads in [1, 2] {
        group.throughput(Throughput::Elements(threads));
        let count = usize::try_from(threads).expect("it is small");
        group.bench_function(BenchmarkId::new("strings", threads), |bencher| {
            bencher.iter_custom(|each| asked_by(&ours, count, each));
        });
    }
}
