//! Requests of a browser or an API client, as actions on the resources of a notebook platform.
//!
//! A [`Site`] says which URLs there are: those of a hub with all that is behind its proxy, of one
//! server, or of a kernel gateway. It reads the method and the target of an HTTP request, as they came,
//! into one or two [`Reading`]s, all of which must be allowed before the request is passed on under the
//! canonical path that comes with them. What names no route, or could be taken for another one, is an
//! error, and is denied.
//!
//! Servers look for their routes in a path as it is written, so a reader inside one sees what is served only
//! if nothing is encoded that need not be; such a path is refused. A proxy sends [`Read::canonical`] on.
//! The OAuth client of a person's default server is described with that server, by the id that the hub gives it; of an
//! id that could be of two servers nothing is said.
//!
//! Names of people in a body are read as the hub makes them, in lower case: a hub whose authenticator keeps
//! capitals is not read right.
//!
//! ```
//! use notegate::adapters::jupyter::Site;
//! use notegate::model::notebook::{self, Builder as _};
//!
//! let site = Site::hub("/")?;
//! let read = site.read("GET", "/user/ada/files/notes/a%20b.csv", false, None)?;
//! // The server could be a named one that is called `files`.
//! let asked = read.readings().iter().map(|reading| (reading.action(), reading.resource().clone()));
//! assert_eq!(asked.collect::<Vec<_>>(), [
//!     ("contents:download", notebook::file("ada", "", "notes/a b.csv").uid()),
//!     ("server:other", notebook::server("ada", "files").uid()),
//! ]);
//! assert_eq!(read.canonical(), "/user/ada/files/notes/a%20b.csv");
//!
//! assert!(site.read("GET", "/user/ada/%2e%2e/bob/lab", false, None).is_err());
//! # Ok::<(), notegate::model::RequestError>(())
//! ```

mod body;
mod client;
mod content;
mod here;
mod message;
mod pattern;
mod read;
mod reading;
mod routes;
mod site;
mod table;
mod target;
mod terminal;

pub use message::Message;
pub use read::Read;
pub use reading::Reading;
pub use site::{NamedServers, Site};

use crate::model::{RequestError, RequestErrorKind};

fn refused(message: &str) -> RequestError {
    RequestError::new(RequestErrorKind::Route, message)
}
