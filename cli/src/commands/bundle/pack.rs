//! `notegate bundle pack`

use std::path::PathBuf;

use clap::Args;
use notegate::Snapshot;
use notegate::bundle::{Delivered, Delivery, Manifest};
use notegate::engine::Options;

use crate::commands::bundle::times::TimeArgs;
use crate::commands::bundle::written;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::files;
use crate::input::LimitArgs;
use crate::keys;

/// Pack a folder into the one file that is delivered
///
/// The manifest that is packed lists every member with its digest. The policies are checked as an
/// enforcement point would; what is invalid is not packed. The same folder and the same flags give
/// the same bytes, today and tomorrow: a change in the file is a change in the bundle.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    notegate bundle pack my-policies -o hub.tar\n  \
    notegate bundle pack my-policies --sequence 7 --key hub.pem -o hub.tar\n  \
    notegate bundle pack my-policies --name hub --created now --expires +30d -o hub.tar")]
pub(crate) struct Pack {
    /// The folder of the bundle, or a packed one to pack anew
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    /// The file to write; one that is there is replaced as a whole
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// The bundle's name; left out, it is what the manifest says
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Its place in the order of deliveries: an enforcement point takes none that is lower than it has
    /// had; left out, it is what the manifest says
    #[arg(long, value_name = "NUMBER")]
    sequence: Option<u64>,

    #[command(flatten)]
    times: TimeArgs,

    /// Sign it with this private key, in PEM; may be given again
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,

    #[command(flatten)]
    limits: LimitArgs,
}

impl Pack {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let limits = self.limits.read()?;
        let keys = keys::private(&self.keys, console)?;
        let bundle = Delivery::open(&self.bundle, &limits)?.unsealed()?;
        for name in bundle.ignored() {
            console.note(&format!("note: `{name}` is no part of the bundle and is not packed"));
        }
        let manifest = bundle.manifest().clone();
        let (created, expires) = self.times.read(manifest.created, manifest.expires)?;
        let manifest = Manifest {
            name: self.name.unwrap_or(manifest.name),
            sequence: self.sequence.unwrap_or(manifest.sequence),
            created,
            expires,
            ..manifest
        };
        let mut bundle = bundle.seal(manifest, &limits)?;
        Snapshot::build(&bundle, Options { limits, ..Options::default() })?;
        keys.iter().try_for_each(|key| bundle.sign(key))?;
        let bytes = bundle.to_bytes()?;
        // What nobody could read must not be delivered: the file itself is held to the same limits.
        Delivery::from_bytes(&bytes, &limits)?.bundle(&notegate::bundle::Trust::unsigned())?;
        files::write(&self.output, &bytes)?;
        written::say(&Delivered::Bundle(bundle), &self.output, bytes.len(), console)?;
        Ok(Exit::Success)
    }
}
