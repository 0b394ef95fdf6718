//! What a path asks for.

use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::sync::Arc;

use bumpalo::Bump;
use sha2::{Digest as _, Sha256};

use super::client::client;
use super::here::{HUB_ID, Here, Server};
use super::pattern::Captures;
use super::refused;
use super::routes::{Body, On, Row};
use super::site::{Head, NamedServers};
use super::target::Target;
use crate::model::notebook::{self, Builder, ContextBuilder};
use crate::model::{Described, EntityUid, RequestError, Value};
use crate::request::{
    Asked, EntityAttributes, Question, Request, RequestBuilder, Sent, fields, parts,
};

/// What one way to read a target asks for.
#[derive(Debug, Clone)]
pub struct Reading {
    pub(super) action: &'static str,
    pub(super) named: Named,
    /// What the path says beside the resource and the server whose path it is.
    pub(super) context: ContextBuilder,
    pub(super) body: Body,
    pub(super) here: Here,
    pub(super) named_servers: NamedServers,
    pub(super) default_kernel: Arc<str>,
    /// The parameter of the query that a form may carry instead.
    pub(super) parameter: Option<String>,
}

/// A target while it is read.
pub(super) struct Asking<'a> {
    pub(super) head: Head<'a>,
    pub(super) target: &'a Target<'a>,
    pub(super) named_servers: NamedServers,
    pub(super) default_kernel: &'a Arc<str>,
}

/// A resource with what its path says of it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) described: Described,
    said: Said,
    /// What is said of other things.
    pub(super) beside: Vec<Described>,
}

/// How much a path says of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Its name.
    Nothing,
    /// What is described.
    Own,
    /// The same, and that it lives in the server whose path it is.
    Inside,
    /// It is that server.
    Here,
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
        &self.named.described.uid
    }

    /// What the path says of the resource and of what it leads to, over what is stored of them; made when it
    /// is asked for.
    #[must_use]
    pub fn attributes(&self) -> Vec<Described> {
        self.of_resource().into_iter().chain(self.named.beside.iter().cloned()).collect()
    }

    fn of_resource(&self) -> Option<Described> {
        let mut described = match self.named.said {
            Said::Nothing => return None,
            Said::Here => return self.here.as_server().map(Server::described),
            Said::Own | Said::Inside => self.named.described.clone(),
        };
        if let (Said::Inside, Some(server)) = (self.named.said, self.here.as_server()) {
            let whose = [("owner", server.owner()), ("server", server.uid.clone())];
            let whose = whose.map(|(name, uid)| (name.into(), Value::Entity(uid)));
            described.attributes.extend(whose);
        }
        Some(described)
    }

    /// What the path says beside it; made when it is asked for.
    #[must_use]
    pub fn context(&self) -> ContextBuilder {
        let context = notebook::context();
        let context = match self.here.as_server() {
            Some(server) => context.server(server.uid.clone()),
            None => context,
        };
        context.and(self.context.clone())
    }

    /// Whether the body says what is asked for, so that [`Reading::with_body`] comes before deciding.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        !self.body.needs().is_empty()
    }

    /// The same, whose body says how much a save or an upload writes, for policies that look at `bytes` or `chunk`.
    /// Of every other reading it is the reading itself.
    #[must_use]
    pub fn measured(mut self) -> Self {
        self.measure();
        self
    }

    /// What the body has to say: `kernel_name`, `session`, `rename`, `copy_from`, `users`, `user`, `groups`,
    /// `group_members`, `token`, `share`, `share_code`, `client`, `remove`, `extension`, `plugin`, `terminal`, or
    /// `content` where it is [`Reading::measured`].
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
        let context = facts.and(self.context()).build()?;
        let mut request =
            Request::builder(principal, action, self.resource().clone()).context(context);
        let server = self.server().map(Server::described);
        for described in self.attributes().into_iter().chain(server) {
            request = request.attributes(EntityAttributes::of(&described)?);
        }
        Ok(request)
    }

    /// As [`Reading::request`], the question in borrowed parts, with more that is sent of entities.
    ///
    /// # Errors
    /// When something is sent twice.
    pub fn question<'a>(
        &'a self,
        principal: impl Into<Asked<'a>>,
        facts: &'a ContextBuilder,
        sent: &[Sent<'a>],
        arena: &'a Bump,
    ) -> Result<Question<'a>, RequestError> {
        let most = self.context.fields().len().saturating_add(facts.fields().len());
        let mut context =
            bumpalo::collections::Vec::with_capacity_in(most.saturating_add(1), arena);
        context.extend(self.here.as_server().map(Server::given));
        context.extend_from_slice(fields(self.context.fields(), arena));
        for (name, value) in fields(facts.fields(), arena) {
            if context.iter().all(|(known, _)| known != name) {
                context.push((name, *value));
            }
        }
        let resource = parts(self.resource(), arena);
        let most = sent.len().saturating_add(self.named.beside.len()).saturating_add(2);
        let mut all = bumpalo::collections::Vec::with_capacity_in(most, arena);
        all.extend(self.sent(resource, arena));
        all.extend(self.named.beside.iter().map(|beside| Sent::attributes(beside, arena)));
        all.extend(self.server().map(|server| server.sent(arena)));
        all.extend_from_slice(sent);
        let action: Asked<'a> = (ACTION, self.action).into();
        Question::new(principal, action, resource, context.into_bump_slice())?
            .with_sent(all.into_bump_slice())
    }

    /// What it says of its resource.
    fn sent<'a>(&'a self, uid: (&'a str, &'a str), arena: &'a Bump) -> Option<Sent<'a>> {
        let own = || fields(&self.named.described.attributes, arena);
        let attributes = match (self.named.said, self.here.as_server()) {
            (Said::Nothing, _) | (Said::Here, None) => return None,
            (Said::Here, Some(server)) => return Some(server.sent(arena)),
            (Said::Inside, Some(server)) => server.of_inside(own(), arena),
            (Said::Own | Said::Inside, _) => own(),
        };
        Some(Sent { uid, attributes, whole: None })
    }

    /// The server whose path it is, unless what is said of the resource is said of it.
    fn server(&self) -> Option<&Server> {
        let server = self.here.as_server()?;
        let is_resource = self.named.said != Said::Nothing && server.uid == *self.resource();
        (!is_resource).then_some(server)
    }
}

impl Reading {
    pub(super) fn measure(&mut self) {
        if self.body == Body::Content {
            self.body = Body::Measured;
        }
    }

    /// The same of something else.
    pub(super) fn on(&self, named: Named) -> Self {
        Self { named, body: Body::Unread, ..self.clone() }
    }

    /// The same of that server.
    pub(super) fn of_server(&self, owner: &str, name: &str) -> Self {
        self.on(Named::server(owner, name))
    }
}

/// The type of every action of the model.
const ACTION: &str = "Notebook::Action";

impl Named {
    /// Of which nothing is said.
    pub(super) fn bare(builder: impl Builder) -> Self {
        Self::of_uid(builder.described().uid)
    }

    pub(super) fn of_uid(uid: EntityUid) -> Self {
        Self { described: Described::new(uid), said: Said::Nothing, beside: Vec::new() }
    }

    pub(super) fn of(builder: impl Builder) -> Self {
        Self { described: builder.described(), said: Said::Own, beside: Vec::new() }
    }

    pub(super) fn inside(builder: impl Builder) -> Self {
        Self { said: Said::Inside, ..Self::of(builder) }
    }

    pub(super) fn here(server: &Server) -> Self {
        Self { said: Said::Here, ..Self::of_uid(server.uid.clone()) }
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
        path: &[Cow<'_, str>],
    ) -> Result<Reading, RequestError> {
        let mut context = notebook::context();
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
        let parameter = match row.body {
            Body::FormCode => self.target.parameter("code")?,
            Body::FormClient => self.target.parameter("client_id")?,
            _ => None,
        };
        Ok(Reading {
            action,
            named,
            context,
            body: row.body,
            here: here.clone(),
            named_servers: self.named_servers,
            default_kernel: Arc::clone(self.default_kernel),
            parameter: parameter.map(str::to_owned),
        })
    }

    /// A path of a service of the hub.
    pub(super) fn service(
        &self,
        name: &str,
        path: &[Cow<'_, str>],
    ) -> Result<Reading, RequestError> {
        let called_back =
            self.head.method == "GET" && matches!(path, [only] if only == "oauth_callback");
        let (action, context) = match called_back {
            true => ("oauth:callback", notebook::context()),
            false => ("service:access", notebook::context().protocol(self.protocol())),
        };
        Ok(Reading {
            action,
            named: Named::bare(notebook::service(name)),
            context,
            body: Body::Unread,
            here: Here::Hub,
            named_servers: self.named_servers,
            default_kernel: Arc::clone(self.default_kernel),
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
        let (server_owner, server) = here.names();
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
                let id = self.target.parameter("client_id")?.unwrap_or_default();
                client(id, self.named_servers)
            }
            On::Here => here.named(),
            On::File => here.file(&captures.path("path")),
            On::FileOfQuery => match self.target.parameter("path")? {
                Some(path) => here.file(&file_path(path)?),
                None => here.named(),
            },
            On::Room => here.inside(notebook::room(server_owner, server, &captures.path("room"))),
            On::Kernel => here.kernel(one("kernel")),
            On::Spec => kernel_spec(one("spec")),
            On::Session => here.inside(notebook::session(one("session"))),
            On::Terminal => here.inside(notebook::terminal(server_owner, server, one("terminal"))),
            On::Port => match destination(one("port"))? {
                (Some(host), port) => Named::of(notebook::endpoint(host, port)),
                (None, port) => here.inside(notebook::port(server_owner, server, port)),
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

pub(super) fn server(owner: &str, name: &str) -> notebook::Server {
    notebook::server(owner, name).owner(notebook::user(owner).uid()).name(name)
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
