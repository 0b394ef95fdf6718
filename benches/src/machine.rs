//! What is measured on, and when.

use std::fs;
use std::process::Command;
use std::time::SystemTime;

use notegate::model::Timestamp;
use notegate_worlds::Machine;

/// This machine, now.
#[must_use]
pub fn here() -> Machine {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = cpus.lines().find(|line| line.starts_with("model name"));
    let name = named.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim());
    let said = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    Machine {
        processor: name.unwrap_or(std::env::consts::ARCH).to_owned(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        system: said("uname", "-sr").unwrap_or_else(|| std::env::consts::OS.to_owned()),
        compiler: said("rustc", "--version").unwrap_or_else(|| "rustc".to_owned()),
        profile: std::env::var("BENCH_PROFILE").unwrap_or_else(|_| "unknown".to_owned()),
        date: Timestamp::from(SystemTime::now()).to_string(),
    }
}
