//! The filter on a host in memory.

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod poll;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod support;
