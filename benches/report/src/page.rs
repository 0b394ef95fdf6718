//! The page.

mod costs;
mod decisions;
mod doors;
mod javascript;
mod peers;
mod python;

use notegate_worlds::{SEED, quick};

use crate::found::{Found, version};
use crate::text::row;

const TITLE: &str = "# What a decision costs\n";

const HEAD: &str = "
Written by `make bench`, which measures everything again and writes this page anew. Figures are of
one machine at one moment; ratios are of the same run, and are what to trust.
";

const TRIED: &str = "
**Only tried.** These figures are of a quick run: each way was timed for a fraction of a second, on a
machine that was busy or not, and parts may have been measured minutes apart. They show that everything
works and what was decided; neither times nor ratios are to be quoted. `make bench` without `QUICK`
writes those.
";

const WORLDS: &str = "
## What is asked

Worlds come from a seed. People are in groups and datasets in namespaces; a policy says that a group
may read, or write, the datasets of a namespace up to a sensitivity, when that is within the
principal's clearance and the second factor was used, or, one policy in eight, that it may not. If
nothing else is said there are 10 000 stored people and datasets, about three candidate policies for
a request however many policies there are, and 4 096 different requests that are asked in turn.

Before anything is timed, every request is decided in every way, and held against what was worked out
from the numbers of the world alone; as many as time allows are also decided by the official
authorizer, or by the peer. One that is decided otherwise ends the run.

Whoever is timed together takes turns of 20 ms, the first part of a turn not timed. A mean is of a
turn's decisions in a row, and the median turn is told, so that what else the machine did counts in
percentiles alone; those are of decisions timed one by one, with the time of reading the clock taken
off.
";

/// All of it.
pub(crate) fn write(found: &Found) -> String {
    let mut text = if quick() { [TITLE, TRIED].concat() } else { [TITLE, HEAD].concat() };
    text += &decisions::ratios(found);
    text += &peers::beside(found);
    text += &python::called(found);
    text += &javascript::called(found);
    text += &machine(found);
    text += WORLDS;
    text += &decisions::ways(found);
    text += &decisions::variations(found);
    text += &costs::threads(found);
    text += &costs::allocations(found);
    text += &costs::loading(found);
    text += &costs::reloading(found);
    text += &costs::enumerating(found);
    text += &costs::reading_urls(found);
    text
}

fn machine(found: &Found) -> String {
    let machine = &found.results.machine;
    let processor = format!("{}, {} threads", machine.processor, machine.threads);
    let compiler = format!("{}, profile `{}`", machine.compiler, machine.profile);
    let mut text = "\n## On what\n\n| | |\n|---|---|\n".to_owned();
    for (name, value) in [
        ("Date", machine.date.as_str()),
        ("Processor", &processor),
        ("System", &machine.system),
        ("Compiler", &compiler),
        ("Notegate", env!("CARGO_PKG_VERSION")),
        ("Cedar", version("cedar-policy")),
        ("Seed", &SEED.to_string()),
    ] {
        text += &row([name.to_owned(), value.to_owned()]);
    }
    text
}
