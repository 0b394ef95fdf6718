//! Principals, resources, actions and contexts of the shipped model, built from parts.
//!
//! Every function here takes the parts of an id and gives a builder: ask it for the
//! [uid](Builder::uid) alone, or set attributes and make the whole [entity](Builder::entity).
//!
//! ```
//! use notegate::model::notebook::{self, Builder as _};
//!
//! let server = notebook::server("ada", "gpu");
//! assert_eq!(server.uid().to_string(), r#"Notebook::Server::"ada/gpu""#);
//!
//! // Whatever a name holds, it stays one name.
//! let nobody = notebook::user(r#"x"] || true"#).uid();
//! assert_eq!(nobody.id().unescaped(), r#"x"] || true"#);
//! assert_ne!(notebook::server("ada/gpu", "").uid(), notebook::server("ada", "gpu/").uid());
//! ```

mod builder;
mod context;
mod entities;
mod value;

use std::fmt::Write as _;
use std::sync::LazyLock;

use super::{EntityId, EntityTypeName, EntityUid};

pub use builder::Builder;
pub use context::{ContextBuilder, context};
pub use entities::{
    Dataset, Endpoint, Executable, File, Gateway, Group, Hub, Image, Kernel, KernelSpec, Namespace,
    Notebook, OAuthClient, Pod, Port, Profile, Room, Server, Service, ServiceAccount, Session,
    Share, ShareCode, Tenant, Terminal, Token, User, type_name,
};
pub use value::{IntoValue, Resources, Sensitivity};

/// An action of the model, such as `kernel:start`.
#[must_use]
pub fn action(name: &str) -> EntityUid {
    uid(action_type(), name)
}

/// A person, by the hub's user name.
#[must_use]
pub fn user(name: &str) -> User {
    User::new(name)
}

/// A hub group.
#[must_use]
pub fn group(name: &str) -> Group {
    Group::new(name)
}

/// An organisation.
#[must_use]
pub fn tenant(name: &str) -> Tenant {
    Tenant::new(name)
}

/// A hub service or an API token.
#[must_use]
pub fn service(name: &str) -> Service {
    Service::new(name)
}

/// A Kubernetes service account.
#[must_use]
pub fn service_account(namespace: &str, name: &str) -> ServiceAccount {
    ServiceAccount::new(&path(&[namespace, name]))
}

/// A Kubernetes namespace.
#[must_use]
pub fn namespace(name: &str) -> Namespace {
    Namespace::new(name)
}

/// The hub.
#[must_use]
pub fn hub(name: &str) -> Hub {
    Hub::new(name)
}

/// A kernel gateway.
#[must_use]
pub fn gateway(name: &str) -> Gateway {
    Gateway::new(name)
}

/// A single-user server; the name of the default server is empty.
#[must_use]
pub fn server(owner: &str, name: &str) -> Server {
    Server::new(&path(&[owner, name]))
}

/// A choice on the spawn page.
#[must_use]
pub fn profile(name: &str) -> Profile {
    Profile::new(name)
}

/// A container image, by its full reference.
#[must_use]
pub fn image(reference: &str) -> Image {
    Image::new(reference)
}

/// A running kernel, by its UUID.
#[must_use]
pub fn kernel(id: &str) -> Kernel {
    Kernel::new(id)
}

/// A kind of kernel, such as `python3`.
#[must_use]
pub fn kernel_spec(name: &str) -> KernelSpec {
    KernelSpec::new(name)
}

/// A session, by its UUID.
#[must_use]
pub fn session(id: &str) -> Session {
    Session::new(id)
}

/// A terminal of a server.
#[must_use]
pub fn terminal(owner: &str, server: &str, name: &str) -> Terminal {
    Terminal::new(&path(&[owner, server, name])).name(name)
}

/// A notebook document, by its canonical path without a leading slash.
#[must_use]
pub fn notebook(owner: &str, server: &str, file: &str) -> Notebook {
    Notebook::new(&file_path(owner, server, file)).path(file)
}

/// A file or folder of a server, by its canonical path without a leading slash.
#[must_use]
pub fn file(owner: &str, server: &str, file: &str) -> File {
    File::new(&file_path(owner, server, file)).path(file)
}

/// A collaboration room, by its id.
#[must_use]
pub fn room(owner: &str, server: &str, id: &str) -> Room {
    Room::new(&file_path(owner, server, id))
}

/// A port of a server.
#[must_use]
pub fn port(owner: &str, server: &str, number: u16) -> Port {
    Port::new(&path(&[owner, server, &number.to_string()])).number(i64::from(number))
}

/// A named collection of data.
#[must_use]
pub fn dataset(name: &str) -> Dataset {
    Dataset::new(name)
}

/// A network destination; the host is taken in lower case and without a trailing dot.
#[must_use]
pub fn endpoint(host: &str, port: u16) -> Endpoint {
    let host = host.strip_suffix('.').unwrap_or(host).to_lowercase();
    let mut id = host.clone();
    // INVARIANT: the port is what follows the last colon, so the host may hold colons of its own.
    _ = write!(id, ":{port}");
    Endpoint::new(&id).host(&host).port(i64::from(port))
}

/// A program inside the pod, by its absolute path.
#[must_use]
pub fn executable(file: &str) -> Executable {
    Executable::new(file).path(file)
}

/// An API token of the hub, by its owner and its public id.
#[must_use]
pub fn token(owner: &str, id: &str) -> Token {
    Token::new(&path(&[owner, id]))
}

/// Access to a server given to somebody.
#[must_use]
pub fn share(owner: &str, server: &str, receiver: &str) -> Share {
    Share::new(&path(&[owner, server, receiver]))
}

/// A code that gives access to a server, by its public id.
#[must_use]
pub fn share_code(id: &str) -> ShareCode {
    ShareCode::new(id)
}

/// An OAuth client of the hub.
#[must_use]
pub fn oauth_client(id: &str) -> OAuthClient {
    OAuthClient::new(id)
}

/// A pod.
#[must_use]
pub fn pod(namespace: &str, name: &str) -> Pod {
    Pod::new(&path(&[namespace, name]))
}

/// One id from parts, no two lists of parts giving the same: a `/` or `%` inside a part is escaped.
fn path(parts: &[&str]) -> String {
    let length = parts.iter().map(|part| part.len().saturating_add(1)).sum();
    let mut id = String::with_capacity(length);
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            id.push('/');
        }
        for char in part.chars() {
            match char {
                '%' => id.push_str("%25"),
                '/' => id.push_str("%2F"),
                char => id.push(char),
            }
        }
    }
    id
}

/// The id of what has a path in a server. The path comes last, so it needs no escapes.
fn file_path(owner: &str, server: &str, file: &str) -> String {
    let mut id = path(&[owner, server]);
    id.push('/');
    id.push_str(file);
    id
}

/// A type that the model ships, by its whole name.
pub(super) fn entity_type(name: &str) -> Option<&'static EntityTypeName> {
    match name {
        "Notebook::Action" => Some(action_type()),
        name => entities::entity_type(name),
    }
}

fn action_type() -> &'static EntityTypeName {
    static TYPE: LazyLock<EntityTypeName> = LazyLock::new(|| shipped("Action"));
    &TYPE
}

/// A type that the model ships. Reading its name costs more than all else of a uid, so each is read once.
#[expect(clippy::expect_used, reason = "the type names are this module's own and all tested")]
fn shipped(short: &str) -> EntityTypeName {
    let full = type_name(short).expect("a type of the shipped model");
    full.parse().expect("a name of the policy language")
}

fn uid(type_name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name.clone(), EntityId::new(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_parts_never_give_one_id() {
        assert_ne!(server("a/b", "").uid(), server("a", "b/").uid());
        assert_ne!(server("a%2Fb", "c").uid(), server("a/b", "c").uid());
        assert_ne!(file("a", "b/c", "d").uid(), file("a", "b", "c/d").uid());
        assert_ne!(terminal("a", "b", "c/d").uid(), terminal("a", "b/c", "d").uid());
        assert_eq!(file("ada", "", "in/x.csv").uid().id().unescaped(), "ada//in/x.csv");
    }

    #[test]
    fn a_host_is_one_name_in_any_case_and_with_a_trailing_dot() {
        assert_eq!(endpoint("PyPI.org.", 443).uid(), endpoint("pypi.org", 443).uid());
    }
}
