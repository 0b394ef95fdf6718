//! Where a bundle, or grants, come from.

use std::env;
use std::path::{Path, PathBuf};

use notegate::Bundle;
use notegate::bundle::{Delivery, PublicKey, Trust, read_file};
use notegate::model::{Limits, LoadError, LoadErrorKind, Problem};
use notegate::store::{PathSource, RemoteSource, Source};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::uid::kind;

/// What was given for a bundle or for grants.
#[derive(Debug, Clone)]
pub(crate) enum Given {
    Bytes(Vec<u8>),
    Path(PathBuf),
    Address(String),
}

impl Given {
    /// A path, an address, or the bytes themselves.
    pub(crate) fn read(name: &str, given: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = given.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.as_bytes().to_vec()));
        }
        if let Ok(text) = given.cast::<PyString>()
            && let Ok(text) = text.to_str()
            && text.contains("://")
        {
            return Ok(Self::Address(text.to_owned()));
        }
        given.extract().map(Self::Path).map_err(|_| {
            PyTypeError::new_err(format!(
                "{name}: expected a path, an address or bytes, not `{}`",
                kind(given)
            ))
        })
    }

    /// A source that is followed; `None` of bytes.
    pub(crate) fn source(&self) -> Option<Source> {
        match self {
            Self::Bytes(_) => None,
            Self::Path(path) => Some(PathSource::new(path).into()),
            Self::Address(address) => {
                let variables = env::vars_os().filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                });
                Some(RemoteSource::new(address).environment(variables).into())
            }
        }
    }

    /// The bundle that is there now.
    pub(crate) fn bundle(&self, trust: &Trust, limits: &Limits) -> Result<Bundle, LoadError> {
        match self {
            Self::Bytes(bytes) => Delivery::from_bytes(bytes, limits)?.bundle(trust),
            Self::Path(path) => Delivery::open(path, limits)?.bundle(trust),
            Self::Address(address) => Err(address_alone(address)),
        }
    }

    /// The bytes of the file that is there now.
    pub(crate) fn bytes(&self, limits: &Limits) -> Result<Vec<u8>, LoadError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::Path(path) => read_file(path, limits),
            Self::Address(address) => Err(address_alone(address)),
        }
    }
}

/// The keys in these PEM files; without any, what is unsigned is accepted.
pub(crate) fn trust(keys: &[PathBuf]) -> Result<Trust, LoadError> {
    let keys = keys.iter().map(|path| public(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(if keys.is_empty() { Trust::unsigned() } else { Trust::keys(keys) })
}

fn public(path: &Path) -> Result<PublicKey, LoadError> {
    let limits = Limits { member_bytes: 65_536, ..Limits::default() };
    let pem = read_file(path, &limits)?;
    // What is not UTF-8 is no PEM either.
    PublicKey::from_pem(&String::from_utf8(pem).unwrap_or_default()).map_err(|error| {
        let problem = Problem::error(error.code(), error.to_string())
            .help("give the public half of a pair made with `notegate bundle keygen`")
            .file(&path.to_string_lossy().into(), &"".into());
        LoadError::new(LoadErrorKind::Untrusted, problem)
    })
}

fn address_alone(address: &str) -> LoadError {
    let message = format!("`{}` is an address, which is followed", address.escape_debug());
    let problem = Problem::error("source.address", message)
        .help("open it with `watch=True`, or fetch it yourself and give the bytes");
    LoadError::new(LoadErrorKind::Source, problem)
}
