//! Image references, as container runtimes read them.

use std::fmt;

use crate::model::notebook::{self, Image};

use super::error::{ManifestError, ManifestErrorKind as Kind};

/// A reference to an image, complete: what is left out of it is filled in as runtimes do.
///
/// Its text, by [`Display`](fmt::Display), is the same for every way to write the reference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageReference {
    registry: String,
    repository: String,
    version: Version,
}

/// Which image of a repository. A tag beside a digest says nothing, so it is not kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    Tag(String),
    Digest(String),
}

const HUB: &str = "docker.io";
const LONGEST_NAME: usize = 255;
const LONGEST_TAG: usize = 128;
const SHOWN: usize = 300;
const DIGESTS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

impl ImageReference {
    /// Reads a reference such as `ubuntu`, `quay.io/team/app:1` or `app@sha256:…`.
    ///
    /// # Errors
    /// When the text is none.
    pub fn read(text: &str) -> Result<Self, ManifestError> {
        Self::parse(text).ok_or_else(|| {
            let shown: String = text.chars().take(SHOWN).collect();
            let message = format!("`{}` is not an image reference", shown.escape_debug());
            ManifestError::new(Kind::Value, "", message)
                .help("write it as `registry/repository:tag` or `registry/repository@sha256:…`")
        })
    }

    /// The same image of another registry.
    ///
    /// # Errors
    /// When the text is no host with or without a port.
    pub fn from_registry(mut self, registry: &str) -> Result<Self, ManifestError> {
        self.registry = host(registry).ok_or_else(|| {
            let message = format!("`{}` is not the host of a registry", registry.escape_debug());
            ManifestError::new(Kind::Value, "", message)
        })?;
        Ok(self)
    }

    /// The image of this digest in the same repository.
    ///
    /// # Errors
    /// When the text is no digest such as `sha256:…`.
    pub fn at_digest(mut self, digest: &str) -> Result<Self, ManifestError> {
        if !is_digest(digest) {
            let message = format!("`{}` is not a digest", digest.escape_debug());
            return Err(ManifestError::new(Kind::Value, "", message));
        }
        self.version = Version::Digest(digest.to_owned());
        Ok(self)
    }

    /// The host of the registry, with its port when it is not the usual one.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path of the repository in its registry.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, when that is what says which image it is.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        match &self.version {
            Version::Tag(tag) => Some(tag),
            Version::Digest(_) => None,
        }
    }

    /// The digest, when the reference is pinned.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        match &self.version {
            Version::Digest(digest) => Some(digest),
            Version::Tag(_) => None,
        }
    }

    pub(super) fn image(&self) -> Image {
        let image = notebook::image(&self.to_string());
        let image = image.registry(&self.registry).repository(&self.repository);
        match &self.version {
            Version::Tag(tag) => image.tag_name(tag),
            Version::Digest(digest) => image.digest(digest),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (tagged, digest) = match text.split_once('@') {
            Some((tagged, digest)) => (tagged, Some(digest)),
            None => (text, None),
        };
        let slash = tagged.rfind('/').map_or(0, |slash| slash.saturating_add(1));
        let (name, tag) = match tagged.get(slash..)?.split_once(':') {
            Some((last, tag)) => (tagged.get(..slash.checked_add(last.len())?)?, Some(tag)),
            None => (tagged, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) || digest.is_some_and(|digest| !is_digest(digest)) {
            return None;
        }
        let (registry, repository) = split_name(name)?;
        let version = match (digest, tag) {
            (Some(digest), _) => Version::Digest(digest.to_owned()),
            (None, tag) => Version::Tag(tag.unwrap_or("latest").to_owned()),
        };
        Some(Self { registry, repository, version })
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mark, version) = match &self.version {
            Version::Tag(tag) => (':', tag),
            Version::Digest(digest) => ('@', digest),
        };
        // INVARIANT: none of the parts can hold the mark that follows it, so the text is one name.
        write!(f, "{}/{}{mark}{version}", self.registry, self.repository)
    }
}

fn split_name(name: &str) -> Option<(String, String)> {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let looks_like_an_image_id = name.len() == 64 && name.bytes().all(hex);
    if name.len() > LONGEST_NAME || looks_like_an_image_id {
        return None;
    }
    let is_host = |first: &str| {
        first.contains(['.', ':', '['])
            || first == "localhost"
            || first.bytes().any(|byte| byte.is_ascii_uppercase())
    };
    let (registry, path) = match name.split_once('/') {
        Some((first, path)) if is_host(first) => (host(first)?, path),
        _ => (HUB.to_owned(), name),
    };
    if !path.split('/').all(is_path_component) {
        return None;
    }
    let official = registry == HUB && !path.contains('/');
    let path = if official { ["library/", path].concat() } else { path.to_owned() };
    Some((registry, path))
}

/// A registry's host in one spelling: lower case, without the port that is meant anyway.
fn host(text: &str) -> Option<String> {
    let bracket = text.rfind(']').map_or(0, |bracket| bracket.saturating_add(1));
    let (name, port) = match text.get(bracket..)?.split_once(':') {
        Some((rest, port)) => (text.get(..bracket.checked_add(rest.len())?)?, Some(port)),
        None => (text, None),
    };
    let name = match name.strip_prefix('[') {
        Some(address) => {
            let address: std::net::Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
            ["[", &address.to_string(), "]"].concat()
        }
        None if name.split('.').all(is_host_component) => name.to_ascii_lowercase(),
        None => return None,
    };
    let digits = |port: &&str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = match port {
        Some(port) => Some(Some(port).filter(digits)?.parse::<u16>().ok()?),
        None => None,
    };
    let name = if name == "index.docker.io" { HUB.to_owned() } else { name };
    Some(match port.filter(|port| *port != 443) {
        Some(port) => [&name, ":", &port.to_string()].concat(),
        None => name,
    })
}

fn is_host_component(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && text.bytes().all(inside)
}

/// Runs of lower-case letters and digits, between them `.`, `_`, `__` or any number of `-`.
fn is_path_component(text: &str) -> bool {
    let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    let between =
        |gap: &str| matches!(gap, "" | "." | "_" | "__") || gap.bytes().all(|byte| byte == b'-');
    text.starts_with(plain) && text.ends_with(plain) && text.split(plain).all(between)
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let inside = |byte: u8| word(byte) || byte == b'.' || byte == b'-';
    text.len() <= LONGEST_TAG && text.bytes().next().is_some_and(word) && text.bytes().all(inside)
}

fn is_digest(text: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.split_once(':').is_some_and(|(algorithm, digits)| {
        DIGESTS.contains(&(algorithm, digits.len())) && digits.bytes().all(hex)
    })
}
