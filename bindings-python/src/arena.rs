//! Memory for what one question is made of, kept from one decision to the next.

use std::cell::Cell;

use bumpalo::Bump;
use notegate::engine::Scratch;

thread_local! {
    static KEPT: Cell<Option<Box<Kept>>> = const { Cell::new(None) };
}

#[derive(Default)]
struct Kept {
    arena: Bump,
    scratch: Scratch,
}

/// What is kept at the most: a large batch gives back what it needed.
const MOST: usize = 1 << 20;

/// Calls with this thread's memory.
///
/// It is taken out meanwhile: reading a value may run Python code, which may ask a question of its own.
pub(crate) fn with<T>(call: impl FnOnce(&Bump, &mut Scratch) -> T) -> T {
    KEPT.with(|place| {
        let mut kept = place.take().unwrap_or_default();
        let called = call(&kept.arena, &mut kept.scratch);
        if kept.arena.allocated_bytes() <= MOST {
            kept.arena.reset();
            place.set(Some(kept));
        }
        called
    })
}
