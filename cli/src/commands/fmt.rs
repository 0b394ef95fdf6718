//! `notegate fmt`

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use notegate::bundle::{Member, read_file};
use notegate::engine::format;
use notegate::model::{Exceeded, Limits};
use serde::Serialize;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::files;
use crate::input::LimitArgs;
use crate::text::escape;

/// Lay policies out as Cedar's own formatter does
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    notegate fmt my-policies\n  \
    notegate fmt --check my-policies      changes nothing; exit status 3 when something would change\n  \
    notegate fmt - < a.cedar > b.cedar")]
pub(crate) struct Fmt {
    /// Policy files, folders whose *.cedar files are all laid out, or `-` for standard input
    #[arg(value_name = "FILE|DIR|-", required = true)]
    paths: Vec<PathBuf>,

    /// Change nothing, and list the files that would change
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    limits: LimitArgs,
}

#[derive(Serialize)]
struct FmtJson {
    changed: Vec<String>,
    unchanged: usize,
    written: bool,
}

impl Fmt {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let limits = self.limits.read()?;
        if self.paths.iter().any(|path| path.as_os_str() == "-") {
            return self.standard_input(&limits, console);
        }
        let mut files = Vec::new();
        for path in &self.paths {
            if path.is_dir() { below(path, 0, &mut files)? } else { files.push(path.clone()) }
        }
        let (mut changed, mut unchanged) = (Vec::new(), 0_usize);
        let mut failed = None;
        for path in &files {
            match self.file(path, &limits) {
                Ok(true) => changed.push(path.to_string_lossy().into_owned()),
                Ok(false) => unchanged = unchanged.saturating_add(1),
                // The files after it are laid out all the same; the first failure is the status.
                Err(failure) => {
                    if failed.is_some() {
                        console.failure(&failure);
                    } else {
                        failed = Some(failure);
                    }
                }
            }
        }
        let exit = if self.check && !changed.is_empty() { Exit::Invalid } else { Exit::Success };
        if console.is_json() {
            console.json(&FmtJson { changed, unchanged, written: !self.check })?;
        } else {
            for path in changed {
                writeln!(console, "{}", escape(&path))?;
            }
        }
        failed.map_or(Ok(exit), Err)
    }

    fn standard_input(&self, limits: &Limits, console: &mut Console) -> Result<Exit, Failure> {
        if self.paths.len() > 1 {
            return Err(Failure::new("usage.paths", "`-` stands alone"));
        }
        let most = u64::try_from(limits.member_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(most).read_to_end(&mut bytes);
        read.map_err(|error| Failure::unreadable(Path::new("-"), &error))?;
        Exceeded::check("member_bytes", limits.member_bytes, bytes.len())
            .map_err(|exceeded| Failure::Load(exceeded.into()))?;
        let before = member("<stdin>", bytes)?;
        let after = format(&before, limits)?;
        let changed = *before.text != *after;
        if console.is_json() {
            let changed = if changed { vec!["-".to_owned()] } else { Vec::new() };
            let unchanged = usize::from(changed.is_empty());
            console.json(&FmtJson { changed, unchanged, written: false })?;
        } else if !self.check {
            console.write_all(after.as_bytes())?;
        } else if changed {
            writeln!(console, "-")?;
        }
        Ok(if self.check && changed { Exit::Invalid } else { Exit::Success })
    }

    /// Whether the file changed, or would change.
    fn file(&self, path: &Path, limits: &Limits) -> Result<bool, Failure> {
        let before = member(&path.to_string_lossy(), read_file(path, limits)?)?;
        let after = format(&before, limits)?;
        let changed = *before.text != *after;
        if changed && !self.check {
            files::write(path, after.as_bytes())?;
        }
        Ok(changed)
    }
}

fn member(name: &str, bytes: Vec<u8>) -> Result<Member, Failure> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new("file.utf8", format!("`{name}`: it is not UTF-8 from byte {at} on"))
            .help("save it as UTF-8")
    })?;
    Ok(Member { name: name.into(), text: text.into() })
}

/// The policy files below a folder, by path.
fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    // A link to a folder above would never end.
    if depth > 16 {
        return Err(Failure::unreadable(folder, &"folders nest more than 16 deep"));
    }
    let failed = |error| Failure::unreadable(folder, &error);
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.sort_unstable();
    for path in paths {
        let name = path.file_name().map(|name| name.as_encoded_bytes()).unwrap_or_default();
        if name.starts_with(b".") {
            continue;
        }
        if path.is_dir() {
            below(&path, depth.saturating_add(1), files)?;
        } else if name.ends_with(b".cedar") {
            files.push(path);
        }
    }
    Ok(())
}
