//! One file per subcommand.

pub(crate) mod authorize;
pub(crate) mod bench;
pub(crate) mod bundle;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod init;
pub(crate) mod schema;
pub(crate) mod test;
pub(crate) mod validate;
