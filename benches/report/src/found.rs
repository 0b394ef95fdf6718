//! What the programs that measure left.

use std::error::Error;
use std::fs;
use std::path::Path;

use notegate_worlds::{Counted, Import, Measured, POLICIES, Peer, Results, Spec, read};

use crate::criterion::Estimates;

/// Everything that is written down.
pub(crate) struct Found {
    pub(crate) results: Results,
    pub(crate) counted: Counted,
    /// By how fast they are where policies are most.
    pub(crate) peers: Vec<Peer>,
    /// Our own doors, in the same order.
    pub(crate) doors: Vec<Peer>,
    pub(crate) import: Option<Import>,
    pub(crate) estimates: Estimates,
}

impl Found {
    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut peers = Vec::new();
        // Peers may be left out.
        for entry in fs::read_dir(folder.join("peers")).into_iter().flatten() {
            peers.push(read::<Peer>(&entry?.path())?);
        }
        let slowest = |peer: &Peer| peer.worlds.last().map_or(0.0, |world| world.figures.mean_ns);
        peers.sort_by(|one, other| slowest(one).total_cmp(&slowest(other)));
        let (doors, peers) = peers.into_iter().partition(|peer| peer.ours);
        let import = folder.join("import.json");
        Ok(Self {
            results: read(&folder.join("notegate.json"))?,
            counted: read(&folder.join("allocations.json"))?,
            peers,
            doors,
            import: import.exists().then(|| read(&import)).transpose()?,
            estimates: Estimates::read(&folder.join("criterion"))?,
        })
    }

    /// The worlds that differ in nothing but the number of policies.
    pub(crate) fn by_policies(&self) -> impl Iterator<Item = &Measured> {
        let wanted = |one: &&Measured| POLICIES.iter().any(|count| one.spec == Spec::of(*count));
        self.results.worlds.iter().filter(wanted)
    }
}

/// The release of a package in the lock file of the workspace.
pub(crate) fn version(package: &str) -> &'static str {
    let entry = format!("name = \"{package}\"\nversion = \"");
    let rest = include_str!("../../../Cargo.lock").split_once(&entry);
    rest.and_then(|(_, rest)| rest.split_once('"')).map_or("unknown", |(version, _)| version)
}
