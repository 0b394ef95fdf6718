//! `notegate bundle keygen`

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use notegate::bundle::{KeyError, PrivateKey};
use serde::Serialize;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::text::escape;

/// Make a pair of keys to sign bundles with
///
/// Writes the private key, readable by its owner alone, and the public key beside it, both in PEM.
/// Neither file is ever overwritten. `openssl genpkey -algorithm ed25519` makes keys of the same kind.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    notegate bundle keygen hub.pem                      hub.pem and hub.pub.pem\n  \
    notegate bundle keygen hub.pem --public keys/hub.pub.pem")]
pub(crate) struct Keygen {
    /// The file of the private key
    #[arg(value_name = "FILE")]
    private: PathBuf,

    /// The file of the public key; left out, it is that of the private one with `.pub.pem` at its end
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
}

#[derive(Serialize)]
struct MadeJson {
    private: String,
    public: String,
    key_id: String,
}

impl Keygen {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let public = self.public.unwrap_or_else(|| self.private.with_extension("pub.pem"));
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| Failure::new("key.random", format!("no randomness: {error}")))?;
        let key = PrivateKey::from_seed(&seed).map_err(unwritable)?;
        let private_pem = key.to_pem().map_err(unwritable)?;
        let public_pem = key.public().to_pem().map_err(unwritable)?;
        create(&self.private, private_pem.as_ref(), 0o600)?;
        if let Err(failure) = create(&public, public_pem.as_bytes(), 0o644) {
            // One half is of no use, and would be in the way of the next try.
            _ = fs::remove_file(&self.private);
            return Err(failure);
        }
        let id = key.public().id();
        let (private, public) = (self.private.to_string_lossy(), public.to_string_lossy());
        if console.is_json() {
            let (private, public) = (private.into_owned(), public.into_owned());
            console.json(&MadeJson { private, public, key_id: id.to_string() })?;
            return Ok(Exit::Success);
        }
        writeln!(console, "Wrote the private key to {}: keep it secret.", escape(&private))?;
        writeln!(
            console,
            "Wrote the public key to {}: enforcement points take it.",
            escape(&public)
        )?;
        writeln!(console, "key id  {id}")?;
        Ok(Exit::Success)
    }
}

fn create(path: &Path, content: &[u8], mode: u32) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    readable_by(&mut options, mode);
    let mut file = options.open(path).map_err(|error| {
        let failure = Failure::unreadable(path, &error);
        match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                failure.help("a key is never overwritten: give another name")
            }
            _ => failure,
        }
    })?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a key is none.
        _ = fs::remove_file(path);
        Failure::unreadable(path, &error)
    })
}

#[cfg(unix)]
fn readable_by(options: &mut OpenOptions, mode: u32) {
    std::os::unix::fs::OpenOptionsExt::mode(options, mode);
}

/// Who may read a file is said by the folder that it is in.
#[cfg(not(unix))]
fn readable_by(_: &mut OpenOptions, _: u32) {}

fn unwritable(error: KeyError) -> Failure {
    Failure::new(error.code(), error.to_string())
}
