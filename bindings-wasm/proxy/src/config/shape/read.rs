//! A shape from what an operator wrote.

use super::{
    BundleShape, HeaderShape, HopShape, Jwt, Kind, Mode, MtlsShape, NamedServersShape, OnExpiry,
    PeerShape, Poll, Records, Shape, SiteShape, SourceShape, Texts, WithoutIdentity, root,
};
use crate::config::reading::{Node, Object};
use crate::config::{Claim, ConfigError};

type Read<T> = Result<T, ConfigError>;

impl Shape {
    pub(in crate::config) fn read(node: Node) -> Read<Self> {
        let mut fields = node.object()?;
        let shape = Self {
            bundle: fields.optional("bundle").map(bundle).transpose()?,
            poll: fields.optional("poll").map(poll).transpose()?,
            keys: or_default(fields.stated("keys"), keys)?,
            on_expiry: or_default(fields.stated("on_expiry"), |node| {
                node.word(&[("keep", OnExpiry::Keep), ("deny", OnExpiry::Deny)])
            })?,
            require_tests: or_default(fields.stated("require_tests"), Node::flag)?,
            site: or_default(fields.stated("site"), site)?,
            identity: or_default(fields.stated("identity"), |node| {
                node.list()?.map(source).collect()
            })?,
            without_identity: or_default(fields.stated("without_identity"), without_identity)?,
            mode: or_default(fields.stated("mode"), |node| {
                node.word(&[("enforce", Mode::Enforce), ("shadow", Mode::Shadow)])
            })?,
            records: or_default(fields.stated("records"), |node| {
                let (none, denied, all) = (Records::None, Records::Denied, Records::All);
                node.word(&[("none", none), ("denied", denied), ("all", all)])
            })?,
            texts: or_default(fields.stated("texts"), texts)?,
            limits: or_default(fields.stated("limits"), |node| {
                node.entries()?.map(|(name, value)| Ok((name, value.number()?))).collect()
            })?,
        };
        fields.end()?;
        Ok(shape)
    }
}

fn or_default<T: Default>(node: Option<Node>, read: impl FnOnce(Node) -> Read<T>) -> Read<T> {
    node.map_or_else(|| Ok(T::default()), read)
}

fn bundle(node: Node) -> Read<BundleShape> {
    let variant = node.variant()?;
    match variant.name.as_str() {
        "packed" => variant.content()?.text().map(BundleShape::Packed),
        "members" => {
            let members = variant.content()?.entries()?;
            let members = members.map(|(name, text)| Ok((name, text.text()?)));
            members.collect::<Read<_>>().map(BundleShape::Members)
        }
        _ => Err(variant.unknown(&["packed", "members"])),
    }
}

fn poll(node: Node) -> Read<Poll> {
    let mut fields = node.object()?;
    let poll = Poll {
        cluster: fields.required("cluster")?.text()?,
        authority: fields.required("authority")?.text()?,
        path: fields.required("path")?.text()?,
        interval_seconds: fields.stated("interval_seconds").map_or(Ok(30), Node::number)?,
        timeout_seconds: fields.stated("timeout_seconds").map_or(Ok(5), Node::number)?,
    };
    fields.end()?;
    Ok(poll)
}

fn keys(node: Node) -> Read<Vec<String>> {
    node.list()?.map(Node::text).collect()
}

fn site(node: Node) -> Read<SiteShape> {
    let variant = node.variant()?;
    let name = variant.name.clone();
    let known = ["hub", "server", "standalone", "gateway"];
    if !known.contains(&name.as_str()) {
        return Err(variant.unknown(&known));
    }
    let mut fields = variant.content()?.object()?;
    let base_url = fields.text_or("base_url", &root())?;
    let default_kernel = optional_text(&mut fields, "default_kernel")?;
    let site = match name.as_str() {
        "hub" => {
            let named_servers = or_default(fields.stated("named_servers"), |node| {
                node.word(&[
                    ("never", NamedServersShape::Never),
                    ("plain", NamedServersShape::Plain),
                    ("anything", NamedServersShape::Anything),
                ])
            })?;
            SiteShape::Hub { base_url, named_servers, default_kernel }
        }
        "server" => {
            let owner = fields.required("owner")?.text()?;
            let name = fields.text_or("name", "")?;
            SiteShape::Server { base_url, owner, name, default_kernel }
        }
        "standalone" => {
            let owner = fields.required("owner")?.text()?;
            SiteShape::Standalone { base_url, owner, default_kernel }
        }
        _ => {
            let name = fields.required("name")?.text()?;
            SiteShape::Gateway { base_url, name, default_kernel }
        }
    };
    fields.end()?;
    Ok(site)
}

fn source(node: Node) -> Read<SourceShape> {
    let variant = node.variant()?;
    match variant.name.as_str() {
        "jwt" => jwt(variant.content()?).map(SourceShape::Jwt),
        "mtls" => mtls(variant.content()?).map(SourceShape::Mtls),
        "header" => header(variant.content()?).map(SourceShape::Header),
        _ => Err(variant.unknown(&["jwt", "mtls", "header"])),
    }
}

fn jwt(node: Node) -> Read<Jwt> {
    let mut fields = node.object()?;
    let jwt = Jwt {
        namespace: fields.text_or("namespace", "envoy.filters.http.jwt_authn")?,
        metadata: fields.text_or("metadata", "jwt")?,
        user: fields.optional("user").map(claim).transpose()?,
        groups: fields.optional("groups").map(claim).transpose()?,
        tenant: fields.optional("tenant").map(claim).transpose()?,
        service: fields.optional("service").map(claim).transpose()?,
    };
    fields.end()?;
    Ok(jwt)
}

fn claim(node: Node) -> Read<Claim> {
    node.texts("the name of a claim, or a list of names that lead to it").map(Claim)
}

fn mtls(node: Node) -> Read<MtlsShape> {
    let mut fields = node.object()?;
    let peers = fields.required("peers")?.list()?.map(peer).collect::<Read<_>>()?;
    fields.end()?;
    Ok(MtlsShape { peers })
}

fn peer(node: Node) -> Read<PeerShape> {
    let mut fields = node.object()?;
    let peer = PeerShape {
        uri: optional_text(&mut fields, "uri")?,
        uri_prefix: optional_text(&mut fields, "uri_prefix")?,
        subject: optional_text(&mut fields, "subject")?,
        kind: kind(fields.required("as")?)?,
        name: optional_text(&mut fields, "name")?,
    };
    fields.end()?;
    Ok(peer)
}

fn kind(node: Node) -> Read<Kind> {
    node.word(&[("user", Kind::User), ("service", Kind::Service)])
}

fn header(node: Node) -> Read<HeaderShape> {
    let mut fields = node.object()?;
    let header = HeaderShape {
        name: fields.required("name")?.text()?,
        kind: fields.stated("as").map_or(Ok(Kind::User), kind)?,
        hop: hop(fields.required("hop")?)?,
    };
    fields.end()?;
    Ok(header)
}

fn hop(node: Node) -> Read<HopShape> {
    let variant = node.variant()?;
    match variant.name.as_str() {
        "uri" => variant.content()?.text().map(HopShape::Uri),
        "subject" => variant.content()?.text().map(HopShape::Subject),
        "whole_listener" => variant.alone().map(|()| HopShape::WholeListener),
        _ => Err(variant.unknown(&["uri", "subject", "whole_listener"])),
    }
}

fn without_identity(node: Node) -> Read<WithoutIdentity> {
    let variant = node.variant()?;
    match variant.name.as_str() {
        "refuse" => variant.alone().map(|()| WithoutIdentity::Refuse),
        "redirect" => variant.content()?.text().map(WithoutIdentity::Redirect),
        _ => Err(variant.unknown(&["refuse", "redirect"])),
    }
}

fn texts(node: Node) -> Read<Texts> {
    let (mut fields, own) = (node.object()?, Texts::default());
    let texts = Texts {
        denied: fields.text_or("denied", &own.denied)?,
        unauthenticated: fields.text_or("unauthenticated", &own.unauthenticated)?,
        refused: fields.text_or("refused", &own.refused)?,
        undecided: fields.text_or("undecided", &own.undecided)?,
    };
    fields.end()?;
    Ok(texts)
}

fn optional_text(fields: &mut Object, name: &'static str) -> Read<Option<String>> {
    fields.optional(name).map(Node::text).transpose()
}
