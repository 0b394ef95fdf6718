//! `notegate demo`

mod change;
mod day;

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use notegate::engine::Options;
use notegate::model::Limits;
use notegate::pdp::SystemClock;
use notegate::{Bundle, Pdp};
use serde::Serialize;

use self::change::Change;
use self::day::{Count, Day, Latency};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::packs::{DAY, DAY_FILE, Pack};
use crate::text::escape;

/// Decide a day of a hub, then change a policy while decisions go on
///
/// Writes the baseline bundle to a folder, decides a day of requests by it, and shows a sample, the
/// totals and how long deciding took. Then it edits one policy file and puts the bundle in force
/// while another thread keeps deciding.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    notegate demo\n  \
    notegate demo --dir hub-demo          keep the bundle and the day, to go on with")]
pub(crate) struct Demo {
    /// Work in this folder and keep it: not there yet, or empty
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

#[derive(Serialize)]
struct DemoJson {
    requests: usize,
    totals: BTreeMap<String, Count>,
    latency: Latency,
    change: Change,
}

impl Demo {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let pack = Pack::named("baseline")?;
        let temporary = match self.dir {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix("notegate-demo-")
                    .tempdir()
                    .map_err(|error| Failure::unreadable(&std::env::temp_dir(), &error))?,
            ),
        };
        let kept = self.dir.as_deref();
        let folder =
            temporary.as_ref().map(tempfile::TempDir::path).or(kept).unwrap_or(Path::new("."));
        let policies = folder.join("policies");
        if kept.is_some() {
            refuse_full(folder)?;
        }
        pack.write(&policies)?;
        let written = folder.join(DAY_FILE);
        fs::write(&written, DAY).map_err(|error| Failure::unreadable(&written, &error))?;

        let limits = Limits::default();
        let bundle = Bundle::from_folder(&policies, &limits)?;
        let seed = RandomState::new().hash_one(0);
        let pdp = Pdp::builder(SystemClock::default(), seed).options(Options::default());
        let pdp = pdp.open(&bundle)?;
        let day = Day::decide(&pdp, DAY)?;
        let change = Change::make(&day, &pdp, &policies, &limits)?;

        if console.is_json() {
            console.json(&DemoJson {
                requests: day.requests.len(),
                totals: day.totals(),
                latency: day.latency(),
                change,
            })?;
            return Ok(Exit::Success);
        }
        let snapshot = pdp.snapshot();
        writeln!(
            console,
            "{} requests of one day at a hub, decided by the {} bundle: {} policies, {} entities.",
            day.requests.len(),
            pack.name,
            // The change added one.
            snapshot.policies().len().saturating_sub(1),
            snapshot.entity_count(),
        )?;
        day.sample(console)?;
        day.print_totals(console)?;
        day.print_latency(console)?;
        change.print(console)?;
        if kept.is_some() {
            let (policies, written) =
                (escape(&policies.to_string_lossy()), escape(&written.to_string_lossy()));
            writeln!(console, "\nThe files are kept. To decide the day again:")?;
            writeln!(console, "  notegate authorize {policies} --requests {written}")?;
        }
        Ok(Exit::Success)
    }
}

fn refuse_full(folder: &Path) -> Result<(), Failure> {
    let full = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if !full {
        return Ok(());
    }
    Err(Failure::new("folder.not_empty", format!("`{}` is not empty", folder.display()))
        .help("give a folder that is not there yet, or an empty one"))
}
