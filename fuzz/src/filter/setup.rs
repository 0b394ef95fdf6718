//! Configurations that are good, and what they mean.

use std::sync::OnceLock;

use notegate::Bundle;
use notegate::adapters::jupyter::{NamedServers, Site};
use notegate::bundle::{Manifest, PrivateKey};
use notegate::model::Limits;
use notegate_proxy::memory;
use serde_json::{Value, json};

use super::draw;
use crate::generator::Choices;

/// A configuration, and what the judge knows of it.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) config: Value,
    pub(super) policies: &'static str,
    pub(super) site: Site,
    pub(super) believed: Believed,
    /// Everything is passed on.
    pub(super) shadow: bool,
}

/// Who says who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Believed {
    Nobody,
    /// Claims, of which these also say more than the name.
    Token {
        groups: bool,
    },
    /// A certificate below a prefix.
    Certificate,
    /// A header, from whoever comes or from a hop with a certificate.
    Header {
        hop: bool,
    },
}

pub(super) const PREFIX: &str = "spiffe://example.org/user/";
pub(super) const HOP: &str = "spiffe://example.org/edge";

impl Setup {
    pub(super) fn draw(choices: &mut Choices<'_>) -> Self {
        let policies = draw::text(choices, &POLICIES);
        let (site, shape) = site(choices);
        let (believed, identity) = match choices.below(6) {
            0 => (
                Believed::Token { groups: false },
                json!([{"jwt": {"user": "sub", "service": "client"}}]),
            ),
            1 => (
                Believed::Token { groups: true },
                json!([{"jwt": {"user": "sub", "service": "client", "groups": ["realm", "roles"]}}]),
            ),
            2 => (
                Believed::Certificate,
                json!([{"mtls": {"peers": [{"uri_prefix": PREFIX, "as": "user"}]}}]),
            ),
            3 => (
                Believed::Header { hop: false },
                json!([{"header": {"name": "x-user", "hop": "whole_listener"}}]),
            ),
            4 => (
                Believed::Header { hop: true },
                json!([{"header": {"name": "x-user", "hop": {"uri": HOP}}}]),
            ),
            _ => (Believed::Nobody, json!([])),
        };
        let shadow = choices.chance(10);
        let without = match choices.chance(30) {
            true => json!({"redirect": "/hub/login"}),
            false => json!("refuse"),
        };
        let body_bytes = [65_536, 40, 0][choices.below(3)];
        let config = json!({
            "bundle": {"members": {"a.cedar": policies}},
            "site": shape,
            "identity": identity,
            "mode": if shadow { "shadow" } else { "enforce" },
            "records": draw::text(choices, &["all", "denied", "none"]),
            "without_identity": without,
            "limits": {"body_bytes": body_bytes},
        });
        Self { config, policies, site, believed, shadow }
    }

    /// A configuration that asks a server, and takes what another key signed.
    pub(super) fn polling(choices: &mut Choices<'_>) -> Self {
        let mut setup = Self::draw(choices);
        let key = PrivateKey::from_seed(&[7; 32]).and_then(|key| key.public().to_pem());
        setup.config["keys"] = json!([key.expect("a key")]);
        setup.config["poll"] = json!({"cluster": "a", "authority": "b", "path": "/c"});
        setup.config["bundle"] = Value::Null;
        setup
    }

    /// As the proxy hands it over: as a text, or as protobuf.
    pub(super) fn written(&self, choices: &mut Choices<'_>) -> Vec<u8> {
        match choices.chance(30) {
            true => memory::structure(&self.config),
            false => self.config.to_string().into_bytes(),
        }
    }
}

fn site(choices: &mut Choices<'_>) -> (Site, Value) {
    let (site, shape) = match choices.below(6) {
        0 => (
            Site::server("/user/ada/", "ada", ""),
            json!({"server": {"base_url": "/user/ada/", "owner": "ada"}}),
        ),
        1 => {
            (Site::standalone("/", "ada"), json!({"standalone": {"base_url": "/", "owner": "ada"}}))
        }
        2 => (Site::gateway("/", "main"), json!({"gateway": {"base_url": "/", "name": "main"}})),
        3 => (
            Site::hub("/jhub/").map(|site| site.named_servers(NamedServers::Never)),
            json!({"hub": {"base_url": "/jhub/", "named_servers": "never"}}),
        ),
        4 => (
            Site::hub("/").map(|site| site.named_servers(NamedServers::Anything)),
            json!({"hub": {"named_servers": "anything"}}),
        ),
        _ => (Site::hub("/"), json!({"hub": {}})),
    };
    (site.expect("a site"), shape)
}

/// A bundle that is well made, and signed by a key that nobody trusts.
pub(super) fn unsigned() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let (limits, members) = (Limits::default(), [("a.cedar".to_owned(), POLICIES[1].into())]);
        let manifest = Manifest { name: "hub".to_owned(), sequence: 9, ..Manifest::default() };
        let bundle = Bundle::from_members(members, &limits)
            .and_then(|bundle| bundle.seal(manifest, &limits));
        let mut bundle = bundle.expect("a bundle");
        let key = PrivateKey::from_seed(&[9; 32]).expect("a key");
        bundle.sign(&key).expect("a signature");
        bundle.to_bytes().expect("bytes")
    })
}

const POLICIES: [&str; 4] = [
    r#"
    @id("own") permit (principal is Notebook::User, action, resource)
    when { resource has owner && resource.owner == principal };
    @id("kernels") permit (principal is Notebook::User, action == Notebook::Action::"kernel:start", resource)
    when { context has server.owner && context.server.owner == principal };
    @id("spec") forbid (principal, action == Notebook::Action::"kernel:start", resource)
    unless { resource == Notebook::KernelSpec::"python3" };
    "#,
    "permit (principal, action, resource);",
    r#"
    @id("staff") permit (principal in Notebook::Group::"staff", action, resource);
    @id("culler") @obligation_max_bytes("1000")
    permit (principal == Notebook::Service::"culler", action, resource);
    @id("inside") forbid (principal, action in Notebook::Action::"write", resource)
    unless { context has sourceIp && context.sourceIp.isInRange(ip("10.0.0.0/8")) };
    "#,
    "",
];
