//! Worlds as a decision point of ours, and as the official authorizer's own values.
//!
//! | Program | What it does |
//! |---|---|
//! | bench `measure` | times every way to ask in turns with the official authorizer; then criterion: decide, load, reload, enumerate, threads |
//! | bench `read_url` | reads the requests of a browser into what must be allowed |
//! | example `allocations` | counts allocations of decisions, and what loading takes of memory |

mod compared;
mod machine;
mod official;
mod ours;
mod threads;

pub use compared::{Compared, compare};
pub use machine::here;
pub use official::Official;
pub use ours::{Asking, Ours};
pub use threads::asked_by;
