//! One decision of ours, and of the official authorizer.

use notegate_worlds::{Asked, Figures, Measured, Spec};

use crate::found::Found;
use crate::text::{count, head, perhaps, ratio, row, time};

/// What matters most, first.
pub(super) fn ratios(found: &Found) -> String {
    let mut text = "\nAgainst the official authorizer, means of one decision:\n\n".to_owned();
    text += &head(&[
        "Policies",
        "Ratio, from strings",
        "Ratio, prepared",
        "From strings",
        "Prepared",
        "Official authorizer",
        "Allowed",
        "Decided by both alike",
    ]);
    for one in found.by_policies() {
        let Some(official) = one.official else { continue };
        let against = |ours: &Figures| ratio(official.mean_ns / ours.mean_ns);
        text += &row([
            count(one.spec.policies),
            against(&one.strings),
            against(&one.prepared),
            time(one.strings.mean_ns),
            time(one.prepared.mean_ns),
            time(official.mean_ns),
            format!("{} of {}", count(one.allowed), count(one.questions)),
            count(one.compared),
        ]);
    }
    text
}

/// Every way to ask, with percentiles.
pub(super) fn ways(found: &Found) -> String {
    let mut text = "
## Ways to ask

`strings` is `Snapshot::answer` of a question in borrowed strings; `prepared` is the same request
prepared before; `authorize` is `Pdp::authorize` of a request, with a decision id, determining
policies and the time taken in its response; `batch` is `Snapshot::evaluate_batch` of 64 requests,
its percentiles those of batches; `official` is the language crate's authorizer.

"
    .to_owned();
    text += &head(&["Policies", "Way", "Mean", "Median", "p99", "p99.9"]);
    for one in found.by_policies() {
        let all = [
            ("strings", Some(one.strings)),
            ("prepared", Some(one.prepared)),
            ("authorize", Some(one.authorize)),
            ("batch", Some(one.batch)),
            ("official", one.official),
        ];
        for (name, figures) in all {
            let Some(figures) = figures else { continue };
            text += &row([
                count(one.spec.policies),
                format!("`{name}`"),
                time(figures.mean_ns),
                time(figures.p50_ns),
                perhaps(figures.p99_ns),
                perhaps(figures.p999_ns),
            ]);
        }
    }
    text
}

/// Worlds that differ from that of a thousand policies in one thing.
pub(super) fn variations(found: &Found) -> String {
    let mut text = "
## What it depends on

A thousand policies, and one thing changed. A million entities are asked about in 131 072 different
requests, so that what one needs is in no cache: what is slower there is memory.

"
    .to_owned();
    text += &head(&[
        "World",
        "Candidates",
        "Allowed",
        "From strings",
        "p99.9",
        "Prepared",
        "p99.9",
        "Official authorizer",
    ]);
    for one in found.results.worlds.iter().filter(|one| one.spec.policies == 1_000) {
        text += &row([
            described(one),
            format!("{:.1}", one.candidates),
            format!("{:.0} %", one.allowed as f64 * 100.0 / one.questions.max(1) as f64),
            time(one.strings.mean_ns),
            perhaps(one.strings.p999_ns),
            time(one.prepared.mean_ns),
            perhaps(one.prepared.p999_ns),
            perhaps(one.official.map(|official| official.mean_ns)),
        ]);
    }
    text
}

fn described(one: &Measured) -> String {
    let (spec, base) = (one.spec, Spec::of(one.spec.policies));
    match spec.asked {
        Asked::Allowed => "only what is allowed".to_owned(),
        Asked::Unknown => "principals and resources that are not stored".to_owned(),
        Asked::Mixed if spec.entities != base.entities => {
            format!("{} entities", count(spec.entities))
        }
        Asked::Mixed if spec.candidates != base.candidates => {
            format!("{} candidates", spec.candidates)
        }
        Asked::Mixed if spec.depth != base.depth => format!("groups nested {} deep", spec.depth),
        Asked::Mixed => "as above".to_owned(),
    }
}
