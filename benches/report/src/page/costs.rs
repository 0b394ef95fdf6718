//! What else costs something.

use notegate_worlds::Loaded;

use crate::found::Found;
use crate::text::{count, grouped, head, ratio, row, time};

/// Two threads against one.
pub(super) fn threads(found: &Found) -> String {
    let (one, two) = (found.results.threads.one, found.results.threads.two);
    format!(
        "\n## Two threads\n\nOne thread decides {} questions in a second, from strings; two of one \
         snapshot decide {}: {}.\n",
        grouped(one),
        grouped(two),
        ratio(two / one)
    )
}

/// By the way it is asked.
pub(super) fn allocations(found: &Found) -> String {
    let mut text = "\n## Allocations\n\nOf one decision, a thousand policies:\n\n".to_owned();
    text += &head(&["Way", "Allocations"]);
    for (name, each) in &found.counted.each {
        let each = if *each == 0.0 { "0".to_owned() } else { format!("{each:.1}") };
        text += &row([format!("`{name}`"), each]);
    }
    text
}

/// Time and memory.
pub(super) fn loading(found: &Found) -> String {
    let mut text = "
## Loading

From texts to a decision point that decides: parsed, checked against the schema, indexed and
compiled. The policies are in twenty files, as an author writes them. Memory is what was allocated at once at the highest, texts included, and what stays.

"
    .to_owned();
    text +=
        &head(&["Policies", "Entities", "Time", "Texts", "Highest", "Stays", "Highest per entity"]);
    for Loaded { spec, text: bytes, peak, kept } in &found.counted.loads {
        let measured = found.results.worlds.iter().find(|one| one.spec == *spec);
        let median = found.estimates.of("load_entities", "notegate");
        let median = median.filter(|_| spec.policies == 1_000);
        let median = median.filter(|(value, _)| usize::try_from(*value) == Ok(spec.entities));
        let taken = measured.map(|one| one.load_ms * 1e6).or(median.map(|(_, taken)| taken).last());
        let each = *peak as f64 / spec.entities.max(1) as f64;
        text += &row([
            count(spec.policies),
            count(spec.entities),
            taken.map_or_else(|| "–".to_owned(), time),
            mib(*bytes),
            mib(*peak),
            mib(*kept),
            format!("{} bytes", grouped(each)),
        ]);
    }
    text
}

/// A small change, under readers.
pub(super) fn reloading(found: &Found) -> String {
    let mut text = "
## Reloading

A bundle in force is replaced by one that differs in one thing, while a thread asks; medians.

"
    .to_owned();
    text += &head(&["Policies", "Changed", "Time"]);
    for changed in ["one policy", "one entity"] {
        for (policies, median) in found.estimates.of("reload", changed) {
            text += &row([grouped(policies as f64), changed.to_owned(), time(median)]);
        }
    }
    text
}

/// All who may.
pub(super) fn enumerating(found: &Found) -> String {
    let mut text = "
## Enumerating

All stored people who may take the place of a request's principal, or datasets that may take that of
its resource, a thousand policies; medians.

"
    .to_owned();
    text += &head(&["Entities", "Listed", "Time"]);
    for listed in ["who can", "what can"] {
        for (entities, median) in found.estimates.of("enumerate", listed) {
            text += &row([grouped(entities as f64), listed.to_owned(), time(median)]);
        }
    }
    text
}

/// The request of a browser, into what must be allowed.
pub(super) fn reading_urls(found: &Found) -> String {
    let mut text = "
## Reading URLs

The method and the target of a request behind a hub, into the actions that must all be allowed; medians.

"
    .to_owned();
    text += &head(&["Target", "Actions", "Time"]);
    for (target, actions, median) in found.estimates.all_of("read_url") {
        text += &row([target.to_owned(), actions.to_string(), time(median)]);
    }
    text
}

fn mib(bytes: u64) -> String {
    format!("{} MiB", grouped(bytes as f64 / f64::from(1 << 20)))
}
