//! `notegate bundle sign`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use notegate::bundle::{Delivered, Delivery, KeyId, PrivateKey, Trust};
use notegate::model::LoadError;

use crate::commands::bundle::written;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::files;
use crate::input::LimitArgs;
use crate::keys;

/// Add a signature to a packed bundle
///
/// The signature is one of the manifest's exact bytes; signatures by other keys stay, so that a key
/// can take the place of another without a gap. The digests are checked first: what does not fit its
/// manifest is not signed.
#[derive(Debug, Args)]
#[command(
    after_help = "A folder is signed when its manifest lists its members: the signature is written into it, as\n\
    manifest.<key id>.sig, which is what `openssl pkeyutl -sign -rawin` writes, too.\n\n\
    Examples:\n  \
    notegate bundle sign hub.tar --key hub.pem\n  \
    notegate bundle sign hub.tar --key old.pem --key new.pem -o hub-signed.tar"
)]
pub(crate) struct Sign {
    /// The packed bundle or grants; or a folder that one was unpacked to
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    /// The private key, in PEM; may be given again
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,

    /// The file to write; left out, the bundle is replaced as a whole
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    limits: LimitArgs,
}

impl Sign {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let limits = self.limits.read()?;
        let keys = keys::private(&self.keys, console)?;
        let mut delivered = Delivery::open(&self.bundle, &limits)?.read(&Trust::unsigned())?;
        keys.iter().try_for_each(|key| sign(&mut delivered, key))?;
        let bytes = written::bytes(&delivered)?;
        // What nobody could read must not be delivered: with its signatures, too.
        Delivery::from_bytes(&bytes, &limits)?.read(&Trust::unsigned())?;
        let target = match self.output {
            Some(output) => {
                files::write(&output, &bytes)?;
                output
            }
            None if self.bundle.is_dir() => {
                let signatures = signatures(&delivered);
                for key in keys.iter().map(|key| key.public().id()) {
                    let Some(signature) = signatures.get(&key) else { continue };
                    files::write(&self.bundle.join(key.signature_name()), signature)?;
                }
                self.bundle
            }
            None => {
                files::write(&self.bundle, &bytes)?;
                self.bundle
            }
        };
        written::say(&delivered, &target, bytes.len(), console)?;
        Ok(Exit::Success)
    }
}

fn sign(delivered: &mut Delivered, key: &PrivateKey) -> Result<(), LoadError> {
    match delivered {
        Delivered::Bundle(bundle) => bundle.sign(key),
        Delivered::Grants(grants) => {
            grants.sign(key);
            Ok(())
        }
    }
}

fn signatures(delivered: &Delivered) -> BTreeMap<KeyId, [u8; 64]> {
    match delivered {
        Delivered::Bundle(bundle) => bundle.signatures().map(|(key, one)| (key, *one)).collect(),
        Delivered::Grants(grants) => grants.signatures().map(|(key, one)| (key, *one)).collect(),
    }
}
