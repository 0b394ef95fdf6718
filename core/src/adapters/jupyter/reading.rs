//! What a path asks for.

use std::net::Ipv4Addr;

use bumpalo::Bump;
use sha2::{Digest as _, Sha256};

use super::client::client;
use super::pattern::Captures;
use super::refused;
use super::routes::{Body, On, Row};
use super::site::{Head, NamedServers};
use super::target::Target;
use crate::model::notebook::{self, Builder, ContextBuilder};
use crate::model::{Described, EntityUid, RequestError};
use crate::request::{
    Asked, EntityAttributes, Question, Request, RequestBuilder, Sent, fields, parts,
};

/// A request target that was read.
#[derive(Debug, Clone)]
pub struct Read {
    readings: Vec<Reading>,
    canonical: String,
}

/// What one way to read a target asks for.
#[derive(Debug, Clone)]
pub struct Reading {
    pub(super) action: &'static str,
    pub(super) resource: EntityUid,
    pub(super) attributes: Vec<Described>,
    /// What it says of the server whose path it is.
    pub(super) server: Option<Described>,
    pub(super) context: ContextBuilder,
    pub(super) body: Body,
    pub(super) here: Here,
    pub(super) named: NamedServers,
    pub(super) default_kernel: String,
    /// The parameter of the query that a form may carry instead.
    pub(super) parameter: Option<String>,
}

/// Whose path it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Here {
    Hub,
    Server { owner: String, name: String },
    Gateway { name: String },
}

/// A target while it is read.
pub(super) struct Asking<'a> {
    pub(super) head: Head<'a>,
    pub(super) target: &'a Target,
    pub(super) named: NamedServers,
    pub(super) default_kernel: &'a str,
}

/// A resource with what its path says of it.
pub(super) struct Named {
    pub(super) uid: EntityUid,
    pub(super) attributes: Vec<Described>,
}

impl Read {
    pub(super) fn new(readings: Vec<Reading>, canonical: String) -> Self {
        Self { readings, canonical }
    }

    /// All that must be allowed. There is nothing when the target is for everybody.
    #[must_use]
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// Whether the target is for everybody: a page to log in, a health check, static files.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.readings.is_empty()
    }

    /// The path to pass on, in place of the one that came: it means the same to every reader.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl Reading {
    /// The name of the action.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.action
    }

    /// What it is taken on.
    #[must_use]
    pub fn resource(&self) -> &EntityUid {
        &self.resource
    }

    /// What the path says of the resource, over what is stored of it.
    #[must_use]
    pub fn attributes(&self) -> &[Described] {
        &self.attributes
    }

    /// What the path says beside it.
    #[must_use]
    pub fn context(&self) -> &ContextBuilder {
        &self.context
    }

    /// Whether the body says what is asked for, so that [`Reading::with_body`] comes before deciding.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        !self.body.needs().is_empty()
    }

    /// What the body has to say: `kernel_name`, `session`, `rename`, `copy_from`, `users`, `user`, `groups`,
    /// `group_members`, `token`, `share`, `share_code`, `client`, `remove`, `extension` or `plugin`.
    #[must_use]
    pub fn needs(&self) -> &'static [&'static str] {
        self.body.needs()
    }

    /// The request that asks for it, with more facts in its context. Of the server whose path it is, it says
    /// who owns it, as the path does.
    ///
    /// # Errors
    /// When a fact has no value of the language's.
    pub fn request(
        &self,
        principal: EntityUid,
        facts: ContextBuilder,
    ) -> Result<RequestBuilder, RequestError> {
        let action = notebook::action(self.action);
        let context = facts.and(self.context.clone()).build()?;
        let mut request =
            Request::builder(principal, action, self.resource.clone()).context(context);
        for described in self.described() {
            request = request.attributes(EntityAttributes::of(described)?);
        }
        Ok(request)
    }

    /// As [`Reading::request`], the question in borrowed parts, with more that is sent of entities.
    ///
    /// # Errors
    /// When something is sent twice.
    pub fn question<'a>(
        &'a self,
        principal: &'a EntityUid,
        facts: &'a ContextBuilder,
        sent: &[Sent<'a>],
        arena: &'a Bump,
    ) -> Result<Question<'a>, RequestError> {
        let own = fields(self.context.fields(), arena);
        let facts = fields(facts.fields(), arena).iter().copied();
        let facts = facts.filter(|(name, _)| own.iter().all(|(known, _)| known != name));
        let mut context = bumpalo::collections::Vec::from_iter_in(facts, arena);
        context.extend_from_slice(own);
        let described = self.described().map(|described| Sent::attributes(described, arena));
        let mut all = bumpalo::collections::Vec::from_iter_in(described, arena);
        all.extend_from_slice(sent);
        let action: Asked<'a> = (ACTION, self.action).into();
        Question::new(
            parts(principal, arena),
            action,
            parts(&self.resource, arena),
            context.into_bump_slice(),
        )?
        .with_sent(all.into_bump_slice())
    }

    /// What it says of its resource, and of the server whose path it is.
    fn described(&self) -> impl Iterator<Item = &Described> {
        let known = |one: &&Described| self.attributes.iter().all(|own| own.uid != one.uid);
        self.attributes.iter().chain(self.server.iter().filter(known))
    }
}

impl Reading {
    /// The same of something else.
    pub(super) fn on(&self, named: Named) -> Self {
        let Named { uid: resource, attributes } = named;
        Self { resource, attributes, body: Body::Unread, ..self.clone() }
    }

    /// The same of that server.
    pub(super) fn of_server(&self, owner: &str, name: &str) -> Self {
        self.on(Named::server(owner, name))
    }
}

impl Here {
    /// The server or gateway.
    fn named(&self) -> Named {
        match self {
            Self::Hub => Named::bare(notebook::hub(HUB_ID)),
            Self::Server { owner, name } => Named::server(owner, name),
            Self::Gateway { name } => Named::bare(notebook::gateway(name)),
        }
    }

    fn server(&self) -> Option<(&str, &str)> {
        match self {
            Self::Server { owner, name } => Some((owner, name)),
            Self::Hub | Self::Gateway { .. } => None,
        }
    }

    /// Sets who a thing belongs to, and the server that it lives in.
    fn owned<B: Builder>(
        &self,
        builder: B,
        set: impl FnOnce(B, EntityUid, EntityUid) -> B,
    ) -> Named {
        match self.server() {
            Some((owner, name)) => {
                let server = notebook::server(owner, name).uid();
                Named::of(set(builder, notebook::user(owner).uid(), server))
            }
            None => Named::of(builder),
        }
    }

    pub(super) fn file(&self, path: &str) -> Named {
        let (owner, name) = self.server().unwrap_or_default();
        match path.ends_with(".ipynb") {
            true => self.owned(notebook::notebook(owner, name, path), |file, owner, server| {
                file.owner(owner).server(server)
            }),
            false => self.owned(notebook::file(owner, name, path), |file, owner, server| {
                file.owner(owner).server(server)
            }),
        }
    }

    pub(super) fn kernel(&self, id: &str) -> Named {
        self.owned(notebook::kernel(id), |kernel, owner, server| kernel.owner(owner).server(server))
    }
}

pub(super) fn server(owner: &str, name: &str) -> notebook::Server {
    notebook::server(owner, name).owner(notebook::user(owner).uid()).name(name)
}

/// The type of every action of the model.
const ACTION: &str = "Notebook::Action";

/// There is one hub.
const HUB_ID: &str = "main";

impl Named {
    pub(super) fn bare(builder: impl Builder) -> Self {
        Self { uid: builder.uid(), attributes: Vec::new() }
    }

    fn of(builder: impl Builder) -> Self {
        Self { uid: builder.uid(), attributes: vec![builder.described()] }
    }

    fn server(owner: &str, name: &str) -> Self {
        Self::of(server(owner, name))
    }
}

impl Asking<'_> {
    pub(super) fn reading(
        &self,
        row: &Row,
        captures: &Captures<'_>,
        here: &Here,
        path: &[String],
    ) -> Result<Reading, RequestError> {
        let mut context = notebook::context();
        let server = here.server().map(|(owner, name)| server(owner, name));
        if let Some(server) = &server {
            context = context.server(server.uid());
        }
        let (named, mut action) = (self.named(row.on, captures, here)?, row.action);
        context = match (row.on, row.action) {
            (
                On::Server,
                "server:start" | "server:spawnForm" | "server:create" | "server:update",
            ) => context.named(!captures.one("server").is_empty()),
            (On::Port, _) => {
                let (host, port) = destination(captures.one("port"))?;
                if let Some(host) = host {
                    (action, context) = ("port:accessRemote", context.host(host));
                }
                context.port(i64::from(port)).protocol(self.protocol())
            }
            (On::Here, "server:other") => context.path(&path.join("/")).method(self.head.method),
            (_, "contents:export") => context.format(captures.one("format")),
            (_, "config:read" | "config:write") => context.section(captures.one("section")),
            _ => context,
        };
        match action {
            "server:spawnForm" if self.target.has_query() => action = "server:start",
            "contents:read"
                if row.on == On::File && self.target.parameter("content")? == Some("0") =>
            {
                action = "contents:stat";
            }
            _ => {}
        }
        let Named { uid: resource, attributes } = named;
        let parameter = match row.body {
            Body::FormCode => self.target.parameter("code")?,
            Body::FormClient => self.target.parameter("client_id")?,
            _ => None,
        };
        Ok(Reading {
            action,
            resource,
            attributes,
            context,
            body: row.body,
            here: here.clone(),
            named: self.named,
            server: server.map(Builder::described),
            default_kernel: self.default_kernel.to_owned(),
            parameter: parameter.map(str::to_owned),
        })
    }

    /// A path of a service of the hub.
    pub(super) fn service(&self, name: &str, path: &[String]) -> Result<Reading, RequestError> {
        let called_back =
            self.head.method == "GET" && matches!(path, [only] if only == "oauth_callback");
        let (action, context) = match called_back {
            true => ("oauth:callback", notebook::context()),
            false => ("service:access", notebook::context().protocol(self.protocol())),
        };
        Ok(Reading {
            action,
            resource: notebook::service(name).uid(),
            attributes: Vec::new(),
            context,
            body: Body::Unread,
            here: Here::Hub,
            named: self.named,
            server: None,
            default_kernel: String::new(),
            parameter: None,
        })
    }

    fn protocol(&self) -> &'static str {
        if self.head.websocket { "ws" } else { "http" }
    }

    fn named(&self, on: On, captures: &Captures<'_>, here: &Here) -> Result<Named, RequestError> {
        let one = |name| captures.one(name);
        let owner = || if captures.has("owner") { one("owner") } else { one("user") };
        let me = || {
            self.head.user.ok_or_else(|| refused("the path means somebody's own, and nobody asks"))
        };
        let (server_owner, server) = here.server().unwrap_or_default();
        Ok(match on {
            On::Public | On::Nobody => return Err(refused("the path is no route")),
            On::Hub => Named::bare(notebook::hub(HUB_ID)),
            On::Me => Named::bare(notebook::user(me()?)),
            On::MyServer => Named::server(me()?, ""),
            On::Person => Named::bare(notebook::user(one("user"))),
            On::Server => Named::server(owner(), one("server")),
            On::AnyServer => Named::server(owner(), ""),
            On::Group => Named::bare(notebook::group(one("group"))),
            On::Service => Named::bare(notebook::service(one("service"))),
            On::Token => {
                let owner = notebook::user(one("user")).uid();
                Named::of(notebook::token(one("user"), one("token")).owner(owner))
            }
            On::Share => self.share(captures),
            On::ShareCode => share_code(self.target.parameter("code")?.unwrap_or_default()),
            On::Client => {
                client(self.target.parameter("client_id")?.unwrap_or_default(), self.named)
            }
            On::Here => here.named(),
            On::File => here.file(&captures.path("path")),
            On::FileOfQuery => match self.target.parameter("path")? {
                Some(path) => here.file(&file_path(path)?),
                None => here.named(),
            },
            On::Room => {
                let room = notebook::room(server_owner, server, &captures.path("room"));
                here.owned(room, |room, owner, server| room.owner(owner).server(server))
            }
            On::Kernel => here.kernel(one("kernel")),
            On::Spec => kernel_spec(one("spec")),
            On::Session => here
                .owned(notebook::session(one("session")), |session, owner, server| {
                    session.owner(owner).server(server)
                }),
            On::Terminal => {
                let terminal = notebook::terminal(server_owner, server, one("terminal"));
                here.owned(terminal, |terminal, owner, server| terminal.owner(owner).server(server))
            }
            On::Port => match destination(one("port"))? {
                (Some(host), port) => Named::of(notebook::endpoint(host, port)),
                (None, port) => {
                    let port = notebook::port(server_owner, server, port);
                    here.owned(port, |port, owner, server| port.owner(owner).server(server))
                }
            },
        })
    }

    fn share(&self, captures: &Captures<'_>) -> Named {
        let (owner, server) = (captures.one("owner"), captures.one("server"));
        let of = |receiver: &str| {
            let share = notebook::share(owner, server, receiver);
            share.owner(notebook::user(owner).uid()).server(notebook::server(owner, server).uid())
        };
        Named::of(match captures.has("group") {
            true => {
                of(captures.one("group")).with_group(notebook::group(captures.one("group")).uid())
            }
            false => of(captures.one("user")).with_user(notebook::user(captures.one("user")).uid()),
        })
    }
}

/// A code is a secret, and its digest is not.
pub(super) fn share_code(code: &str) -> Named {
    // The hub takes it without the space around it.
    let digest = Sha256::digest(code.trim().as_bytes());
    let id: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Named::bare(notebook::share_code(&id))
}

/// As a server finds it: in whatever case, and `python` is its own.
pub(super) fn kernel_spec(name: &str) -> Named {
    let name = name.to_lowercase();
    Named::bare(notebook::kernel_spec(match &*name {
        "python" => "python3",
        name => name,
    }))
}

/// A port, or a host with a port.
fn destination(segment: &str) -> Result<(Option<&str>, u16), RequestError> {
    let (host, port) = match segment.rsplit_once(':') {
        Some((host, port)) => (Some(host), port),
        None => (None, segment),
    };
    match port.parse() {
        Ok(number) if host.is_none_or(is_host) => Ok((host, number)),
        Ok(_) => Err(refused("the path names a host in a way that can be read as another")
            .help("write a name, or an IPv4 address of four decimal numbers")),
        Err(_) => Err(refused("the path names no port")),
    }
}

/// A name, or an IPv4 address in the one way that all readers share.
fn is_host(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let labels = host.split('.').all(|label| !label.is_empty() && label.bytes().all(letter));
    // What ends in a number is taken for an address, also with fewer parts, in octal or in hexadecimal.
    let last = host.rsplit('.').next().unwrap_or_default();
    let number = last.starts_with(|first: char| first.is_ascii_digit());
    labels && (!number || host.parse::<Ipv4Addr>().is_ok())
}

/// A path of a server's files that came in a query or a body, without its leading slash.
pub(super) fn file_path(path: &str) -> Result<String, RequestError> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let wrong = |segment: &str| matches!(segment, "" | "." | "..");
    if !path.is_empty() && path.split('/').any(wrong) {
        return Err(refused("a path holds an empty, `.` or `..` segment"));
    }
    if path.contains('\\') || path.chars().any(char::is_control) {
        return Err(refused("a path holds a `\\` or a control character"));
    }
    Ok(path.to_owned())
}
