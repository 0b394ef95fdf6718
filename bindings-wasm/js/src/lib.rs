//! The JavaScript door: what is native of the npm package `notegate`.
//!
//! It converts, asks and converts back, and holds no decision. `pdp` is what JavaScript holds, `question` the
//! one file that asks in borrowed parts, `exchange` one HTTP request of a proxy. Whatever is asked brings the host's
//! time along, for there is no clock here; nor is there randomness, so that what names are filed under is the same
//! in every instance.

mod bundle;
mod error;
mod exchange;
mod pdp;
mod question;

pub use exchange::Routes;
pub use pdp::{Door, test, validate};
