//! One file per subcommand.

pub(crate) mod authorize;
pub(crate) mod completions;
pub(crate) mod init;
pub(crate) mod validate;
