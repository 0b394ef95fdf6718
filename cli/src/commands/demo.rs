//! `notegate demo`

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use clap::Args;
use notegate::adapters::json::{RequestJson, ResponseJson};
use notegate::engine::Options;
use notegate::model::{Limits, Revision};
use notegate::pdp::SystemClock;
use notegate::{Bundle, Pdp, Request, Response};
use serde::Serialize;

use super::authorize;
use super::fmt::replace;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::packs::{DAY, Pack};
use crate::text::escape;

/// Rows of each decision in the sample.
const ROWS: usize = 16;

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

#[derive(Debug, Default, Clone, Copy, Serialize)]
struct Count {
    allow: usize,
    deny: usize,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Latency {
    decisions: usize,
    mean_ns: u64,
    p50_ns: u64,
    p99_ns: u64,
}

/// A policy edited and put in force while decisions went on.
#[derive(Serialize)]
struct Change {
    file: String,
    added: String,
    request: RequestJson,
    before: ResponseJson,
    after: ResponseJson,
    meanwhile: Meanwhile,
}

/// What another thread saw.
#[derive(Debug, Default, Clone, Serialize)]
struct Meanwhile {
    asked: u64,
    by_the_old_revision: u64,
    by_the_new_revision: u64,
    /// Decisions by the old revision after one by the new, and by any other.
    out_of_order: u64,
}

struct Day {
    requests: Vec<Request>,
    responses: Vec<Response>,
}

impl Demo {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let pack = Pack::named("baseline")?;
        let day = pack.file(DAY).ok_or_else(|| {
            Failure::new("demo.day", "this build of notegate has no day of requests in it")
        })?;
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
        let written = folder.join(DAY);
        fs::write(&written, day).map_err(|error| Failure::unreadable(&written, &error))?;

        let limits = Limits::default();
        let bundle = Bundle::from_folder(&policies, &limits)?;
        let seed = RandomState::new().hash_one(0);
        let pdp = Pdp::builder(SystemClock::default(), seed).options(Options::default());
        let pdp = pdp.open(&bundle)?;
        let day = Day::decide(&pdp, day)?;
        let change = day.change(&pdp, &policies, &limits)?;

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

impl Day {
    fn decide(pdp: &Pdp, lines: &str) -> Result<Self, Failure> {
        let mut requests = Vec::new();
        for (at, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let request = RequestJson::read(line, &pdp.shape());
            requests.push(request.map_err(|error| {
                Failure::request(&error, &format!("{DAY} line {}", at.saturating_add(1)))
            })?);
        }
        let responses = requests.iter().map(|request| pdp.authorize(request)).collect();
        Ok(Self { requests, responses })
    }

    fn pairs(&self) -> impl Iterator<Item = (&Request, &Response)> {
        self.requests.iter().zip(&self.responses)
    }

    fn totals(&self) -> BTreeMap<String, Count> {
        let mut totals: BTreeMap<String, Count> = BTreeMap::new();
        for (request, response) in self.pairs() {
            let count = totals.entry(request.action().id().unescaped().to_owned()).or_default();
            let side = if response.allowed() { &mut count.allow } else { &mut count.deny };
            *side = side.saturating_add(1);
        }
        totals
    }

    fn latency(&self) -> Latency {
        let mut taken: Vec<Duration> = self.responses.iter().map(Response::time_taken).collect();
        taken.sort_unstable();
        let nanos = |taken: Duration| u64::try_from(taken.as_nanos()).unwrap_or(u64::MAX);
        let at = |percent: usize| {
            let at = taken.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
            taken.get(at).copied().map(nanos).unwrap_or_default()
        };
        let count = u32::try_from(taken.len().max(1)).unwrap_or(u32::MAX);
        let mean = taken.iter().sum::<Duration>().checked_div(count).unwrap_or_default();
        Latency { decisions: taken.len(), mean_ns: nanos(mean), p50_ns: at(50), p99_ns: at(99) }
    }

    /// Rows spread over all the ways in which requests were allowed, and denied.
    fn sample(&self, console: &mut Console) -> Result<(), Failure> {
        for allowed in [true, false] {
            writeln!(console)?;
            let mut seen = HashSet::new();
            let mut ways: Vec<_> =
                self.pairs().filter(|(_, response)| response.allowed() == allowed).collect();
            ways.retain(|(request, response)| {
                let reason = response.reason().iter().map(ToString::to_string);
                let action = request.action().to_string();
                seen.insert(reason.chain([action]).collect::<Vec<_>>())
            });
            let step = ways.len().div_ceil(ROWS).max(1);
            for (request, response) in ways.into_iter().step_by(step) {
                row(request, response, console)?;
            }
        }
        Ok(())
    }

    fn print_totals(&self, console: &mut Console) -> Result<(), Failure> {
        let totals = self.totals();
        let width = totals.keys().map(String::len).max().unwrap_or_default();
        let head = format!("{:width$}  {:>5}  {:>5}", "ACTION", "ALLOW", "DENY");
        writeln!(console, "\n{}", console.paint.strong(&head))?;
        let mut sum = Count::default();
        for (action, Count { allow, deny }) in totals {
            sum.allow = sum.allow.saturating_add(allow);
            sum.deny = sum.deny.saturating_add(deny);
            writeln!(console, "{:width$}  {allow:>5}  {deny:>5}", escape(&action))?;
        }
        Ok(writeln!(console, "{:width$}  {:>5}  {:>5}", "all", sum.allow, sum.deny)?)
    }

    fn print_latency(&self, console: &mut Console) -> Result<(), Failure> {
        let Latency { decisions, mean_ns, p50_ns, p99_ns } = self.latency();
        let shown = |nanos: u64| format!("{:.1?}", Duration::from_nanos(nanos));
        let (mean, p50, p99) = (shown(mean_ns), shown(p50_ns), shown(p99_ns));
        let build = if cfg!(debug_assertions) { ", by a debug build" } else { "" };
        Ok(writeln!(
            console,
            "\nTime for one decision, measured on this machine in this run{build}: mean {mean}, \
             p50 {p50}, p99 {p99} ({decisions} decisions)."
        )?)
    }

    /// The request whose answer the change turns: an open terminal, or else anything allowed.
    fn subject(&self) -> Result<(&Request, &Response), Failure> {
        let mut allowed: Vec<_> = self.pairs().filter(|(_, response)| response.allowed()).collect();
        allowed.sort_by_key(|(request, _)| request.action().id().unescaped() != "terminal:open");
        let first = allowed.into_iter().next();
        first.ok_or_else(|| Failure::new("demo.day", "nothing in the day is allowed"))
    }

    /// Edits the file of the policy that allowed the request, and puts the bundle in force, while
    /// another thread decides the day over and over.
    fn change(&self, pdp: &Pdp, policies: &Path, limits: &Limits) -> Result<Change, Failure> {
        let (request, before) = self.subject()?;
        let snapshot = pdp.snapshot();
        let mut infos = snapshot.policies().iter();
        let info = infos.find(|info| before.reason().contains(&info.id));
        let file = info.map_or("demo.cedar", |info| &info.place.file).to_owned();
        // The action comes from the day in the binary, and its Display form is Cedar's own.
        let added = format!(
            "@id(\"closed-for-maintenance\")\n\
             @message(\"Closed for maintenance until noon.\")\n\
             forbid (principal, action == {}, resource);\n",
            request.action()
        );
        let stop = AtomicBool::new(false);
        let old = snapshot.revision();
        let meanwhile = thread::scope(|scope| {
            let (sender, passes) = channel();
            let stopped = &stop;
            let other = scope.spawn(move || self.keep_deciding(pdp, old, stopped, &sender));
            let activated = edit(pdp, &policies.join(&file), &added, policies, limits, &passes);
            stop.store(true, Ordering::Release);
            let meanwhile = other.join();
            activated?;
            meanwhile.map_err(|_| Failure::new("demo.thread", "the deciding thread ended early"))
        })?;
        let after = pdp.authorize(request);
        let request = RequestJson::of(request)
            .map_err(|error| Failure::new("demo.request", error.to_string()))?;
        let (before, after) = (ResponseJson::of(before), ResponseJson::of(&after));
        Ok(Change { file, added, request, before, after, meanwhile })
    }

    /// Decides the day over and over, and says after each pass that it is done.
    fn keep_deciding(
        &self,
        pdp: &Pdp,
        old: Revision,
        stop: &AtomicBool,
        passes: &Sender<()>,
    ) -> Meanwhile {
        let mut seen = Meanwhile::default();
        let mut new = None;
        loop {
            for request in &self.requests {
                seen.asked = seen.asked.saturating_add(1);
                let revision = pdp.authorize(request).revision();
                let count = match new {
                    None if revision == old => &mut seen.by_the_old_revision,
                    None => {
                        new = Some(revision);
                        &mut seen.by_the_new_revision
                    }
                    Some(new) if revision == new => &mut seen.by_the_new_revision,
                    Some(_) => &mut seen.out_of_order,
                };
                *count = count.saturating_add(1);
            }
            // Nobody waits for the last passes.
            _ = passes.send(());
            if stop.load(Ordering::Acquire) {
                return seen;
            }
        }
    }
}

/// Edits between one whole pass of the other thread and another.
fn edit(
    pdp: &Pdp,
    file: &Path,
    added: &str,
    policies: &Path,
    limits: &Limits,
    passes: &Receiver<()>,
) -> Result<(), Failure> {
    let gone = |_| Failure::new("demo.thread", "the deciding thread ended early");
    passes.recv().map_err(gone)?;
    let failed = |error| Failure::unreadable(file, &error);
    let text = fs::read_to_string(file).map_err(failed)?;
    replace(file, &format!("{text}\n{added}")).map_err(failed)?;
    pdp.activate(&Bundle::from_folder(policies, limits)?)?;
    // Passes that ended before are no news; of the next two, the second started after.
    while passes.try_recv().is_ok() {}
    passes.recv().map_err(gone)?;
    passes.recv().map_err(gone)
}

fn row(request: &Request, response: &Response, console: &mut Console) -> Result<(), Failure> {
    let decision = authorize::shown(response.decision(), console);
    let gap = if response.allowed() { "" } else { " " };
    let (principal, resource) = (short(request.principal(), 26), short(request.resource(), 36));
    let action = cut(request.action().id().unescaped(), 20);
    let ids: BTreeSet<_> = response.reason().iter().map(ToString::to_string).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let reason = if ids.is_empty() { "no policy permits it".to_owned() } else { ids.join(", ") };
    let reason = escape(&reason);
    writeln!(console, "{decision}{gap}  {principal:26}  {action:20}  {resource:36}  {reason}")?;
    for line in response.message().into_iter().flat_map(str::lines) {
        let line = console.paint.faint(line);
        writeln!(console, "       {line}")?;
    }
    Ok(())
}

/// A uid without the namespace that all of them share.
fn short(uid: &notegate::model::EntityUid, width: usize) -> String {
    cut(&format!("{} {}", uid.type_name().basename(), uid.id().unescaped()), width)
}

fn cut(text: &str, width: usize) -> String {
    let text = escape(text);
    if text.chars().count() <= width {
        return text;
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

impl Change {
    fn print(&self, console: &mut Console) -> Result<(), Failure> {
        let Meanwhile { asked, by_the_old_revision, by_the_new_revision, out_of_order } =
            self.meanwhile;
        writeln!(
            console,
            "\nA policy changes while requests go on. Added to {}:",
            escape(&self.file)
        )?;
        for line in self.added.lines() {
            writeln!(console, "  {}", escape(line))?;
        }
        writeln!(console, "The same request, before and after:")?;
        for response in [&self.before, &self.after] {
            let decision = match response.decision {
                "allow" => console.paint.good("ALLOW"),
                _ => console.paint.bad("DENY "),
            };
            let revision: String = response.revision.chars().take(19).collect();
            let reason = escape(&response.reason.join(", "));
            writeln!(console, "  {decision}  by revision {revision}…  {reason}")?;
        }
        writeln!(
            console,
            "Meanwhile another thread was answered {asked} times: {by_the_old_revision} times by the \
             old revision, then {by_the_new_revision} times by the new one, {out_of_order} out of \
             order, none lost."
        )?;
        Ok(())
    }
}
