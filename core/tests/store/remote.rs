//! HTTP(S) servers and object stores that are followed: real ones, and one that misbehaves.

mod faults;
mod nginx;
mod s3;
mod serve;

use std::time::Duration;

use notegate::Pdp;
use notegate::store::{RemoteSource, Rules};

use crate::support::{Events, builder, clock};

/// Asks again only when it is told to.
const NEVER: Duration = Duration::from_secs(100_000);

fn follow(source: RemoteSource, rules: Rules) -> (Pdp, Events) {
    let (builder, events) = builder(&clock(), rules);
    let pdp = builder.follow(source.poll(NEVER)).unwrap();
    events.wait("activated");
    (pdp, events)
}
