//! What wakes the thread that follows a source.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What wakes the thread that follows a source: time, news, or the end.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: Mutex<Rung>,
    heard: Condvar,
    #[cfg(feature = "remote")]
    ended: tokio::sync::Notify,
}

/// What there is to wake up for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Rung {
    news: bool,
    end: bool,
}

/// What woke the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    Time,
    News,
    End,
}

impl Bell {
    /// There may be something new.
    pub(super) fn news(&self) {
        self.rung().news = true;
        self.heard.notify_all();
    }

    /// Nobody needs to be told any more.
    pub(super) fn end(&self) {
        self.rung().end = true;
        self.heard.notify_all();
        #[cfg(feature = "remote")]
        self.ended.notify_one();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.rung().end
    }

    /// Waits so long, or until there is something new.
    pub(super) fn wait(&self, time: Duration) -> Woken {
        let quiet = |rung: &mut Rung| !rung.news && !rung.end;
        let waited = self.heard.wait_timeout_while(self.rung(), time, quiet);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match (rung.end, std::mem::take(&mut rung.news)) {
            (true, _) => Woken::End,
            (false, true) => Woken::News,
            (false, false) => Woken::Time,
        }
    }

    /// Waits so long whatever is new. `false` at the end.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let waited = self.heard.wait_timeout_while(self.rung(), time, |rung| !rung.end);
        let (rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !rung.end
    }

    /// Is ready at the end.
    #[cfg(feature = "remote")]
    pub(super) async fn ended(&self) {
        self.ended.notified().await;
    }

    fn rung(&self) -> MutexGuard<'_, Rung> {
        // INVARIANT: two flags, each right by itself.
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
