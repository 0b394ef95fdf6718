//! `notegate bundle verify`

use std::io::Write as _;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use notegate::bundle::{Delivered, Delivery};
use notegate::model::{LoadError, LoadErrorKind, Problem, Timestamp};

use crate::commands::bundle::written::Summary;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::input::LimitArgs;
use crate::keys::TrustArgs;

/// Check that a bundle is signed by a key, is what was signed, and has not ended
///
/// Checks in the order of an enforcement point: size, signature, manifest, digests, and the moments
/// in the manifest. Policies are checked by `notegate validate`, which takes packed bundles, too.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 it is right, 3 it is not, 1 it could not be read.\n\n\
    Examples:\n  \
    notegate bundle verify hub.tar --key hub.pub.pem\n  \
    notegate bundle verify hub.tar --key old.pub.pem --key new.pub.pem --format json\n  \
    notegate bundle verify hub.tar --key-for hub=hub.pub.pem --at 2026-12-01T16:00:00Z")]
pub(crate) struct Verify {
    /// The packed bundle or grants; or a folder that one was unpacked to
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    #[command(flatten)]
    trust: TrustArgs,

    /// Check it as if it were this moment, such as 2026-12-01T16:00:00Z
    #[arg(long, value_name = "MOMENT", value_parser = Timestamp::parse)]
    at: Option<Timestamp>,

    #[command(flatten)]
    limits: LimitArgs,
}

impl Verify {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        if !self.trust.is_given() {
            return Err(Failure::new("usage.key", "there is no key to verify it by")
                .help("give the public key with --key; `notegate bundle inspect` needs none"));
        }
        let (limits, trust) = (self.limits.read()?, self.trust.read()?);
        let delivered = Delivery::open(&self.bundle, &limits)?.read(&trust)?;
        let at = self.at.unwrap_or_else(|| SystemTime::now().into());
        in_force_at(&delivered, at)?;
        let summary = Summary::of(&delivered);
        if console.is_json() {
            console.json(&summary)?;
        } else {
            let word = console.paint.good("verified");
            writeln!(console, "{word}")?;
            summary.print(console)?;
        }
        Ok(Exit::Success)
    }
}

fn in_force_at(delivered: &Delivered, at: Timestamp) -> Result<(), LoadError> {
    let (created, expires) = match delivered {
        Delivered::Bundle(bundle) => (bundle.manifest().created, bundle.manifest().expires),
        Delivered::Grants(grants) => (grants.manifest().created, grants.manifest().expires),
    };
    let problem = match (created, expires) {
        (_, Some(expires)) if expires <= at => {
            Problem::error("bundle.expired", format!("it ended at {expires}, and it is {at}"))
                .help("pack it with a later `--expires`, and sign it again")
        }
        (Some(created), _) if created > at => {
            let message = format!("it is made at {created}, and it is {at}");
            Problem::error("bundle.created", message)
                .help("set the clock, here or where it was made")
        }
        _ => return Ok(()),
    };
    Err(LoadError::new(LoadErrorKind::Untrusted, problem))
}
