//! What comes into force and what does not: rules, state, sources and their faults.

#![cfg(not(target_family = "wasm"))]

#[cfg(test)]
mod grants;
#[cfg(test)]
mod path;
#[cfg(test)]
mod processes;
#[cfg(test)]
#[cfg(feature = "remote")]
mod remote;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod state;
#[cfg(test)]
mod support;
