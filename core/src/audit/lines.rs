//! Records as lines of JSON, written by a thread of their own.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Record, Sink, SinkStatus};

/// Writes each record as one line of JSON, on a thread of its own, behind a bounded queue.
///
/// What comes in while the writer is at rest, which is 50 ms at most, is written together: to wake it for
/// each record would cost whoever decides more than the record does. When the queue is full a record is
/// dropped and counted; the writer says so in a line `{"dropped":n}` as soon as it gets to it. Dropping
/// the sink writes what is queued at once and ends the thread.
pub struct Lines {
    queue: Option<SyncSender<Record>>,
    /// Nothing is ever sent: its end ends the writer's rest.
    open: Option<Sender<Never>>,
    counts: Arc<Counts>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Counts {
    written: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl Lines {
    /// Starts the thread that writes to `output`; at most `capacity` records wait for it.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(output: impl Write + Send + 'static, capacity: usize) -> io::Result<Self> {
        let (queue, records) = sync_channel(capacity);
        let (open, closed) = channel();
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let writer = std::thread::Builder::new()
            .name("notegate-audit".to_owned())
            .spawn(move || write_all(&records, output, &shared, || rest(&closed, capacity)))?;
        Ok(Self { queue: Some(queue), open: Some(open), counts, writer: Some(writer) })
    }

    /// Writes what is queued, ends the thread, and says how it all went.
    #[must_use]
    pub fn finish(mut self) -> SinkStatus {
        self.close();
        self.status()
    }

    fn close(&mut self) {
        drop(self.queue.take());
        drop(self.open.take());
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to write.
            _ = writer.join();
        }
    }
}

impl Sink for Lines {
    fn accept(&self, record: Record) {
        let sent = match &self.queue {
            Some(queue) => queue.try_send(record),
            None => Err(TrySendError::Disconnected(record)),
        };
        if sent.is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn status(&self) -> SinkStatus {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SinkStatus {
            written: read(&self.counts.written),
            dropped: read(&self.counts.dropped),
            failed: read(&self.counts.failed),
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("status", &self.status()).finish()
    }
}

enum Never {}

/// Waits for more records to write, or for the end.
///
/// No longer than a queue so short takes to fill at a hundred thousand decisions a second.
fn rest(closed: &Receiver<Never>, capacity: usize) {
    let capacity = u64::try_from(capacity).unwrap_or(u64::MAX);
    let fills = Duration::from_micros(capacity.saturating_mul(10));
    // Whichever it is, what is queued is written next.
    _ = closed.recv_timeout(fills.min(LONGEST_REST));
}

const LONGEST_REST: Duration = Duration::from_millis(50);

fn write_all(records: &Receiver<Record>, mut output: impl Write, counts: &Counts, rest: impl Fn()) {
    let mut said = 0;
    while let Ok(first) = records.recv() {
        let mut next = Some(first);
        while let Some(record) = next {
            let line = record.to_json().map_err(io::Error::from);
            let count = match line.and_then(|line| writeln!(output, "{line}")) {
                Ok(()) => &counts.written,
                Err(_) => &counts.failed,
            };
            count.fetch_add(1, Ordering::Relaxed);
            next = records.try_recv().ok();
        }
        say_dropped(&mut output, counts, &mut said);
        // What cannot be flushed now is tried again with the next record; failures are counted.
        _ = output.flush();
        rest();
    }
    say_dropped(&mut output, counts, &mut said);
    _ = output.flush();
}

fn say_dropped(output: &mut impl Write, counts: &Counts, said: &mut u64) {
    let dropped = counts.dropped.load(Ordering::Relaxed);
    let news = dropped.saturating_sub(*said);
    if news > 0 && writeln!(output, "{{\"dropped\":{news}}}").is_ok() {
        *said = dropped;
    }
}
