//! What was measured, as it passes from the programs that measure to the one that writes it down.

use serde::{Deserialize, Serialize};

/// Times of one decision, in nanoseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Figures {
    /// Of decisions in a row, without reading the clock between them; of the median turn.
    pub mean_ns: f64,
    /// Of decisions timed one by one, the time of reading the clock taken off.
    pub p50_ns: f64,
    /// Absent where fewer than a hundred were timed.
    pub p99_ns: Option<f64>,
    /// Absent where fewer than a thousand were timed.
    pub p999_ns: Option<f64>,
    /// How many were timed one by one.
    pub timed: usize,
}

impl Figures {
    /// Of one of so many that were decided together.
    #[must_use]
    pub fn of_each(self, count: usize) -> Self {
        let each = |nanos: f64| nanos / count.max(1) as f64;
        Self {
            mean_ns: each(self.mean_ns),
            p50_ns: each(self.p50_ns),
            p99_ns: self.p99_ns.map(each),
            p999_ns: self.p999_ns.map(each),
            timed: self.timed,
        }
    }
}

/// What stands beside us, and its figures by the number of policies.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peer {
    /// What it is called.
    pub name: String,
    /// The release that was measured.
    pub version: String,
    /// What it runs in.
    pub language: String,
    /// How it was asked.
    pub form: String,
    /// Whether it is one of our own doors.
    #[serde(default)]
    pub ours: bool,
    /// In rising order of policies.
    pub worlds: Vec<PeerFigures>,
}

/// A peer's figures in one world.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PeerFigures {
    /// How many policies the world has.
    pub policies: usize,
    /// How many questions were asked before any was timed, and decided as we decide them.
    pub compared: usize,
    /// How many of those were allowed.
    pub allowed: usize,
    /// Times.
    pub figures: Figures,
}

/// How long an interpreter that has just started takes to import ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Import {
    /// What it runs in.
    pub language: String,
    /// How many were started.
    pub runs: usize,
    /// Half of them took less.
    pub median_ns: f64,
    /// None took longer.
    pub slowest_ns: f64,
}
