//! Every way to decide gives the official authorizer's answer.
//!
//! `decisions SECONDS [SEED]` generates cases from the seed until the time is over. The first that
//! shows a difference is printed, and the exit status is 1.

#[path = "../../../core/tests/generator/mod.rs"]
mod generator;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use generator::{Case, Compared, compare};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(seconds)), seed) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: decisions SECONDS [SEED]");
        return ExitCode::FAILURE;
    };
    let Ok(seed) = seed.unwrap_or(Ok(1)) else {
        eprintln!("the seed is a whole number");
        return ExitCode::FAILURE;
    };
    let (started, limit) = (Instant::now(), Duration::from_secs(seconds));
    let mut random = Random(seed);
    let (mut sum, mut cases) = (Compared::default(), 0_u64);
    while started.elapsed() < limit {
        let bytes = random.bytes();
        let case = Case::generate(&bytes);
        match compare(&case) {
            Ok(compared) => {
                cases += 1;
                sum.add(compared);
            }
            Err(difference) => {
                println!("seed {seed}, case {cases}\n{difference}");
                println!("{}\n{}\n{}", case.policies, case.links, case.entities);
                return ExitCode::FAILURE;
            }
        }
    }
    println!("seed {seed}: {cases} cases, {sum:?}, no difference");
    ExitCode::SUCCESS
}

/// A small generator of random numbers, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = 100 + self.next() % 3_000;
        (0..length.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).collect()
    }
}
