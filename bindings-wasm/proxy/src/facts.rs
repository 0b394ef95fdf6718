//! What the proxy knows of where a request comes from.

use std::net::{IpAddr, SocketAddr};

use notegate::model::notebook::{self, ContextBuilder};

use crate::Host;

/// What the only fact is called.
pub(crate) const ADDRESS: &str = "sourceIp";

/// Facts for the context of whatever is asked. Asking for them costs as much as a decision.
pub(crate) fn context(host: &dyn Host) -> ContextBuilder {
    match address(host) {
        Some(address) => notebook::context().source_ip(address),
        None => notebook::context(),
    }
}

/// The client's address, as the proxy makes it out; `None` when it is none of the internet's.
fn address(host: &dyn Host) -> Option<IpAddr> {
    let bytes = host.property(&["source", "address"])?;
    let address: SocketAddr = std::str::from_utf8(&bytes).ok()?.parse().ok()?;
    Some(address.ip().to_canonical())
}
