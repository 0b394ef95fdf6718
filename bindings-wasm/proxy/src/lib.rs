//! A filter for Envoy and other proxies that run Proxy-Wasm: it decides on every request before the
//! request is passed on.
//!
//! What decides on a request runs on any target against a [`Host`]: [`Door`] is the configuration with the
//! decision point, [`Exchange`] one request. On `wasm32-wasip1` a shell joins them to the proxy.

mod answer;
mod claims;
mod config;
mod decide;
mod door;
mod exchange;
mod facts;
mod head;
mod highest;
mod host;
mod identity;
mod line;
#[cfg(not(target_family = "wasm"))]
pub mod memory;
mod metrics;
mod poll;
mod protobuf;
#[cfg(target_os = "wasi")]
mod shell;
mod wire;

pub use door::Door;
pub use exchange::{Exchange, Step};
pub use host::{Host, Level, Metric};
