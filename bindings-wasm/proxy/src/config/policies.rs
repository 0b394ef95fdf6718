//! The bundle that a configuration brings along, and whose signatures count.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notegate::bundle::{Bundle, Delivery, PublicKey, Trust};
use notegate::model::{Limits, LoadError};

use super::ConfigError;
use super::shape::BundleShape;

/// The bundle that a configuration brings along, not yet trusted.
#[derive(Debug)]
pub(crate) enum Policies {
    /// In its single-file form.
    Packed(Vec<u8>),
    /// By its members.
    Members(Vec<(String, Vec<u8>)>),
}

impl Policies {
    pub(super) fn read(shape: BundleShape, limits: &Limits) -> Result<Self, ConfigError> {
        match shape {
            BundleShape::Packed(text) => {
                let at = |message: String| ConfigError::at("bundle.packed", message);
                // INVARIANT: four characters of base64 are three bytes, so a longer text is too long.
                if text.len() / 4 > limits.bundle_bytes / 3 {
                    return Err(at("it is larger than the limit `bundle_bytes`".to_owned()));
                }
                let bytes = STANDARD.decode(text).map_err(|error| {
                    at(format!("it is not base64: {error}"))
                        .help("encode what `notegate bundle pack` wrote, such as with `base64 -w0`")
                })?;
                Ok(Self::Packed(bytes))
            }
            BundleShape::Members(members) => {
                let bytes = members.into_iter().map(|(name, text)| (name, text.into_bytes()));
                Ok(Self::Members(bytes.collect()))
            }
        }
    }

    /// The bundle, when it can be trusted.
    pub(super) fn bundle(&self, trust: &Trust, limits: &Limits) -> Result<Bundle, LoadError> {
        match self {
            Self::Packed(bytes) => Delivery::from_bytes(bytes, limits)?.bundle(trust),
            Self::Members(members) => {
                Delivery::from_members(members.iter().cloned(), limits)?.bundle(trust)
            }
        }
    }
}

/// With keys, what one of them signed; without any, everything that the configuration brings along.
pub(super) fn trust(keys: &[String]) -> Result<Trust, ConfigError> {
    if keys.is_empty() {
        return Ok(Trust::unsigned());
    }
    let keys = keys.iter().enumerate().map(|(place, pem)| {
        PublicKey::from_pem(pem).map_err(|error| {
            ConfigError::at(format!("keys[{place}]"), error.to_string())
                .help("give the text of a file that `notegate bundle keygen` wrote, `….pub.pem`")
        })
    });
    keys.collect::<Result<Vec<_>, _>>().map(Trust::keys)
}
