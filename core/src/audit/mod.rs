//! What was decided, written down.
//!
//! A [`Record`] holds a decision with its complete input, so that it can be decided again. A
//! [`Sink`] takes records off the deciding thread: handing one over is a few reference counts, and
//! text is made elsewhere.

#[cfg(not(target_family = "wasm"))]
mod lines;
mod memory;
mod record;
mod sink;

#[cfg(not(target_family = "wasm"))]
pub use lines::Lines;
pub use memory::Memory;
pub use record::{Record, Reproduction};
pub use sink::{Sink, SinkStatus};
