//! What is measured on.

use std::fs;
use std::io::Write as _;

use serde::Serialize;

use crate::console::Console;
use crate::failure::Failure;
use crate::text::escape;

/// The machine, as far as it says.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    /// The processor's name; only Linux says it in a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) processor: Option<String>,
    pub(super) threads: usize,
    pub(super) system: String,
    pub(super) notegate: &'static str,
}

impl Machine {
    pub(super) fn here() -> Self {
        let said = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            processor: name(&said),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            notegate: env!("CARGO_PKG_VERSION"),
        }
    }

    pub(super) fn print(&self, console: &mut Console) -> Result<(), Failure> {
        let Self { processor, threads, system, notegate } = self;
        let processor = processor.as_deref().map(|name| format!("{}, ", escape(name)));
        let processor = processor.unwrap_or_default();
        writeln!(console, "on {processor}{threads} threads, {system}; notegate {notegate}")?;
        Ok(())
    }
}

fn name(said: &str) -> Option<String> {
    let line = said.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_is_called_what_it_calls_itself() {
        let said = "processor\t: 0\nmodel name\t: A Fast One @ 3 GHz\nmodel name\t: Other\n";
        assert_eq!(name(said).as_deref(), Some("A Fast One @ 3 GHz"));
        assert_eq!(name("processor: 0\n"), None);
    }
}
