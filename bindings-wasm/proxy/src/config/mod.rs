//! What an operator says of a filter, read once and held as what it means.

mod error;
mod policies;
mod reading;
mod shape;
mod site;
mod source;

use std::borrow::Cow;

use notegate::Bundle;
use notegate::adapters::jupyter::Site;
use notegate::engine::Options;
use notegate::model::{Exceeded, Limits, LoadError, StrictValue};
use notegate::store::{OnExpiry, Rules};
use prost::Message as _;

use crate::protobuf::Fields;

use reading::Node;
use shape::Shape;

pub(crate) use error::ConfigError;
pub(crate) use policies::Policies;
pub(crate) use shape::{Jwt, Kind, Mode, Poll, Records, Texts, WithoutIdentity};
pub(crate) use source::{Named, Peer, Source, TrustedHeader};

/// A configuration that was read.
#[derive(Debug)]
pub(crate) struct Config {
    /// What decides from the start; without it nothing is allowed until something came.
    pub(crate) policies: Option<Policies>,
    pub(crate) poll: Option<Poll>,
    pub(crate) rules: Rules,
    pub(crate) options: Options,
    pub(crate) site: Site,
    /// Who may say who asks, in the order in which they are believed.
    pub(crate) sources: Vec<Source>,
    pub(crate) without_identity: WithoutIdentity,
    pub(crate) mode: Mode,
    pub(crate) records: Records,
    pub(crate) texts: Texts,
    /// The most bytes of a body that are waited for.
    pub(crate) body_bytes: usize,
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// With the place of what is wrong, and what to do about it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ConfigError> {
        let whole = |message: String| ConfigError::at("the configuration", message);
        Exceeded::check("bundle_bytes", Limits::default().bundle_bytes, bytes.len())
            .map_err(|error| whole(error.to_string()))?;
        let text = as_text(bytes).ok_or_else(|| whole("it is not UTF-8".to_owned()))?;
        if text.trim().is_empty() {
            return Err(whole("it is empty".to_owned())
                .help("give the filter a `configuration` with at least a `bundle`"));
        }
        Limits::default().check_json_nesting(&text).map_err(|error| whole(error.to_string()))?;
        // A field that is there twice could be read in two ways.
        let json: Result<StrictValue, _> = serde_json::from_str(&text);
        let json = json.map_err(|error| whole(error.to_string()))?;
        Self::of(Shape::read(Node::whole(json.into()))?)
    }

    /// What decides from the start.
    ///
    /// # Errors
    /// When it is not trusted or not well-formed.
    pub(crate) fn bundle(&self) -> Result<Bundle, LoadError> {
        let limits = &self.options.limits;
        match &self.policies {
            Some(policies) => policies.bundle(&self.rules.trust, limits),
            // Policies that allow nothing, until others come.
            None => Bundle::from_members([("nothing.cedar".to_owned(), Vec::new())], limits),
        }
    }

    fn of(shape: Shape) -> Result<Self, ConfigError> {
        let (limits, body_bytes) = limits(&shape)?;
        let trust = policies::trust(&shape.keys)?;
        check_source(&shape)?;
        let rules = Rules {
            trust,
            on_expiry: match shape.on_expiry {
                shape::OnExpiry::Keep => OnExpiry::Keep,
                shape::OnExpiry::Deny => OnExpiry::Deny,
            },
            require_tests: shape.require_tests,
            ..Rules::default()
        };
        let sources = shape.identity.into_iter().enumerate();
        Ok(Self {
            policies: shape.bundle.map(|bundle| Policies::read(bundle, &limits)).transpose()?,
            poll: shape.poll,
            rules,
            options: Options { limits, ..Options::default() },
            site: site::read(shape.site)?,
            sources: sources.map(Source::read).collect::<Result<_, _>>()?,
            without_identity: shape.without_identity.checked()?,
            mode: shape.mode,
            records: shape.records,
            texts: shape.texts,
            body_bytes,
        })
    }
}

/// A proxy hands over what its operator wrote as a text or as a `Struct`, and the latter as protobuf.
fn as_text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    // A `Struct` with fields begins with the tag of its first, which in a text would be an empty line.
    if bytes.first() == Some(&0x0a)
        && let Ok(fields) = Fields::decode(bytes)
    {
        return Some(fields.into_json().to_string().into());
    }
    std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
}

/// There is a bundle or somewhere to get one, and what comes over a network is taken only signed.
fn check_source(shape: &Shape) -> Result<(), ConfigError> {
    let Some(poll) = &shape.poll else {
        return match &shape.bundle {
            Some(_) => Ok(()),
            None => Err(ConfigError::at("the configuration", "it has no `bundle` and no `poll`")
                .help("give a `bundle` with policies, or say in `poll` where to get one")),
        };
    };
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| (b'!'..=b'~').contains(&b));
    let wrong = |field: &str, message: &str| {
        Err(ConfigError::at(format!("poll.{field}"), message.to_owned()))
    };
    match poll {
        _ if shape.keys.is_empty() => {
            Err(ConfigError::at("keys", "there are none, and `poll` takes only what is signed")
                .help("give the public key of whoever signs the bundles"))
        }
        poll if !poll.path.starts_with('/') || !plain(&poll.path) => wrong("path", "it is no path"),
        poll if !plain(&poll.authority) => wrong("authority", "it is no host"),
        poll if poll.cluster.is_empty() => wrong("cluster", "it is empty"),
        poll if poll.interval_seconds == 0 => wrong("interval_seconds", "it is 0"),
        poll if poll.timeout_seconds == 0 => wrong("timeout_seconds", "it is 0"),
        _ => Ok(()),
    }
}

/// The library's limits, and that of bodies, which is no larger than a request's.
fn limits(shape: &Shape) -> Result<(Limits, usize), ConfigError> {
    let mut limits = Limits::default();
    let mut body_bytes = None;
    for (name, value) in &shape.limits {
        let at = |message: String| ConfigError::at(format!("limits.{name}"), message);
        match name.as_str() {
            "body_bytes" => body_bytes = Some(*value),
            _ => {
                limits = limits.with(name, *value).ok_or_else(|| {
                    let known: Vec<_> = Limits::default().iter().map(|(name, _)| name).collect();
                    at("there is no limit of this name".to_owned())
                        .help(format!("the limits are body_bytes, {}", known.join(", ")))
                })?;
            }
        }
    }
    let body_bytes = body_bytes.unwrap_or(BODY_BYTES.min(limits.request_bytes));
    if body_bytes > limits.request_bytes {
        return Err(ConfigError::at("limits.body_bytes", "it is more than `request_bytes`"));
    }
    Ok((limits, body_bytes))
}

/// What starts kernels, shares and renames is far smaller.
const BODY_BYTES: usize = 64 << 10;

/// The name of a claim, or the names that lead to it, one through the other.
#[derive(Debug, Clone)]
pub(crate) struct Claim(Vec<String>);

impl Claim {
    pub(crate) fn path(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
