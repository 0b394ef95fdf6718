//! Worlds to measure in: policies, entities and requests of the notebook model from a seed, in the
//! languages of several authorizers, and how their decisions are timed.
//!
//! A [`World`] is plain numbers. [`cedar`], [`rego`] and [`casbin`] write the same world out, so
//! that whoever is timed decides the same; [`World::allows`] says what has to come out.

pub mod casbin;
pub mod cedar;
mod figures;
mod files;
mod place;
pub mod rego;
mod results;
mod spec;
mod stopwatch;
mod world;

pub use figures::{Figures, Import, Peer, PeerFigures};
pub use files::write;
pub use place::{folder, quick, read, save};
pub use results::{Counted, Loaded, Machine, Measured, Results, Threads};
pub use spec::{Asked, ENTITIES, POLICIES, QUESTIONS, SEED, Spec};
pub use stopwatch::{Pace, Stopwatch, interleave};
pub use world::{Dataset, Person, Policy, Question, World};
