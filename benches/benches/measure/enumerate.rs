//! Who can, and what can.

use criterion::{BenchmarkId, Criterion};
use notegate_worlds::{Question, Spec, cedar, quick};

/// All people who may, and all datasets to which it may be done.
pub(super) fn who_and_what(criterion: &mut Criterion) {
    let mut group = super::group(criterion, "enumerate");
    let entities = [10_000, 100_000];
    for entities in if quick() { &entities[..1] } else { &entities[..] } {
        let (world, ours, _) = super::world(Spec { entities: *entities, ..Spec::of(1_000) });
        let snapshot = ours.pdp.snapshot();
        let at = world.questions.iter().position(|one| world.allows(one));
        let at = at.expect("something is allowed");
        let (request, asked) = (&ours.requests[at], world.questions[at]);
        let [user, dataset] =
            [cedar::USER, cedar::DATASET].map(|name| name.parse().expect("it is a type's name"));
        let allowed = |question: Question| usize::from(world.allows(&question));
        let people: usize =
            (0..world.people.len()).map(|person| allowed(Question { person, ..asked })).sum();
        let datasets: usize =
            (0..world.datasets.len()).map(|dataset| allowed(Question { dataset, ..asked })).sum();
        let found =
            (snapshot.who_can(request, &user).len(), snapshot.what_can(request, &dataset).len());
        assert_eq!(found, (people, datasets), "who and what is listed");
        println!("{people} of {} people may, on {datasets} datasets", world.people.len());
        group.bench_function(BenchmarkId::new("who can", entities), |bencher| {
            bencher.iter(|| snapshot.who_can(request, &user));
        });
        group.bench_function(BenchmarkId::new("what can", entities), |bencher| {
            bencher.iter(|| snapshot.what_can(request, &dataset));
        });
    }
}
