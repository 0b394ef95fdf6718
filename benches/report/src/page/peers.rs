//! What stands beside ours.

use std::collections::BTreeMap;

use crate::found::{Found, version};
use crate::text::{count, head, ratio, row, time};

/// Peers by the number of policies, and how each was asked.
pub(super) fn beside(found: &Found) -> String {
    let ours: BTreeMap<usize, f64> =
        found.by_policies().map(|one| (one.spec.policies, one.strings.mean_ns)).collect();
    let mut text = "
## Beside what else there is

The same policies, entities and requests, decided alike. Each is kept in memory and asked in the best
form it offers. A ratio is of its mean to ours from strings; ours is a call in Rust, theirs in the
language that is named.

![Latency by the number of policies](latency-by-policies.svg)

"
    .to_owned();
    let policies: Vec<String> =
        ours.keys().map(|one| format!("{} policies", count(*one))).collect();
    let mut names = vec!["Authorizer", "In"];
    names.extend(policies.iter().map(String::as_str));
    text += &head(&names);
    let cell = |policies: &usize, mean: Option<f64>| match (mean, ours.get(policies)) {
        (Some(mean), Some(ours)) => format!("{} ({})", ratio(mean / ours), time(mean)),
        _ => "–".to_owned(),
    };
    let mut line = |name: &str, language: &str, mean: &dyn Fn(usize) -> Option<f64>| {
        let cells = ours.keys().map(|policies| cell(policies, mean(*policies)));
        text += &row([name.to_owned(), language.to_owned()].into_iter().chain(cells));
    };
    let world = |policies| found.by_policies().find(|one| one.spec.policies == policies);
    line("Notegate, from strings", "Rust", &|at| Some(world(at)?.strings.mean_ns));
    line("Notegate, prepared", "Rust", &|at| Some(world(at)?.prepared.mean_ns));
    line("Cedar's authorizer", "Rust", &|at| Some(world(at)?.official?.mean_ns));
    for peer in &found.peers {
        line(&peer.name, &peer.language, &|at| {
            let one = peer.worlds.iter().find(|one| one.policies == at)?;
            Some(one.figures.mean_ns)
        });
    }
    text + &decided(found) + &forms(found)
}

/// Benchmarks that never look at the decision measure nothing.
fn decided(found: &Found) -> String {
    let mut text = "\nWhat was decided, allowed of all that were compared:\n\n".to_owned();
    let worlds: Vec<usize> = found.by_policies().map(|one| one.spec.policies).collect();
    let policies: Vec<String> =
        worlds.iter().map(|one| format!("{} policies", count(*one))).collect();
    let mut names = vec!["Authorizer"];
    names.extend(policies.iter().map(String::as_str));
    text += &head(&names);
    let shown = |allowed: usize, all: usize| format!("{} of {}", count(allowed), count(all));
    let ours = found.by_policies().map(|one| shown(one.allowed, one.questions));
    text += &row(["Notegate".to_owned()].into_iter().chain(ours));
    for peer in &found.peers {
        let cells = worlds.iter().map(|policies| {
            let one = peer.worlds.iter().find(|one| one.policies == *policies);
            one.map_or_else(|| "–".to_owned(), |one| shown(one.allowed, one.compared))
        });
        text += &row([peer.name.clone()].into_iter().chain(cells));
    }
    text
}

fn forms(found: &Found) -> String {
    let cedar = version("cedar-policy");
    let mut text = format!(
        "\nHow each was asked:\n\n- **Cedar's authorizer** {cedar}: policies, entities and requests \
         parsed beforehand.\n"
    );
    for peer in &found.peers {
        text +=
            &format!("- **{}** {}, {}: {}.\n", peer.name, peer.version, peer.language, peer.form);
    }
    text + "- **regorus** has no release of its own on PyPI, and is not measured from Python.\n"
}
