//! Who may say who asks.

use super::shape::{HeaderShape, HopShape, Jwt, Kind, MtlsShape, PeerShape, SourceShape};
use super::{Claim, ConfigError};

/// Who may say who asks.
#[derive(Debug)]
pub(crate) enum Source {
    /// A filter that verified a token.
    Jwt(Jwt),
    /// The certificate of the peer.
    Mtls(Vec<(Peer, Named)>),
    /// A hop that sets a header.
    Header(TrustedHeader),
}

/// Certificates of peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    /// The one whose first URI is this.
    Uri(String),
    /// All whose first URI is this and one more segment.
    UriPrefix(String),
    /// The one whose subject is this.
    Subject(String),
}

/// What a peer is the certificate of.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) kind: Kind,
    /// `None` where the name is what comes behind the prefix.
    pub(crate) name: Option<String>,
}

/// A header that says who asks when a hop set it.
#[derive(Debug)]
pub(crate) struct TrustedHeader {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// `None` where only the hop reaches the listener.
    pub(crate) hop: Option<Peer>,
}

impl Source {
    pub(super) fn read((place, shape): (usize, SourceShape)) -> Result<Self, ConfigError> {
        match shape {
            SourceShape::Jwt(jwt) => Self::jwt(jwt, &format!("identity[{place}].jwt")),
            SourceShape::Mtls(shape) => Self::mtls(shape, &format!("identity[{place}].mtls")),
            SourceShape::Header(shape) => Self::header(shape, &format!("identity[{place}].header")),
        }
    }

    fn jwt(jwt: Jwt, place: &str) -> Result<Self, ConfigError> {
        if jwt.user.is_none() && jwt.service.is_none() {
            return Err(ConfigError::at(place, "it names no claim that says who asks")
                .help("give `user`, `service` or both, such as `\"user\": \"sub\"`"));
        }
        if jwt.user.is_none() && (jwt.groups.is_some() || jwt.tenant.is_some()) {
            return Err(ConfigError::at(place, "it has `groups` or `tenant` without `user`"));
        }
        let claims = [&jwt.user, &jwt.groups, &jwt.tenant, &jwt.service];
        if claims.into_iter().flatten().any(|claim| Claim::path(claim).is_empty()) {
            return Err(ConfigError::at(place, "the path to a claim is empty"));
        }
        Ok(Self::Jwt(jwt))
    }

    fn mtls(shape: MtlsShape, place: &str) -> Result<Self, ConfigError> {
        let peers = shape.peers.into_iter().enumerate();
        let peers = peers.map(|(peer, shape)| read_peer(shape, &format!("{place}.peers[{peer}]")));
        peers.collect::<Result<_, _>>().map(Self::Mtls)
    }

    fn header(shape: HeaderShape, place: &str) -> Result<Self, ConfigError> {
        let HeaderShape { name, kind, hop } = shape;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(ConfigError::at(format!("{place}.name"), "it is not the name of a header")
                .help("write it in lower-case letters, digits and dashes"));
        }
        let hop = match hop {
            HopShape::Uri(uri) => Some(Peer::Uri(uri)),
            HopShape::Subject(subject) => Some(Peer::Subject(subject)),
            HopShape::WholeListener => None,
        };
        Ok(Self::Header(TrustedHeader { name, kind, hop }))
    }
}

fn read_peer(shape: PeerShape, place: &str) -> Result<(Peer, Named), ConfigError> {
    let PeerShape { uri, uri_prefix, subject, kind, name } = shape;
    let (peer, named) = match (uri, uri_prefix, subject) {
        (Some(uri), None, None) => (Peer::Uri(uri), true),
        (None, Some(prefix), None) => {
            if !prefix.ends_with('/') || prefix.len() < 2 {
                return Err(ConfigError::at(
                    format!("{place}.uri_prefix"),
                    "it does not end in `/`",
                )
                .help("without a separator `…/team` would also be `…/team-b`"));
            }
            (Peer::UriPrefix(prefix), false)
        }
        (None, None, Some(subject)) => (Peer::Subject(subject), true),
        _ => {
            return Err(ConfigError::at(
                place,
                "it is not one of `uri`, `uri_prefix` and `subject`",
            )
            .help("give one of them"));
        }
    };
    match (named, name) {
        (true, Some(name)) if !name.is_empty() => Ok((peer, Named { kind, name: Some(name) })),
        (false, None) => Ok((peer, Named { kind, name: None })),
        (true, _) => Err(ConfigError::at(format!("{place}.name"), "it is not there")
            .help("say which user or service this certificate is of")),
        (false, Some(_)) => Err(ConfigError::at(
            format!("{place}.name"),
            "it is there, and the name is what comes behind `uri_prefix`",
        )),
    }
}
