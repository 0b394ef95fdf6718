//! What it costs a program in Python.

use notegate_worlds::{Peer, PeerFigures};

use crate::found::Found;
use crate::text::{count, head, perhaps, ratio, row, time};

/// The way that ratios are to.
const PAIRS: &str = "Notegate, in pairs";

/// Our Python package, beside what else there is in Python.
pub(super) fn called(found: &Found) -> String {
    let all = || found.doors.iter().chain(&found.peers);
    let Some(pairs) = all().find(|one| one.name == PAIRS) else { return String::new() };
    let beside: Vec<&Peer> = all().filter(|one| one.language == pairs.language).collect();
    let mut text = format!(
        "
## From Python

A call of `authorize` with a look at `allowed`, in {}, beside what else decides there. They take turns
of 20 ms in one process; a ratio is of the mean to that in pairs. Percentiles of batches are those of
whole batches, by their questions.

",
        pairs.language
    );
    let policies: Vec<usize> = pairs.worlds.iter().map(|one| one.policies).collect();
    let columns = policies.iter().map(|one| format!("{} policies", count(*one)));
    let names: Vec<String> = ["Authorizer".to_owned()].into_iter().chain(columns).collect();
    text += &head(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for one in &beside {
        let cells = policies.iter().map(|at| match (world(one, *at), world(pairs, *at)) {
            (Some(one), Some(pairs)) => {
                let (mean, ours) = (one.figures.mean_ns, pairs.figures.mean_ns);
                format!("{} ({})", ratio(mean / ours), time(mean))
            }
            _ => "–".to_owned(),
        });
        text += &row([one.name.clone()].into_iter().chain(cells));
    }
    text += "\nOf ours:\n\n";
    text += &head(&["Policies", "Way", "Mean", "Median", "p99", "p99.9", "Allowed"]);
    for at in &policies {
        for (one, world) in found.doors.iter().filter_map(|one| Some((one, world(one, *at)?))) {
            text += &row([
                count(*at),
                one.name.clone(),
                time(world.figures.mean_ns),
                time(world.figures.p50_ns),
                perhaps(world.figures.p99_ns),
                perhaps(world.figures.p999_ns),
                format!("{} of {}", count(world.allowed), count(world.compared)),
            ]);
        }
    }
    text += "\nHow each way asks:\n\n";
    for one in &found.doors {
        text += &format!("- **{}**: {}.\n", one.name, one.form);
    }
    text + &imported(found)
}

fn imported(found: &Found) -> String {
    let Some(import) = &found.import else { return String::new() };
    format!(
        "\n`import notegate` takes {}, the median of {} interpreters that had just started; the slowest took {}.\n",
        time(import.median_ns),
        import.runs,
        time(import.slowest_ns)
    )
}

fn world(one: &Peer, policies: usize) -> Option<&PeerFigures> {
    one.worlds.iter().find(|world| world.policies == policies)
}
