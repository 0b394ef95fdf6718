//! A policy edited and put in force while decisions go on.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use notegate::adapters::json::{RequestJson, ResponseJson};
use notegate::model::{Limits, Revision};
use notegate::{Bundle, Pdp, Request, Response};
use serde::Serialize;

use super::day::Day;
use crate::console::Console;
use crate::failure::Failure;
use crate::files;
use crate::text::escape;

/// A policy edited and put in force while decisions went on.
#[derive(Serialize)]
pub(super) struct Change {
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

impl Change {
    /// Edits the file of the policy that allowed the request, and puts the bundle in force, while
    /// another thread decides the day over and over.
    pub(super) fn make(
        day: &Day,
        pdp: &Pdp,
        policies: &Path,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        let (request, before) = subject(day)?;
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
            let other = scope.spawn(move || keep_deciding(day, pdp, old, stopped, &sender));
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
        Ok(Self { file, added, request, before, after, meanwhile })
    }

    pub(super) fn print(&self, console: &mut Console) -> Result<(), Failure> {
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

/// The request whose answer the change turns: an open terminal, or else anything allowed.
fn subject(day: &Day) -> Result<(&Request, &Response), Failure> {
    let mut allowed: Vec<_> = day.pairs().filter(|(_, response)| response.allowed()).collect();
    allowed.sort_by_key(|(request, _)| request.action().id().unescaped() != "terminal:open");
    let first = allowed.into_iter().next();
    first.ok_or_else(|| Failure::new("demo.day", "nothing in the day is allowed"))
}

/// Decides the day over and over, and says after each pass that it is done.
fn keep_deciding(
    day: &Day,
    pdp: &Pdp,
    old: Revision,
    stop: &AtomicBool,
    passes: &Sender<()>,
) -> Meanwhile {
    let mut seen = Meanwhile::default();
    let mut new = None;
    loop {
        for request in &day.requests {
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
    files::write(file, format!("{text}\n{added}").as_bytes())?;
    pdp.activate(&Bundle::from_folder(policies, limits)?)?;
    // Passes that ended before are no news; of the next two, the second started after.
    while passes.try_recv().is_ok() {}
    passes.recv().map_err(gone)?;
    passes.recv().map_err(gone)
}
