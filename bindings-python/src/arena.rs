//! Memory for what one question is made of, kept from one decision to the next.

use std::cell::Cell;

use bumpalo::Bump;

thread_local! {
    static KEPT: Cell<Option<Box<Bump>>> = const { Cell::new(None) };
}

/// What is kept at the most: a large batch gives back what it needed.
const MOST: usize = 1 << 20;

/// Calls with this thread's memory.
///
/// It is taken out meanwhile: reading a value may run Python code, which may ask a question of its own.
pub(crate) fn with<T>(call: impl FnOnce(&Bump) -> T) -> T {
    let mut arena = KEPT.take().unwrap_or_default();
    let called = call(&arena);
    if arena.allocated_bytes() <= MOST {
        arena.reset();
        KEPT.set(Some(arena));
    }
    called
}
