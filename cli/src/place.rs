//! Where a bundle is put for enforcement points to fetch it.

mod file;
#[cfg(feature = "remote")]
mod remote;

use std::path::{Path, PathBuf};

use crate::console::Console;
use crate::failure::Failure;

use file::FilePlace;
#[cfg(feature = "remote")]
use remote::RemotePlace;

/// Where a bundle is put: it is there whole or not at all.
pub(crate) enum Place {
    File(FilePlace),
    #[cfg(feature = "remote")]
    Remote(RemotePlace),
}

impl Place {
    /// The place that a path or an address names; `name` is that of the file in a folder.
    pub(crate) fn named(target: &str, name: &str, console: &Console) -> Result<Self, Failure> {
        let file = |path| Ok(Self::File(FilePlace::at(path, console)?));
        match target.split_once("://") {
            None => {
                let path = Path::new(target);
                let is_folder = path.is_dir() || target.ends_with(['/', std::path::MAIN_SEPARATOR]);
                file(if is_folder { path.join(name) } else { path.to_owned() })
            }
            Some(("file", path)) => file(PathBuf::from(path)),
            Some(_) => Self::remote(target, name),
        }
    }

    #[cfg(feature = "remote")]
    fn remote(target: &str, name: &str) -> Result<Self, Failure> {
        Ok(Self::Remote(RemotePlace::at(target, name)?))
    }

    #[cfg(not(feature = "remote"))]
    fn remote(target: &str, _: &str) -> Result<Self, Failure> {
        let message = format!(
            "`{target}` is an address, and this program was built without the feature `remote`"
        );
        Err(Failure::new("push.remote", message)
            .help("build it with default features, or push to a folder"))
    }

    /// Its path or address.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::File(place) => place.shown(),
            #[cfg(feature = "remote")]
            Self::Remote(place) => place.shown(),
        }
    }

    /// What is there, when it is no larger than this.
    pub(crate) fn held(&mut self, most: usize) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::File(place) => place.held(most),
            #[cfg(feature = "remote")]
            Self::Remote(place) => place.held(most),
        }
    }

    /// Puts a file there, in the place of what was held. `false` when something else is there by now,
    /// where that can be seen.
    pub(crate) fn put(&self, content: Vec<u8>) -> Result<bool, Failure> {
        match self {
            // Nobody else pushes there while it is locked.
            Self::File(place) => place.put(&content).map(|()| true),
            #[cfg(feature = "remote")]
            Self::Remote(place) => place.put(content),
        }
    }
}

/// What is there is too large to be a bundle.
fn too_large(place: &str, most: usize) -> Failure {
    let message = format!("`{place}`: what is there has more than {most} bytes and is no bundle");
    Failure::new("push.held", message)
        .help("raise the limit `bundle_bytes`, or push to another place")
}
