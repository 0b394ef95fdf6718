//! `notegate init`

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::packs::Pack;
use crate::text::escape;

/// Write a working bundle to start from
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    notegate init my-policies\n  \
    notegate init --pack baseline hub-policies\n  \
    notegate init --list")]
pub(crate) struct Init {
    /// The pack to write; see --list
    #[arg(long, value_name = "NAME", default_value = "minimal")]
    pack: String,

    /// List the packs and write nothing
    #[arg(long, conflicts_with_all = ["pack", "folder"])]
    list: bool,

    /// The folder to write: not there yet, or empty
    #[arg(value_name = "DIR", required_unless_present = "list")]
    folder: Option<PathBuf>,
}

#[derive(Serialize)]
struct PackJson {
    name: &'static str,
    summary: String,
}

#[derive(Serialize)]
struct WrittenJson {
    pack: &'static str,
    folder: String,
    files: Vec<&'static str>,
}

impl Init {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let Some(folder) = self.folder.filter(|_| !self.list) else { return list(console) };
        let pack = Pack::named(&self.pack)?;
        pack.write(&folder)?;
        let shown = folder.to_string_lossy();
        if console.is_json() {
            let files = pack.members().map(|(name, _)| *name).collect();
            console.json(&WrittenJson { pack: pack.name, folder: shown.into_owned(), files })?;
            return Ok(Exit::Success);
        }
        let (count, shown) = (pack.members().count(), escape(&shown));
        writeln!(console, "Wrote the {} bundle to {shown}: {count} files.", pack.name)?;
        writeln!(console, "\nNext:")?;
        let mut steps = vec![
            (format!("notegate test {shown}"), "run its test cases"),
            (format!("notegate validate {shown}"), "check it after each change"),
        ];
        if let Some((name, _)) = pack.members().find(|(name, _)| name.ends_with(".cedar")) {
            steps.push((format!("$EDITOR {shown}/{name}"), "change a policy, and test again"));
        }
        let width = steps.iter().map(|(step, _)| step.chars().count()).max().unwrap_or_default();
        for (step, why) in steps {
            writeln!(console, "  {step:width$}   {why}")?;
        }
        Ok(Exit::Success)
    }
}

fn list(console: &mut Console) -> Result<Exit, Failure> {
    let packs: Vec<_> =
        Pack::all().map(|pack| PackJson { name: pack.name, summary: pack.summary() }).collect();
    if console.is_json() {
        console.json(&packs)?;
        return Ok(Exit::Success);
    }
    let width = packs.iter().map(|pack| pack.name.len()).max().unwrap_or_default();
    for PackJson { name, summary } in packs {
        writeln!(console, "{name:width$}   {summary}")?;
    }
    Ok(Exit::Success)
}
