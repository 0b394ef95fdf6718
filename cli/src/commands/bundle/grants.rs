//! `notegate bundle pack-grants`

use std::path::PathBuf;

use clap::Args;
use notegate::bundle::{Delivered, GrantsDelivery, GrantsManifest, read_file};

use crate::commands::bundle::times::TimeArgs;
use crate::commands::bundle::written;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::files;
use crate::input::LimitArgs;
use crate::keys;

/// Pack grants alone, to give or take access without touching policies
///
/// Grants that are delivered alone take the place of those that the bundle came with. They have a
/// sequence of their own. Each grant ends at its own `expires`, or with the whole delivery when that
/// is earlier.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    notegate bundle pack-grants grants.json --for hub --sequence 12 --key hub.pem -o hub.grants.tar\n  \
    notegate bundle pack-grants grants.json --for hub --sequence 13 --created now --expires +24h \\\n    \
    --key hub.pem -o hub.grants.tar")]
pub(crate) struct PackGrants {
    /// The grants: a file like the `grants.json` of a bundle
    #[arg(value_name = "FILE")]
    grants: PathBuf,

    /// The name of the bundle that they are for
    #[arg(long = "for", value_name = "NAME")]
    bundle: String,

    /// Its place in the order of deliveries of grants for that bundle
    #[arg(long, value_name = "NUMBER")]
    sequence: u64,

    /// The file to write; one that is there is replaced as a whole
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    #[command(flatten)]
    times: TimeArgs,

    /// Sign it with this private key, in PEM; may be given again
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,

    #[command(flatten)]
    limits: LimitArgs,
}

impl PackGrants {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let limits = self.limits.read()?;
        let keys = keys::private(&self.keys, console)?;
        let text = read_file(&self.grants, &limits)?;
        let (created, expires) = self.times.read(None, None)?;
        let (bundle, sequence) = (self.bundle, self.sequence);
        let manifest = GrantsManifest { bundle, sequence, created, expires };
        let mut grants = GrantsDelivery::new(&manifest, &text, &limits)?;
        keys.iter().for_each(|key| grants.sign(key));
        let bytes = grants.to_bytes()?;
        files::write(&self.output, &bytes)?;
        written::say(&Delivered::Grants(grants), &self.output, bytes.len(), console)?;
        Ok(Exit::Success)
    }
}
