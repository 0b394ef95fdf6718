//! `notegate bundle inspect`

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use notegate::bundle::{Delivery, Trust};

use crate::commands::bundle::written::Summary;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::input::LimitArgs;
use crate::text::escape;

/// Show what is in a bundle, trusted or not
///
/// Shows the manifest, every member with its size and digest, and the keys that are said to have
/// signed it. Nothing of it is verified but that the members are those of the manifest: for that there
/// is `notegate bundle verify`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    notegate bundle inspect hub.tar\n  \
    notegate bundle inspect hub.tar --format json")]
pub(crate) struct Inspect {
    /// The packed bundle or grants, or a folder
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    #[command(flatten)]
    limits: LimitArgs,
}

impl Inspect {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let limits = self.limits.read()?;
        let delivered = Delivery::open(&self.bundle, &limits)?.read(&Trust::unsigned())?;
        let summary = Summary::of(&delivered);
        if console.is_json() {
            console.json(&summary)?;
            return Ok(Exit::Success);
        }
        summary.print(console)?;
        let label = console.paint.faint(&format!("{:12}", "signatures"));
        match summary.signatures.as_slice() {
            [] => writeln!(console, "{label}none")?,
            some => writeln!(console, "{label}{}, not verified", some.join(", "))?,
        }
        writeln!(console)?;
        let width = summary.members.iter().map(|member| member.name.chars().count()).max();
        for member in &summary.members {
            let (name, width) = (escape(&member.name), width.unwrap_or_default());
            writeln!(console, "{name:width$}  {:>10}  {}", member.bytes, member.digest)?;
        }
        Ok(Exit::Success)
    }
}
