//! What JavaScript gives for a bundle, and what must hold of it.

use std::collections::BTreeMap;

use notegate::bundle::{Bundle, Delivery, PublicKey, Trust};
use notegate::model::{Exceeded, Limits, LoadError};
use notegate::store::{OnExpiry, Rules};
use serde::Deserialize;

use crate::error::Refused;

/// Options of whoever opens or checks a bundle.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Settings {
    /// The PEM texts of keys that may sign; without any, what is unsigned is accepted.
    keys: Vec<String>,
    on_expiry: Expiry,
    require_tests: bool,
    /// Runs only the cases whose name or file contains it.
    pub(crate) filter: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expiry {
    #[default]
    Keep,
    Deny,
}

impl Settings {
    pub(crate) fn read(text: &str) -> Result<Self, Refused> {
        serde_json::from_str(text)
            .map_err(|error| Refused::load("options", format!("options: {error}")))
    }

    /// Whose signatures count.
    pub(crate) fn trust(&self) -> Result<Trust, Refused> {
        if self.keys.is_empty() {
            return Ok(Trust::unsigned());
        }
        let keys = self.keys.iter().enumerate().map(|(at, pem)| {
            PublicKey::from_pem(pem).map_err(|error| {
                Refused::load(error.code(), format!("keys[{at}]: {error}")).help(
                    "give the text of a file that `notegate bundle keygen` wrote, `….pub.pem`",
                )
            })
        });
        keys.collect::<Result<Vec<_>, _>>().map(Trust::keys)
    }

    pub(crate) fn rules(&self) -> Result<Rules, Refused> {
        Ok(Rules {
            trust: self.trust()?,
            on_expiry: match self.on_expiry {
                Expiry::Keep => OnExpiry::Keep,
                Expiry::Deny => OnExpiry::Deny,
            },
            require_tests: self.require_tests,
            ..Rules::default()
        })
    }
}

/// A bundle in its single-file form or, where it is an object of JSON, by the texts of its files.
pub(crate) fn read(bytes: &[u8], by_files: bool, trust: &Trust) -> Result<Bundle, Refused> {
    let limits = Limits::default();
    if !by_files {
        return Ok(Delivery::from_bytes(bytes, &limits)?.bundle(trust)?);
    }
    // A text is at most six times as long in JSON.
    let most = limits.bundle_bytes.saturating_mul(6);
    Exceeded::check("bundle_bytes", most, bytes.len()).map_err(LoadError::from)?;
    let files: BTreeMap<String, String> = serde_json::from_slice(bytes)
        .map_err(|error| Refused::load("bundle.files", format!("files: {error}")))?;
    let members = files.into_iter().map(|(name, text)| (name, text.into_bytes()));
    Ok(Delivery::from_members(members, &limits)?.bundle(trust)?)
}
