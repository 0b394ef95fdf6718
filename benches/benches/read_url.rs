//! The request of a browser, into what must be allowed: `cargo bench -p notegate-benches --bench read_url`.

#![expect(clippy::expect_used, reason = "a bench stops at what is wrong")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use notegate::adapters::jupyter::Site;
use notegate_worlds::quick;

/// What is read, and how many actions must be allowed for it: a path behind a hub may be that of a named
/// server too.
const TARGETS: [(&str, &str, &str, u64); 6] = [
    ("health", "GET", "/hub/api/health", 0),
    ("the home page", "GET", "/hub/home", 1),
    ("a token", "DELETE", "/hub/api/users/ada/tokens/a7", 1),
    ("static files", "GET", "/user/ada/static/lab/main.8f2c.js?v=20261125", 1),
    ("channels", "GET", "/user/ada/api/kernels/0f9c1d4e-5b1c/channels?session_id=4d", 2),
    ("a file", "PUT", "/user/ada/gpu/api/contents/in/depth/of/x%20y.ipynb", 2),
];

fn read_url(criterion: &mut Criterion) {
    let site = Site::hub("/").expect("it is a path");
    let mut group = criterion.benchmark_group("read_url");
    let time = Duration::from_millis(if quick() { 50 } else { 1_000 });
    group.sample_size(10).warm_up_time(time / 4).measurement_time(time);
    for (name, method, target, actions) in TARGETS {
        let read = || site.read(method, black_box(target), false, Some("ada"));
        let found = read().expect("it is a route").readings().len();
        assert_eq!(u64::try_from(found), Ok(actions), "{name}: {target}");
        group.bench_function(BenchmarkId::new(name, actions), |bencher| bencher.iter(read));
    }
}

criterion_group!(benches, read_url);
criterion_main!(benches);
