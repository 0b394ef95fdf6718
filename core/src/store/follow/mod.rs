//! Sources that are followed, each by a thread of its own.

#[cfg(feature = "remote")]
mod address;
mod bell;
mod following;
mod path;
mod place;
#[cfg(feature = "remote")]
mod remote;
mod stamp;
mod start;
mod watch;

use std::sync::Arc;
use std::thread::JoinHandle;

use self::bell::Bell;
use self::place::Place;
use self::watch::Watch;
use super::Pace;
use crate::model::LoadError;

pub use path::PathSource;
#[cfg(feature = "remote")]
pub use remote::RemoteSource;

/// Where a bundle, or grants, come from and keep coming from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A folder or file of this machine.
    Path(PathSource),
    /// A file on an HTTP(S) server or in an object store.
    #[cfg(feature = "remote")]
    Remote(RemoteSource),
}

/// A thread that follows a source. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Follower {
    bell: Arc<Bell>,
    thread: Option<JoinHandle<()>>,
}

/// What a source is asked with.
struct Asked {
    name: String,
    places: Vec<Box<dyn Place>>,
    watch: Option<Watch>,
    pace: Pace,
}

impl Follower {
    /// Asks the source now.
    pub(crate) fn look(&self) {
        self.bell.news();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.bell.end();
        let own = std::thread::current().id();
        // Whoever is told of an event may drop everything, on this very thread.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != own) {
            // A thread that panicked follows nothing any more either.
            _ = thread.join();
        }
    }
}

impl Source {
    #[cfg_attr(
        not(feature = "remote"),
        expect(unused_variables, reason = "a path of this machine may hold what nobody signed")
    )]
    fn asked(self, signed: bool, seed: u64, bell: &Arc<Bell>) -> Result<Asked, LoadError> {
        match self {
            Self::Path(source) => Ok(Asked {
                name: source.name(),
                pace: Pace::new(source.poll, source.poll, seed),
                watch: Some(source.watch(Arc::clone(bell))),
                places: vec![Box::new(source.place())],
            }),
            #[cfg(feature = "remote")]
            Self::Remote(source) => Ok(Asked {
                name: source.name(),
                pace: Pace::new(source.poll, source.slowest, seed),
                watch: None,
                places: boxed(source.places(signed)?),
            }),
        }
    }
}

#[cfg(feature = "remote")]
fn boxed(places: Vec<remote::RemotePlace>) -> Vec<Box<dyn Place>> {
    places.into_iter().map(|place| Box::new(place) as Box<dyn Place>).collect()
}

impl From<PathSource> for Source {
    fn from(source: PathSource) -> Self {
        Self::Path(source)
    }
}

#[cfg(feature = "remote")]
impl From<RemoteSource> for Source {
    fn from(source: RemoteSource) -> Self {
        Self::Remote(source)
    }
}
