//! What happens to what is in force, told to Python.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::{fmt, io};

use arc_swap::ArcSwap;
use notegate::store::{self, Observer};
use pyo3::prelude::*;

/// Something that happened to what is in force.
///
/// `code` is one of `activated`, `refused`, `unreachable`, `recovered`, `expired`, `state_damaged` and
/// `unwatched`.
#[pyclass(frozen, module = "notegate")]
#[derive(Debug)]
pub(crate) struct Event(store::Event);

#[pymethods]
impl Event {
    /// A stable name for what happened.
    #[getter]
    fn code(&self) -> &'static str {
        self.0.code()
    }

    /// What happened, in words.
    #[getter]
    fn message(&self) -> String {
        self.0.to_string()
    }

    /// The revision in force from now on, or the one that has expired.
    #[getter]
    fn revision(&self) -> Option<String> {
        match &self.0 {
            store::Event::Activated { revision, .. } | store::Event::Expired { revision, .. } => {
                Some(revision.to_string())
            }
            _ => None,
        }
    }

    /// All of it as JSON: `event`, and beside it the fields of that event.
    fn to_json(&self) -> String {
        self.0.to_json().to_string()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<notegate.Event {}: {:?}>", self.0.code(), self.0.to_string())
    }
}

/// Events that wait to be told before more are passed over.
const QUEUE: usize = 1_024;

/// Hands events to a thread of its own: whoever is told may ask and activate in turn.
#[derive(Clone, Default)]
pub(crate) struct Telling(Arc<ArcSwap<Vec<Arc<Told>>>>);

struct Told {
    queue: SyncSender<store::Event>,
    callback: Arc<Py<PyAny>>,
}

impl Telling {
    /// Tells this callable from now on, beside those that are told already.
    pub(crate) fn also(&self, callback: Py<PyAny>) -> io::Result<()> {
        let told = Arc::new(Told::start(Arc::new(callback))?);
        self.0.rcu(|all| {
            let mut next = Vec::clone(all);
            next.push(Arc::clone(&told));
            next
        });
        Ok(())
    }

    /// Goes on in a process that was forked, whose threads are none of the parent's.
    pub(crate) fn forked(&self) -> io::Result<()> {
        let all = self.0.load_full();
        let again = all.iter().map(|told| Told::start(Arc::clone(&told.callback)).map(Arc::new));
        self.0.store(Arc::new(again.collect::<io::Result<_>>()?));
        // What a thread of the parent's held at that moment it holds for ever.
        std::mem::forget(all);
        Ok(())
    }
}

impl Told {
    fn start(callback: Arc<Py<PyAny>>) -> io::Result<Self> {
        let (queue, events) = sync_channel(QUEUE);
        let told = Arc::clone(&callback);
        std::thread::Builder::new()
            .name("notegate-events".to_owned())
            .spawn(move || tell(&events, &told))?;
        Ok(Self { queue, callback })
    }
}

impl Observer for Telling {
    fn observe(&self, event: &store::Event) {
        for told in self.0.load().iter() {
            // Whoever does not come after loses the newest.
            _ = told.queue.try_send(event.clone());
        }
    }
}

impl fmt::Debug for Telling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Telling")
    }
}

fn tell(events: &Receiver<store::Event>, callback: &Py<PyAny>) {
    while let Ok(event) = events.recv() {
        let told = Python::try_attach(|py| {
            if let Err(error) = callback.call1(py, (Event(event),)) {
                error.write_unraisable(py, Some(callback.bind(py)));
            }
        });
        // Python is ending.
        if told.is_none() {
            return;
        }
    }
}
