//! The system's notices of changes.

use std::sync::Arc;

use super::bell::Bell;

#[cfg(feature = "watch")]
pub(super) use self::noticed::Watch;
#[cfg(not(feature = "watch"))]
pub(super) use self::unnoticed::Watch;

#[cfg(feature = "watch")]
mod noticed {
    use std::fs;
    use std::path::{Path, PathBuf};

    use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

    use super::{Arc, Bell};
    use crate::store::follow::stamp::identity;

    /// Rings the bell when the system says that something changed at a path.
    #[derive(Debug)]
    pub(in crate::store::follow) struct Watch {
        path: PathBuf,
        bell: Arc<Bell>,
        watcher: Option<RecommendedWatcher>,
        /// What the watcher looks at: which folders these were.
        watched: Vec<(PathBuf, u64, u64)>,
    }

    impl Watch {
        pub(in crate::store::follow) fn new(path: &Path, bell: Arc<Bell>) -> Self {
            Self { path: path.to_owned(), bell, watcher: None, watched: Vec::new() }
        }

        /// Sees to it that what is at the path now is what is watched. Says so when it cannot be.
        pub(in crate::store::follow) fn renew(&mut self) -> Result<(), String> {
            let targets = self.targets();
            let watched: Vec<_> = targets.iter().map(|(path, _)| which(path)).collect();
            if self.watcher.is_some() && watched == self.watched {
                return Ok(());
            }
            // A new watcher has no memory of folders that are gone.
            (self.watcher, self.watched) = (None, watched);
            let (bell, own) = (Arc::clone(&self.bell), self.path.clone());
            let heard = move |event: notify::Result<notify::Event>| match event {
                // Reading is no change, and reading is what we do.
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
                // What else happens in the folder above is nothing to us.
                Ok(event)
                    if !event.paths.is_empty()
                        && !event.paths.iter().any(|path| {
                            path.starts_with(&own) || path.file_name() == own.file_name()
                        }) => {}
                _ => bell.news(),
            };
            let mut watcher =
                notify::recommended_watcher(heard).map_err(|error| error.to_string())?;
            for (path, mode) in &targets {
                watcher.watch(path, *mode).map_err(|error| error.to_string())?;
            }
            self.watcher = Some(watcher);
            Ok(())
        }

        /// What lies at the path, and the folder that it lies in: it may be renamed or replaced.
        fn targets(&self) -> Vec<(PathBuf, RecursiveMode)> {
            let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            let own = (self.path.clone(), RecursiveMode::Recursive);
            let all = [(parent.to_owned(), RecursiveMode::NonRecursive), own];
            all.into_iter().filter(|(path, _)| path.exists()).collect()
        }
    }

    fn which(path: &Path) -> (PathBuf, u64, u64) {
        let (device, file) = fs::metadata(path)
            .map(|metadata| identity(&metadata))
            .map_or((0, 0), |(device, file, ..)| (device, file));
        (path.to_owned(), device, file)
    }
}

#[cfg(not(feature = "watch"))]
mod unnoticed {
    use std::path::Path;

    use super::{Arc, Bell};

    /// Built without notices: sources are looked at now and then.
    #[derive(Debug)]
    pub(in crate::store::follow) struct Watch;

    impl Watch {
        pub(in crate::store::follow) fn new(_: &Path, _: Arc<Bell>) -> Self {
            Self
        }

        #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as with notices")]
        pub(in crate::store::follow) fn renew(&mut self) -> Result<(), String> {
            Ok(())
        }
    }
}
