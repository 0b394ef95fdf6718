//! Which URLs there are, and what each asks for.

use std::borrow::Cow;
use std::sync::Arc;

use super::here::Here;
use super::read::Read;
use super::reading::{Asking, Reading};
use super::refused;
use super::routes::{GATEWAY, HUB, METHODS, On, Row, SERVER};
use super::table::Table;
use super::target::Target;
use crate::model::RequestError;

/// The URLs of a hub with all that is behind its proxy, of one server, or of a kernel gateway.
#[derive(Debug, Clone)]
pub struct Site {
    /// The segments that all paths begin with.
    base: Vec<Cow<'static, str>>,
    kind: Kind,
    named: NamedServers,
    default_kernel: Arc<str>,
    hub: Table,
    server: Table,
}

#[derive(Debug, Clone)]
enum Kind {
    Hub,
    Server(Here),
    Gateway(Here),
}

/// Which names a named server may have, so that `/user/ada/lab/` may be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NamedServers {
    /// There are none: what follows a person's name is a path of the default server.
    Never,
    /// Lower-case letters, digits and single dashes, at most 30: hub 6.
    #[default]
    Plain,
    /// Anything: hub 5.
    Anything,
}

/// An HTTP request as far as it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) method: &'a str,
    /// Where it is in [`METHODS`].
    index: usize,
    pub(super) websocket: bool,
    /// The name of the person who asks, where a path means their own things.
    pub(super) user: Option<&'a str>,
}

impl Site {
    /// A hub, and the servers and services behind its proxy, below this base URL.
    ///
    /// # Errors
    /// When the base URL is not a path.
    pub fn hub(base_url: &str) -> Result<Self, RequestError> {
        Self::new(base_url, Kind::Hub, HUB)
    }

    /// One person's server behind a hub: its paths begin with the hub's base URL, `user`, the owner, and
    /// the name of a named server.
    ///
    /// # Errors
    /// When the base URL is not a path.
    pub fn server(base_url: &str, owner: &str, name: &str) -> Result<Self, RequestError> {
        let here = Here::server(owner, name);
        let mut site = Self::new(base_url, Kind::Server(here), SERVER)?;
        site.base.extend([Cow::Borrowed("user"), Cow::Owned(owner.to_owned())]);
        site.base.extend(Some(Cow::Owned(name.to_owned())).filter(|_| !name.is_empty()));
        Ok(site)
    }

    /// A server without a hub, which is its owner's, below a base URL of its own.
    ///
    /// # Errors
    /// When the base URL is not a path.
    pub fn standalone(base_url: &str, owner: &str) -> Result<Self, RequestError> {
        Self::new(base_url, Kind::Server(Here::server(owner, "")), SERVER)
    }

    /// A kernel gateway.
    ///
    /// # Errors
    /// When the base URL is not a path.
    pub fn gateway(base_url: &str, name: &str) -> Result<Self, RequestError> {
        Self::new(base_url, Kind::Gateway(Here::gateway(name)), GATEWAY)
    }

    /// The same, with named servers of such names.
    #[must_use]
    pub fn named_servers(self, named: NamedServers) -> Self {
        Self { named, ..self }
    }

    /// The same, with another kernel for requests that name none; `python3` unless it is said.
    #[must_use]
    pub fn default_kernel(self, name: &str) -> Self {
        Self { default_kernel: name.into(), ..self }
    }

    /// The routes that have a place in the table: methods, pattern below the prefix, and action; an
    /// action without a name is a route for everybody, or for nobody.
    pub fn routes(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        let routes = match self.kind {
            Kind::Hub => &self.hub,
            Kind::Server(_) | Kind::Gateway(_) => &self.server,
        };
        routes.rows().map(|row| (row.methods, row.pattern, row.action))
    }

    fn new(base_url: &str, kind: Kind, routes: &'static [Row]) -> Result<Self, RequestError> {
        let base = Target::read(base_url)?.segments;
        let base = base.into_iter().map(|segment| Cow::Owned(segment.into_owned())).collect();
        let (hub, server) = match kind {
            Kind::Hub => (Table::new(routes), Table::new(SERVER)),
            _ => (Table::new(&[]), Table::new(routes)),
        };
        let (named, default_kernel) = (NamedServers::default(), "python3".into());
        Ok(Self { base, kind, named, default_kernel, hub, server })
    }

    /// Reads a method and a target, as they came.
    ///
    /// `websocket` says whether the connection is upgraded. `user` is the name of the person who asks,
    /// where it is known: some paths mean their own account or server.
    ///
    /// Takes time in proportion to the length of the target and to the routes.
    ///
    /// # Errors
    /// When the target could be read in more ways than these, is too long, or is no route; and when it
    /// means the person's own things and there is no person.
    pub fn read(
        &self,
        method: &str,
        target: &str,
        websocket: bool,
        user: Option<&str>,
    ) -> Result<Read, RequestError> {
        let Some(index) = METHODS.iter().position(|known| *known == method) else {
            return Err(refused("the method is none that a route has"));
        };
        let target = Target::read(target)?;
        let head = Head { method, index, websocket, user };
        let (named_servers, default_kernel) = (self.named, &self.default_kernel);
        let asking = Asking { head, target: &target, named_servers, default_kernel };
        let own = target.segments.strip_prefix(&*self.base);
        let readings = match (&self.kind, own) {
            (Kind::Hub, Some(path)) => self.behind_the_proxy(path, &asking),
            (Kind::Server(here) | Kind::Gateway(here), Some(path)) => {
                read(&self.server, path, here, &asking).map(Vec::from_iter)
            }
            (Kind::Hub, None) => elsewhere(&target.segments, &asking),
            (_, None) => Err(refused("the path is not below the base URL")),
        }?;
        Ok(Read::new(readings, target.canonical(self.names())))
    }

    /// How many segments at most are the base URL and the names of an owner and a server.
    fn names(&self) -> usize {
        match self.kind {
            Kind::Hub => self.base.len().saturating_add(3),
            Kind::Server(_) | Kind::Gateway(_) => self.base.len(),
        }
    }

    fn behind_the_proxy(
        &self,
        path: &[Cow<'_, str>],
        asking: &Asking<'_>,
    ) -> Result<Vec<Reading>, RequestError> {
        match path {
            [first, rest @ ..] if first == "hub" => self.hubs(rest, asking),
            [first, owner, rest @ ..] if first == "user" => self.servers(owner, rest, asking),
            [first, service, rest @ ..] if first == "services" => {
                asking.service(service, rest).map(|reading| vec![reading])
            }
            _ => elsewhere(path, asking),
        }
    }

    fn hubs(
        &self,
        path: &[Cow<'_, str>],
        asking: &Asking<'_>,
    ) -> Result<Vec<Reading>, RequestError> {
        let mut readings = Vec::from_iter(read(&self.hub, path, &Here::Hub, asking)?);
        if let [first, owner, name, ..] = path
            && first == "user"
            && self.named.allow(name)
        {
            let named = readings.first().map(|reading| reading.of_server(owner, name));
            readings.extend(named);
        }
        Ok(readings)
    }

    /// A path below `/user/{owner}`: of the default server, and of a named one when it could be.
    fn servers(
        &self,
        owner: &str,
        path: &[Cow<'_, str>],
        asking: &Asking<'_>,
    ) -> Result<Vec<Reading>, RequestError> {
        let default = read(&self.server, path, &Here::server(owner, ""), asking)?;
        let mut readings = Vec::with_capacity(2);
        readings.extend(default);
        if let Some((name, rest)) = path.split_first()
            && self.named.allow(name)
        {
            readings.extend(read(&self.server, rest, &Here::server(owner, name), asking)?);
        }
        Ok(readings)
    }
}

/// What the path asks for; nothing when it is for everybody.
fn read(
    table: &Table,
    path: &[Cow<'_, str>],
    here: &Here,
    asking: &Asking<'_>,
) -> Result<Option<Reading>, RequestError> {
    match table.find(path, asking.head.index, asking.target.slash) {
        Some((Row { on: On::Public, .. }, _)) => Ok(None),
        Some((row, captures)) => asking.reading(row, &captures, here, path).map(Some),
        None => Err(refused("the path is no route")),
    }
}

/// What the proxy answers itself, and what sends everybody to the hub. Whatever else it may have been given
/// is nobody's here.
fn elsewhere(path: &[Cow<'_, str>], asking: &Asking<'_>) -> Result<Vec<Reading>, RequestError> {
    let healthy = !asking.target.slash && *asking.target.segments == ["_chp_healthz"];
    match (path.is_empty() || healthy) && matches!(asking.head.method, "GET" | "HEAD") {
        true => Ok(Vec::new()),
        false => Err(refused("the path is of no hub, server or service")),
    }
}

impl NamedServers {
    pub(super) fn allow(self, name: &str) -> bool {
        match self {
            Self::Never => false,
            Self::Anything => true,
            Self::Plain => {
                let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
                name.len() <= 30
                    && name.starts_with(|first: char| first.is_ascii_lowercase())
                    && name.split('-').all(|part| !part.is_empty() && part.bytes().all(plain))
            }
        }
    }
}
