//! What one of our packages costs, beside what else there is in its language.

use notegate_worlds::{Peer, PeerFigures};

use crate::found::Found;
use crate::text::{count, head, perhaps, ratio, row, time};

/// Tables of all that is asked in the language of this door, with ratios to it.
pub(super) fn table(found: &Found, door: &Peer) -> String {
    let here = |one: &&Peer| one.language == door.language;
    let beside: Vec<&Peer> = found.doors.iter().chain(&found.peers).filter(here).collect();
    let ours: Vec<&Peer> = found.doors.iter().filter(here).collect();
    let policies: Vec<usize> = door.worlds.iter().map(|one| one.policies).collect();
    let columns = policies.iter().map(|one| format!("{} policies", count(*one)));
    let names: Vec<String> = ["Authorizer".to_owned()].into_iter().chain(columns).collect();
    let mut text = head(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for one in &beside {
        let cells = policies.iter().map(|at| match (world(one, *at), world(door, *at)) {
            (Some(one), Some(door)) => {
                let (mean, ours) = (one.figures.mean_ns, door.figures.mean_ns);
                format!("{} ({})", ratio(mean / ours), time(mean))
            }
            _ => "–".to_owned(),
        });
        text += &row([one.name.clone()].into_iter().chain(cells));
    }
    text += "\nOf ours:\n\n";
    text += &head(&["Policies", "Way", "Mean", "Median", "p99", "p99.9", "Allowed"]);
    for at in &policies {
        for (one, world) in ours.iter().filter_map(|one| Some((one, world(one, *at)?))) {
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
    for one in &ours {
        text += &format!("- **{}**: {}.\n", one.name, one.form);
    }
    text
}

fn world(one: &Peer, policies: usize) -> Option<&PeerFigures> {
    one.worlds.iter().find(|world| world.policies == policies)
}
