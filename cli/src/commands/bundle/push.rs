//! `notegate bundle push`

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use notegate::bundle::{Delivered, Delivery, Trust};
use notegate::model::Limits;
use serde::Serialize;

use crate::commands::bundle::written::{self, Summary};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::input::LimitArgs;
use crate::keys::TrustArgs;
use crate::place::Place;
use crate::text::escape;

/// Put a bundle where enforcement points fetch it
///
/// The place is a folder or file, or an address of an object store. Whoever reads there meanwhile
/// reads the old bundle or the new one, whole. What enforcement points would refuse is not pushed: a
/// bundle that nobody signed, that is older than the one that is there, or that has its sequence and
/// other contents.
#[derive(Debug, Args)]
#[command(after_help = "Places:\n  \
    a folder, or a path ending in `/`       <name>.tar in it; grants are <name>.grants.tar\n  \
    a file                                  that file\n  \
    s3://bucket/key, gs://bucket/key, az://container/key, https://host/path\n                                          \
    that object, with credentials from the environment (AWS_ACCESS_KEY_ID,\n                                          \
    GOOGLE_SERVICE_ACCOUNT, AZURE_STORAGE_ACCOUNT_KEY and their kin)\n\n\
    Examples:\n  \
    notegate bundle push hub.tar /srv/bundles/\n  \
    notegate bundle push hub.tar s3://policies/hub.tar --key hub.pub.pem\n  \
    AWS_ENDPOINT=http://localhost:9000 AWS_ALLOW_HTTP=true notegate bundle push hub.tar s3://policies/")]
pub(crate) struct Push {
    /// The packed bundle or grants; or a folder that one was unpacked to
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    /// Where it is put
    #[arg(value_name = "PLACE")]
    place: String,

    #[command(flatten)]
    trust: TrustArgs,

    /// Push a bundle that nobody signed
    #[arg(long, conflicts_with_all = ["keys", "keys_for"])]
    unsigned: bool,

    /// Replace whatever is there, even what is newer; enforcement points that had it will not go back
    #[arg(long)]
    replace: bool,

    #[command(flatten)]
    limits: LimitArgs,
}

/// How often a push that others overtook is tried.
const ATTEMPTS: usize = 8;

#[derive(Serialize)]
struct PushedJson {
    place: String,
    /// Whether anything was written: the same bytes are left alone.
    changed: bool,
    replaced: Option<u64>,
    #[serde(flatten)]
    summary: Summary,
}

impl Push {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let limits = self.limits.read()?;
        let delivered = Delivery::open(&self.bundle, &limits)?.read(&self.trust.read()?)?;
        let summary = Summary::of(&delivered);
        if summary.signatures.is_empty() && !self.unsigned {
            return Err(Failure::new("push.unsigned", "nobody signed it")
                .help("sign it with `notegate bundle sign`, or push it with --unsigned"));
        }
        let name = match delivered {
            Delivered::Bundle(_) => format!("{}.tar", summary.name),
            Delivered::Grants(_) => format!("{}.grants.tar", summary.name),
        };
        let bytes = written::bytes(&delivered)?;
        let mut place = Place::named(&self.place, &name, console)?;
        let Some(outcome) = (0..ATTEMPTS)
            .find_map(|_| self.attempt(&mut place, &bytes, &summary, &limits).transpose())
        else {
            let message =
                format!("`{}`: others push to the same place all the time", place.shown());
            return Err(Failure::new("push.conflict", message).help("push again"));
        };
        let Outcome { changed, replaced } = outcome?;
        let place = place.shown();
        if console.is_json() {
            console.json(&PushedJson { place, changed, replaced, summary })?;
            return Ok(Exit::Success);
        }
        let word = if changed { "Pushed to" } else { "It is there already:" };
        writeln!(console, "{word} {}", escape(&place))?;
        summary.print(console)?;
        Ok(Exit::Success)
    }

    /// Looks at what is there and puts the next in its place; `None` when another push came between.
    fn attempt(
        &self,
        place: &mut Place,
        bytes: &[u8],
        summary: &Summary,
        limits: &Limits,
    ) -> Result<Option<Outcome>, Failure> {
        let held = place.held(limits.bundle_bytes)?;
        let changed = held.as_deref() != Some(bytes);
        let held = held.as_deref().map(|held| Held::read(held, limits));
        if changed {
            match &held {
                Some(held) if !self.replace => held.gives_way_to(summary, &place.shown())?,
                _ => {}
            }
            if !place.put(bytes.to_vec())? {
                return Ok(None);
            }
        }
        let replaced = held.and_then(|held| held.0).map(|held| held.sequence);
        Ok(Some(Outcome { changed, replaced }))
    }
}

/// How a push ended.
struct Outcome {
    changed: bool,
    /// The sequence of the bundle that was there.
    replaced: Option<u64>,
}

/// What is there; `None` when it is no bundle.
struct Held(Option<Summary>);

impl Held {
    fn read(bytes: &[u8], limits: &Limits) -> Self {
        let read =
            Delivery::from_bytes(bytes, limits).and_then(|held| held.read(&Trust::unsigned()));
        Self(read.ok().map(|held| Summary::of(&held)))
    }

    /// Whether an enforcement point that has this one would take the next.
    fn gives_way_to(&self, next: &Summary, place: &str) -> Result<(), Failure> {
        let refuse = |message: String| {
            let message = format!("`{place}`: {message}");
            Err(Failure::new("push.held", message).help("push to another place, or with --replace"))
        };
        let Some(held) = &self.0 else { return refuse("what is there is no bundle".to_owned()) };
        if (held.kind, &held.name) != (next.kind, &next.name) {
            return refuse(format!("what is there is the {} `{}`", held.kind, held.name));
        }
        let (old, new) = (held.sequence, next.sequence);
        if new < old {
            return refuse(format!("what is there has sequence {old}, and this is {new}"));
        }
        if new == old && held.revision != next.revision {
            let message =
                format!("`{place}`: what is there has sequence {old}, too, and other contents");
            return Err(Failure::new("push.sequence", message)
                .help("pack it with a higher `--sequence`, and sign it again"));
        }
        Ok(())
    }
}
