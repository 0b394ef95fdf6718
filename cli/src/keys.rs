//! Keys that are given on the command line.

use std::path::{Path, PathBuf};

use clap::Args;
use notegate::bundle::{KeyError, PrivateKey, PublicKey, Trust, read_file};
use notegate::model::Limits;

use crate::console::Console;
use crate::failure::Failure;

/// Whose signatures are accepted.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Accept the bundle only when this public key, in PEM, signed it; may be given again, and one
    /// signature is enough
    #[arg(long = "key", value_name = "FILE", help_heading = "Trust")]
    keys: Vec<PathBuf>,

    /// The same, with a key that is accepted for bundles of one name alone; may be given again
    #[arg(long = "key-for", value_name = "NAME=FILE", value_parser = named, help_heading = "Trust")]
    keys_for: Vec<(String, PathBuf)>,
}

impl TrustArgs {
    /// Whether a key was given.
    pub(crate) fn is_given(&self) -> bool {
        !self.keys.is_empty() || !self.keys_for.is_empty()
    }

    /// The keys; without any, unsigned bundles are accepted.
    pub(crate) fn read(&self) -> Result<Trust, Failure> {
        let mut trust = Trust::unsigned();
        for path in &self.keys {
            trust = trust.and(Trust::keys([public(path)?]));
        }
        for (name, path) in &self.keys_for {
            trust = trust.and(Trust::keys([public(path)?]).only_for([name.as_str()]));
        }
        Ok(trust)
    }
}

/// The private keys to sign with.
pub(crate) fn private(paths: &[PathBuf], console: &Console) -> Result<Vec<PrivateKey>, Failure> {
    paths.iter().map(|path| private_key(path, console)).collect()
}

/// Reads a private key, and says so when others can read it, too.
fn private_key(path: &Path, console: &Console) -> Result<PrivateKey, Failure> {
    let pem = text(path)?;
    let key = PrivateKey::from_pem(&pem).map_err(|error| {
        let failure = refused(path, error);
        match PublicKey::from_pem(&pem) {
            Ok(_) => failure.help("this is a public key: signing takes the private one"),
            Err(_) => failure.help(MAKE),
        }
    })?;
    if readable_by_others(path) {
        let path = path.display();
        console.note(&format!("note: `{path}` can be read by others; `chmod 600` it"));
    }
    Ok(key)
}

fn public(path: &Path) -> Result<PublicKey, Failure> {
    let pem = text(path)?;
    PublicKey::from_pem(&pem).map_err(|error| {
        let failure = refused(path, error);
        match PrivateKey::from_pem(&pem) {
            Ok(_) => failure.help("this is a private key: give its public half, and keep it away"),
            Err(_) => failure.help(MAKE),
        }
    })
}

const MAKE: &str = "make a pair of keys with `notegate bundle keygen`";

fn refused(path: &Path, error: KeyError) -> Failure {
    Failure::new(error.code(), format!("`{}`: {error}", path.display()))
}

fn text(path: &Path) -> Result<String, Failure> {
    let limits = Limits { member_bytes: 65_536, ..Limits::default() };
    let bytes = read_file(path, &limits)?;
    // What is not UTF-8 is no PEM either.
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> bool {
    false
}

fn named(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("it is not of the form NAME=FILE")?;
    Ok((name.to_owned(), path.into()))
}
