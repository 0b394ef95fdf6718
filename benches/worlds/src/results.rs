//! What the programs that measure leave for the one that writes it down.

use serde::{Deserialize, Serialize};

use crate::figures::Figures;
use crate::spec::Spec;

/// The machine, the compiler and the moment.
#[derive(Debug, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name, or its kind where it has none.
    pub processor: String,
    /// How many threads run at once.
    pub threads: usize,
    /// The operating system.
    pub system: String,
    /// The compiler.
    pub compiler: String,
    /// Which profile of the manifest it was told to follow.
    pub profile: String,
    /// When, in UTC.
    pub date: String,
}

/// Everything that was measured of ours, with the official authorizer beside it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Results {
    /// On what, and when.
    pub machine: Machine,
    /// A world each.
    pub worlds: Vec<Measured>,
    /// Two threads against one.
    pub threads: Threads,
}

/// What was measured in one world.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// The world.
    pub spec: Spec,
    /// Policies of which the scope fits a question, on average.
    pub candidates: f64,
    /// How many questions are asked.
    pub questions: usize,
    /// How many of them are allowed.
    pub allowed: usize,
    /// How many were decided by the official authorizer as well, alike.
    pub compared: usize,
    /// Milliseconds from the texts to a decision point that decides.
    pub load_ms: f64,
    /// In borrowed strings.
    pub strings: Figures,
    /// Prepared beforehand.
    pub prepared: Figures,
    /// A request, decided by the decision point: a response with its id and diagnostics.
    pub authorize: Figures,
    /// Requests decided together; times are of one.
    pub batch: Figures,
    /// The official authorizer, where it was timed.
    pub official: Option<Figures>,
}

/// Decisions in a second, asked in strings.
#[derive(Debug, Serialize, Deserialize)]
pub struct Threads {
    /// By one thread.
    pub one: f64,
    /// By two threads of one snapshot.
    pub two: f64,
}

/// What was allocated.
#[derive(Debug, Serialize, Deserialize)]
pub struct Counted {
    /// By the name of how they were asked: allocations of one decision.
    pub each: Vec<(String, f64)>,
    /// What loading takes.
    pub loads: Vec<Loaded>,
}

/// What loading one world takes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Loaded {
    /// The world.
    pub spec: Spec,
    /// Bytes of the texts.
    pub text: u64,
    /// Bytes at the highest, the texts among them.
    pub peak: u64,
    /// Bytes that stay.
    pub kept: u64,
}
