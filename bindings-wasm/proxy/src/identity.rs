//! Who asks, by those who may say so.

use notegate::model::Described;
use notegate::model::notebook::{self, Builder as _};

use crate::Host;
use crate::claims::{Claims, Unreadable};
use crate::config::{Jwt, Kind, Named, Peer, Source, TrustedHeader};
use crate::head::{Ambiguous, Head, has_control};

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Principal {
    kind: Kind,
    name: String,
    /// All that is known of them, where it takes the place of what the bundle stores.
    pub(crate) described: Option<Described>,
}

/// Who asks; `None` when nobody says so.
///
/// A header that did not come from its hop is removed whoever else says who asks.
///
/// # Errors
/// When one who is asked says something that cannot be read: the next one is not asked then.
pub(crate) fn identify(
    host: &dyn Host,
    head: &Head,
    sources: &[Source],
) -> Result<Option<Principal>, Ambiguous> {
    remove_untrusted(host, sources);
    for source in sources {
        let principal = match source {
            Source::Jwt(jwt) => of_token(host, jwt)?,
            Source::Mtls(peers) => of_peer(host, peers)?,
            Source::Header(header) if is_from_hop(host, header) => of_header(head, header)?,
            Source::Header(_) => None,
        };
        if principal.is_some() {
            return Ok(principal);
        }
    }
    Ok(None)
}

/// Removes headers that only a hop may set, when it is not the hop who asks.
pub(crate) fn remove_untrusted(host: &dyn Host, sources: &[Source]) {
    for source in sources {
        if let Source::Header(header) = source
            && !is_from_hop(host, header)
        {
            host.remove_header(&header.name);
        }
    }
}

impl Principal {
    fn new(kind: Kind, name: &str) -> Result<Self, Ambiguous> {
        if name.is_empty() || has_control(name) {
            return Err(Ambiguous("the name of who asks is empty or not plain text".to_owned()));
        }
        Ok(Self { kind, name: name.to_owned(), described: None })
    }

    /// The name of their type, and their id, which is their name.
    pub(crate) fn parts(&self) -> (&'static str, &str) {
        let type_name = match self.kind {
            Kind::User => notebook::User::TYPE,
            Kind::Service => notebook::Service::TYPE,
        };
        (type_name, &self.name)
    }

    /// The person's name, where some paths mean their own things.
    pub(crate) fn person(&self) -> Option<&str> {
        Some(&*self.name).filter(|_| matches!(self.kind, Kind::User))
    }
}

fn of_token(host: &dyn Host, jwt: &Jwt) -> Result<Option<Principal>, Ambiguous> {
    let Some(metadata) = host.property(&["metadata"]) else { return Ok(None) };
    let claims = Claims::read(&metadata, &jwt.namespace, &jwt.metadata);
    let Some(claims) = claims.map_err(|Unreadable| unreadable("its token"))? else {
        return Ok(None);
    };
    let text = |claim: &Option<_>, what: &str| match claim {
        Some(claim) => {
            let text = claims.text(crate::config::Claim::path(claim));
            text.map_err(|Unreadable| unreadable(what))
        }
        None => Ok(None),
    };
    if let Some(name) = text(&jwt.user, "the claim for `user`")? {
        let mut principal = Principal::new(Kind::User, name)?;
        if jwt.groups.is_some() || jwt.tenant.is_some() {
            let groups = match &jwt.groups {
                Some(claim) => claims.texts(claim.path()),
                None => Ok(Vec::new()),
            };
            let groups = groups.map_err(|Unreadable| unreadable("the claim for `groups`"))?;
            if groups.len() > GROUPS {
                return Err(Ambiguous(format!("the token names more than {GROUPS} groups")));
            }
            let tenant = text(&jwt.tenant, "the claim for `tenant`")?;
            principal.described = Some(described(name, &groups, tenant));
        }
        return Ok(Some(principal));
    }
    match text(&jwt.service, "the claim for `service`")? {
        Some(name) => Principal::new(Kind::Service, name).map(Some),
        None => Ok(None),
    }
}

/// More groups than anybody is in.
const GROUPS: usize = 1_024;

fn described(name: &str, groups: &[&str], tenant: Option<&str>) -> Described {
    let user = groups
        .iter()
        .fold(notebook::user(name), |user, group| user.parent(notebook::group(group).uid()));
    match tenant.map(|tenant| notebook::tenant(tenant).uid()) {
        Some(tenant) => user.parent(tenant.clone()).tenant(tenant).described(),
        None => user.described(),
    }
}

fn unreadable(what: &str) -> Ambiguous {
    Ambiguous(format!("{what} is not what the configuration expects"))
}

fn of_peer(host: &dyn Host, peers: &[(Peer, Named)]) -> Result<Option<Principal>, Ambiguous> {
    for (peer, named) in peers {
        let Some(rest) = matched(host, peer) else { continue };
        return Principal::new(named.kind, named.name.as_deref().unwrap_or(&rest)).map(Some);
    }
    Ok(None)
}

fn of_header(head: &Head, header: &TrustedHeader) -> Result<Option<Principal>, Ambiguous> {
    match head.one(&header.name)? {
        None | Some("") => Ok(None),
        // Two values that a proxy joined are two names.
        Some(name) if name.contains(',') => {
            Err(Ambiguous(format!("header `{}` has more than one value", header.name)))
        }
        Some(name) => Principal::new(header.kind, name).map(Some),
    }
}

fn is_from_hop(host: &dyn Host, header: &TrustedHeader) -> bool {
    header.hop.as_ref().is_none_or(|peer| matched(host, peer).is_some())
}

/// What comes behind the prefix; nothing where there is none. `None` when it is another peer.
fn matched(host: &dyn Host, peer: &Peer) -> Option<String> {
    let certificate = |property: &str| {
        let bytes = host.property(&["connection", property])?;
        String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
    };
    match peer {
        Peer::Uri(uri) => (certificate(URI)? == *uri).then(String::new),
        Peer::Subject(subject) => (certificate(SUBJECT)? == *subject).then(String::new),
        Peer::UriPrefix(prefix) => {
            let uri = certificate(URI)?;
            let rest = uri.strip_prefix(prefix)?;
            // What is left is one segment as it is written, so that nothing in it has to be decoded.
            let plain =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            (!rest.is_empty() && rest.bytes().all(plain)).then(|| rest.to_owned())
        }
    }
}

const URI: &str = "uri_san_peer_certificate";
const SUBJECT: &str = "subject_peer_certificate";
