//! The command line as its users meet it: output, errors and exit status of the built program.

#[cfg(test)]
mod authorize;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod bundle;
#[cfg(test)]
mod cedar;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod push_remote;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod support;
#[cfg(test)]
mod watch;
