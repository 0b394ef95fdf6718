//! Several threads that ask one snapshot.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::ours::Ours;

/// How long so many threads take when each asks so many questions, in strings, all at once.
#[must_use]
pub fn asked_by(ours: &Ours, threads: usize, each: u64) -> Duration {
    let snapshot = ours.pdp.snapshot();
    let start = Barrier::new(threads.saturating_add(1));
    let questions = ours.requests.len().max(1);
    let ask = |thread: usize| {
        let mut asking = ours.asking(&snapshot);
        // Each begins elsewhere, so that none finds what another just had in the caches.
        let mut at = questions / threads.max(1) * thread;
        start.wait();
        let began = Instant::now();
        for _ in 0..each {
            black_box(asking.strings(at));
            at = if at.saturating_add(1) == questions { 0 } else { at.saturating_add(1) };
        }
        (began, Instant::now())
    };
    thread::scope(|scope| {
        let ask = &ask;
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || ask(thread))).collect();
        start.wait();
        let spans: Vec<_> = running.into_iter().filter_map(|one| one.join().ok()).collect();
        let began = spans.iter().map(|(began, _)| *began).min();
        let ended = spans.iter().map(|(_, ended)| *ended).max();
        began.zip(ended).map_or(Duration::ZERO, |(began, ended)| ended.duration_since(began))
    })
}
