//! The shape of a configuration, as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Claim, ConfigError};

/// The whole of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    pub(super) bundle: Option<BundleShape>,
    pub(super) poll: Option<Poll>,
    #[serde(default)]
    pub(super) keys: Vec<String>,
    #[serde(default)]
    pub(super) on_expiry: OnExpiry,
    #[serde(default)]
    pub(super) require_tests: bool,
    #[serde(default)]
    pub(super) site: SiteShape,
    #[serde(default)]
    pub(super) identity: Vec<SourceShape>,
    #[serde(default)]
    pub(super) without_identity: WithoutIdentity,
    #[serde(default)]
    pub(super) mode: Mode,
    #[serde(default)]
    pub(super) records: Records,
    #[serde(default)]
    pub(super) texts: Texts,
    #[serde(default)]
    pub(super) limits: BTreeMap<String, usize>,
}

/// Where the bundle is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BundleShape {
    /// The single-file form, in base64.
    Packed(String),
    /// The texts of its members by their names.
    Members(BTreeMap<String, String>),
}

/// Where newer bundles are looked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Poll {
    /// The proxy's name for the servers.
    pub(crate) cluster: String,
    pub(crate) authority: String,
    pub(crate) path: String,
    #[serde(default = "thirty")]
    pub(crate) interval_seconds: u32,
    #[serde(default = "five")]
    pub(crate) timeout_seconds: u32,
}

fn thirty() -> u32 {
    30
}

fn five() -> u32 {
    5
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnExpiry {
    #[default]
    Keep,
    Deny,
}

/// Which URLs there are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum SiteShape {
    Hub {
        #[serde(default = "root")]
        base_url: String,
        #[serde(default)]
        named_servers: NamedServersShape,
        default_kernel: Option<String>,
    },
    Server {
        #[serde(default = "root")]
        base_url: String,
        owner: String,
        #[serde(default)]
        name: String,
        default_kernel: Option<String>,
    },
    Standalone {
        #[serde(default = "root")]
        base_url: String,
        owner: String,
        default_kernel: Option<String>,
    },
    Gateway {
        #[serde(default = "root")]
        base_url: String,
        name: String,
        default_kernel: Option<String>,
    },
}

impl Default for SiteShape {
    fn default() -> Self {
        let named_servers = NamedServersShape::default();
        Self::Hub { base_url: root(), named_servers, default_kernel: None }
    }
}

fn root() -> String {
    "/".to_owned()
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NamedServersShape {
    Never,
    #[default]
    Plain,
    Anything,
}

/// Who may say who asks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SourceShape {
    Jwt(Jwt),
    Mtls(MtlsShape),
    Header(HeaderShape),
}

/// Claims of a token that another filter has verified.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Jwt {
    /// The namespace of the metadata that the other filter writes.
    #[serde(default = "jwt_authn")]
    pub(crate) namespace: String,
    /// Under which name it has the claims.
    #[serde(default = "jwt")]
    pub(crate) metadata: String,
    /// A person's name.
    pub(crate) user: Option<Claim>,
    /// The names of the person's groups: with it, what the bundle stores of the person is not looked at.
    pub(crate) groups: Option<Claim>,
    /// The name of the person's tenant, in the same way.
    pub(crate) tenant: Option<Claim>,
    /// A service's name, in a token that has no person's.
    pub(crate) service: Option<Claim>,
}

fn jwt_authn() -> String {
    "envoy.filters.http.jwt_authn".to_owned()
}

fn jwt() -> String {
    "jwt".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MtlsShape {
    pub(super) peers: Vec<PeerShape>,
}

/// One certificate, or all whose first URI begins in one way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeerShape {
    pub(super) uri: Option<String>,
    pub(super) uri_prefix: Option<String>,
    pub(super) subject: Option<String>,
    #[serde(rename = "as")]
    pub(super) kind: Kind,
    pub(super) name: Option<String>,
}

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    User,
    Service,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderShape {
    pub(super) name: String,
    #[serde(rename = "as", default = "user")]
    pub(super) kind: Kind,
    pub(super) hop: HopShape,
}

fn user() -> Kind {
    Kind::User
}

/// Who is believed when they set the header.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HopShape {
    /// The peer whose certificate has this first URI.
    Uri(String),
    /// The peer whose certificate has this subject.
    Subject(String),
    /// Whoever reaches the listener: nobody but the hop can.
    WholeListener,
}

/// What is done when nobody says who asks, and it matters.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WithoutIdentity {
    /// It is refused as unauthenticated.
    #[default]
    Refuse,
    /// A browser that looks for a page is sent to this path; all else is refused.
    Redirect(String),
}

impl WithoutIdentity {
    pub(super) fn checked(self) -> Result<Self, ConfigError> {
        match &self {
            Self::Redirect(path)
                if !path.starts_with('/')
                    || path.starts_with("//")
                    || path.bytes().any(|byte| !(b'!'..=b'~').contains(&byte) || byte == b'\\') =>
            {
                Err(ConfigError::at("without_identity.redirect", "it is not a path")
                    .help("give the path of the page to log in, such as `/hub/login`"))
            }
            _ => Ok(self),
        }
    }
}

/// Whether what is denied is stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    #[default]
    Enforce,
    /// It is passed on, and written down.
    Shadow,
}

/// Which decisions are written to the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Records {
    None,
    #[default]
    Denied,
    All,
}

/// What people read when no policy has a message for them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Texts {
    pub(crate) denied: String,
    pub(crate) unauthenticated: String,
    pub(crate) refused: String,
    pub(crate) undecided: String,
}

impl Default for Texts {
    fn default() -> Self {
        let own = str::to_owned;
        Self {
            denied: own("Your groups do not allow this. Ask whoever runs this service."),
            unauthenticated: own("Log in first."),
            refused: own(
                "This address or request cannot be read in one way only, so it was not passed on.",
            ),
            undecided: own(
                "This could not be decided, so it was not passed on. Tell whoever runs this service.",
            ),
        }
    }
}
