//! Which server an OAuth client of the hub is.

use std::fmt::Write as _;

use super::reading::{Named, server};
use super::site::NamedServers;
use super::target::decode;
use crate::model::notebook::{self, Builder as _};

/// What the ids of servers' clients begin with. A service's begins with `service-`, and the hub takes no other.
const OF_SERVERS: &str = "jupyterhub-user-";

/// The client, and the default server that it is.
///
/// Behind a person's name the hub writes `-` and the name of a named server, and a dash may be part of either. Of an
/// id that could be of two servers nothing is said, and nothing of what the hub calls no server.
pub(super) fn client(id: &str, named: NamedServers) -> Named {
    let client = notebook::oauth_client(id);
    let owner = id.strip_prefix(OF_SERVERS).and_then(|written| owner(written, named));
    let Some(owner) = owner else { return Named::bare(client) };
    let server = server(&owner, "");
    let mut named = Named::of(client.server(server.uid()));
    named.beside.push(server.described());
    named
}

fn owner(written: &str, named: NamedServers) -> Option<String> {
    let mut names =
        written.match_indices('-').filter_map(|(at, dash)| written.get(at..)?.strip_prefix(dash));
    if written.is_empty() || names.any(|name| named.allow(name)) {
        return None;
    }
    let owner = decode(written).ok()?.into_owned();
    (quoted(&owner) == written).then_some(owner)
}

/// A name as the hub writes it there, which is not how it writes it into a path.
fn quoted(name: &str) -> String {
    name.bytes().fold(String::new(), |mut written, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                written.push(char::from(byte));
            }
            _ => _ = write!(written, "%{byte:02X}"),
        }
        written
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Value;

    fn server_of(id: &str, named: NamedServers) -> Option<String> {
        let Named { described, beside, .. } = client(id, named);
        assert_eq!(described.uid, notebook::oauth_client(id).uid());
        let [server] = &*beside else {
            assert!(beside.is_empty() && described.attributes.is_empty());
            return None;
        };
        assert_eq!(described.attributes, [("server".into(), Value::Entity(server.uid.clone()))]);
        Some(server.uid.id().unescaped().to_owned())
    }

    fn plain(id: &str) -> Option<String> {
        server_of(id, NamedServers::Plain)
    }

    #[test]
    fn a_client_of_a_default_server_says_whose_it_is() {
        assert_eq!(plain("jupyterhub-user-ada").as_deref(), Some("ada/"));
        assert_eq!(plain("jupyterhub-user-o%27neil").as_deref(), Some("o'neil/"));
        assert_eq!(plain("jupyterhub-user-alice%40x.org").as_deref(), Some("alice@x.org/"));
        assert_eq!(plain("jupyterhub-user-%E2%98%83").as_deref(), Some("\u{2603}/"));
    }

    #[test]
    fn of_an_id_that_could_be_of_two_servers_nothing_is_said() {
        for id in ["jupyterhub-user-ada-gpu", "jupyterhub-user-ada-gpu-2", "jupyterhub-user-a-b-c"]
        {
            assert_eq!(plain(id), None, "{id}");
        }
        // No server is called so, and somebody may be.
        assert_eq!(plain("jupyterhub-user-ada-2").as_deref(), Some("ada-2/"));
        let both = |named| server_of("jupyterhub-user-ada-gpu", named);
        assert_eq!(both(NamedServers::Never).as_deref(), Some("ada-gpu/"));
        assert_eq!(server_of("jupyterhub-user-ada-2", NamedServers::Anything), None);
    }

    #[test]
    fn what_the_hub_calls_no_server_is_none() {
        for id in [
            "",
            "ada",
            "jupyterhub-user-",
            "service-ada",
            "jupyterhub-user-%61da",
            "jupyterhub-user-o'neil",
            "jupyterhub-user-o%27neil%",
            "jupyterhub-user-%e2%98%83",
            "jupyterhub-user-alice@x.org",
            "jupyterhub-user-%FF",
            "jupyterhub-user-ada/gpu",
            "JupyterHub-user-ada",
        ] {
            assert_eq!(plain(id), None, "{id}");
        }
    }

    #[test]
    fn many_dashes_take_no_longer_than_their_number() {
        let id = format!("{OF_SERVERS}{}", "-".repeat(1 << 14));
        assert_eq!(plain(&id).as_deref(), Some(&*format!("{}/", "-".repeat(1 << 14))));
    }
}
