//! The shape of a configuration, as it is written.

mod read;

use super::{Claim, ConfigError};

/// The whole of it.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) bundle: Option<BundleShape>,
    pub(super) poll: Option<Poll>,
    pub(super) keys: Vec<String>,
    pub(super) on_expiry: OnExpiry,
    pub(super) require_tests: bool,
    pub(super) site: SiteShape,
    pub(super) identity: Vec<SourceShape>,
    pub(super) without_identity: WithoutIdentity,
    pub(super) mode: Mode,
    pub(super) records: Records,
    pub(super) texts: Texts,
    pub(super) limits: Vec<(String, usize)>,
}

/// Where the bundle is.
#[derive(Debug)]
pub(super) enum BundleShape {
    /// The single-file form, in base64.
    Packed(String),
    /// The texts of its members by their names.
    Members(Vec<(String, String)>),
}

/// Where newer bundles are looked for.
#[derive(Debug, Clone)]
pub(crate) struct Poll {
    /// The proxy's name for the servers.
    pub(crate) cluster: String,
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) interval_seconds: u32,
    pub(crate) timeout_seconds: u32,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) enum OnExpiry {
    #[default]
    Keep,
    Deny,
}

/// Which URLs there are.
#[derive(Debug)]
pub(super) enum SiteShape {
    Hub { base_url: String, named_servers: NamedServersShape, default_kernel: Option<String> },
    Server { base_url: String, owner: String, name: String, default_kernel: Option<String> },
    Standalone { base_url: String, owner: String, default_kernel: Option<String> },
    Gateway { base_url: String, name: String, default_kernel: Option<String> },
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

#[derive(Debug, Clone, Copy, Default)]
pub(super) enum NamedServersShape {
    Never,
    #[default]
    Plain,
    Anything,
}

/// Who may say who asks.
#[derive(Debug)]
pub(super) enum SourceShape {
    Jwt(Jwt),
    Mtls(MtlsShape),
    Header(HeaderShape),
}

/// Claims of a token that another filter has verified.
#[derive(Debug)]
pub(crate) struct Jwt {
    /// The namespace of the metadata that the other filter writes.
    pub(crate) namespace: String,
    /// Under which name it has the claims.
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

#[derive(Debug)]
pub(super) struct MtlsShape {
    pub(super) peers: Vec<PeerShape>,
}

/// One certificate, or all whose first URI begins in one way.
#[derive(Debug)]
pub(super) struct PeerShape {
    pub(super) uri: Option<String>,
    pub(super) uri_prefix: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) kind: Kind,
    pub(super) name: Option<String>,
}

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Service,
}

#[derive(Debug)]
pub(super) struct HeaderShape {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) hop: HopShape,
}

/// Who is believed when they set the header.
#[derive(Debug)]
pub(super) enum HopShape {
    /// The peer whose certificate has this first URI.
    Uri(String),
    /// The peer whose certificate has this subject.
    Subject(String),
    /// Whoever reaches the listener: nobody but the hop can.
    WholeListener,
}

/// What is done when nobody says who asks, and it matters.
#[derive(Debug, Clone, Default)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Enforce,
    /// It is passed on, and written down.
    Shadow,
}

/// Which decisions are written to the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Records {
    None,
    #[default]
    Denied,
    All,
}

/// What people read when no policy has a message for them.
#[derive(Debug, Clone)]
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
