//! Why a command could not do what it was asked, and the status it leaves with.

use std::fmt::Display;
use std::io;
use std::path::Path;

use notegate::model::{LoadError, LoadErrorKind, RequestError};

/// The exit status of a command that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Allow, or success.
    Success = 0,
    /// It could not be done.
    CouldNot = 1,
    /// Deny.
    Deny = 2,
    /// Policies are invalid, or tests failed.
    Invalid = 3,
}

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A bundle, or loose parts, were refused.
    Load(LoadError),
    /// Something else, in words.
    Other(Trouble),
    /// Standard output is gone or full.
    Output(io::Error),
}

/// What went wrong, in words.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self::Other(Trouble { code, message: message.into(), help: None })
    }

    /// A file or folder that cannot be read or written.
    pub(crate) fn unreadable(path: &Path, error: &dyn Display) -> Self {
        Self::new("file.unreadable", format!("`{}`: {error}", path.display()))
    }

    /// A request that was refused; `from` says where it came from.
    pub(crate) fn request(error: &RequestError, from: &str) -> Self {
        let message = format!("{from}: {error}");
        let help = error.help_text().map(str::to_owned);
        Self::Other(Trouble { code: error.code(), message, help })
    }

    /// The same with a word on what to do next.
    pub(crate) fn help(self, text: impl Into<String>) -> Self {
        match self {
            Self::Other(trouble) => Self::Other(Trouble { help: Some(text.into()), ..trouble }),
            other => other,
        }
    }

    /// The status to leave with: content that is refused is another matter than content that
    /// cannot be had.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Load(error) => match error.kind() {
                LoadErrorKind::Unreadable => Exit::CouldNot,
                LoadErrorKind::Limit if error.problems().iter().all(|one| is_size(one.code)) => {
                    Exit::CouldNot
                }
                _ => Exit::Invalid,
            },
            Self::Other(_) | Self::Output(_) => Exit::CouldNot,
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Whether a limit is on sizes, which are met before anything is read.
fn is_size(code: &str) -> bool {
    matches!(code, "limit.member_bytes" | "limit.bundle_bytes" | "limit.members" | "limit.exceeded")
}
