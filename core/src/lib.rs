//! Notegate decides, at request time, what a person, a kernel or a service account may do on a
//! notebook platform.
//!
//! Policies arrive as a [`Bundle`]. A bundle is parsed, checked and indexed into an immutable
//! [`Snapshot`]. A [`Request`] is decided against exactly one snapshot, giving a [`Response`]. The
//! response is written down as a [`Record`]. A [`Pdp`] holds it all; everything else is a
//! translation into that question ([`adapters`]) or a way to ask it.
//!
//! ```
//! use notegate::model::Limits;
//! use notegate::model::notebook::{self, Builder as _};
//! use notegate::{Bundle, Decision, Pdp, Request};
//!
//! let policy = r#"
//!     @id("own-server")
//!     permit (principal, action == Notebook::Action::"server:access", resource)
//!     when { resource.owner == principal };
//! "#;
//! let members = [("policy.cedar".to_owned(), policy.into())];
//! let pdp = Pdp::new(&Bundle::from_members(members, &Limits::default())?)?;
//!
//! let ada = notebook::user("ada").uid();
//! let server = notebook::server("ada", "").owner(ada.clone()).entity()?;
//! let request = Request::builder(ada, notebook::action("server:access"), server.uid())
//!     .entity(server)
//!     .build(&pdp.shape())?;
//!
//! let response = pdp.authorize(&request);
//! assert_eq!(response.decision(), Decision::Allow);
//! assert_eq!(response.reason()[0].to_string(), "own-server");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does not do
//! It holds no directory of people, logs nobody in, verifies no tokens, and makes no network call
//! while deciding. It cannot stop code that already runs inside a kernel: it is asked by the hub,
//! the server, the proxy and admission, and those obey.

pub mod adapters;
pub mod audit;
pub mod bundle;
pub mod engine;
pub mod model;
pub mod pdp;
pub mod request;
pub mod store;

pub use audit::Record;
pub use bundle::Bundle;
pub use engine::Snapshot;
pub use model::{Decision, Response};
pub use pdp::Pdp;
pub use request::Request;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub mod readme {}
