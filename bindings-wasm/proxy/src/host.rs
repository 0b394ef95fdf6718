//! What a filter asks of the proxy it runs in.

use std::time::Duration;

use serde::de::DeserializeOwned;

/// What a filter asks of the proxy it runs in. Nothing else comes from outside.
pub trait Host {
    /// The time since 1970-01-01T00:00:00Z.
    fn now(&self) -> Duration;

    /// The request's headers in the order in which they came, names in lower case.
    fn headers(&self) -> Vec<(String, Vec<u8>)>;

    /// Puts one header in the place of all that have this name.
    fn replace_header(&self, name: &str, value: &str);

    /// Removes all headers of this name.
    fn remove_header(&self, name: &str);

    /// What has come of the request's body and is kept back, at most so many bytes of it.
    fn body(&self, most: usize) -> Vec<u8>;

    /// What the proxy knows under this path.
    fn property(&self, path: &[&str]) -> Option<Vec<u8>>;

    /// Answers the request, which is not passed on.
    fn respond(&self, status: u16, headers: &[(&str, &str)], body: &str);

    /// What all instances of the filter in this proxy share under a name, and which state of it this is.
    fn shared(&self, name: &str) -> (Option<Vec<u8>>, Option<u32>);

    /// Shares something with them, unless it is in another state by now; whether it did.
    fn share(&self, name: &str, value: &[u8], state: Option<u32>) -> bool;

    /// Asks a server for something; whether that was possible. What it answers comes later.
    fn fetch(&self, cluster: &str, headers: &[(&str, &str)], timeout: Duration) -> bool;

    /// What a server answered just now, its body cut at so many bytes; nothing when it did not answer.
    fn fetched(&self, most: usize) -> (Vec<(String, Vec<u8>)>, Vec<u8>);

    /// Writes a line to the proxy's log.
    fn log(&self, level: Level, line: &str);

    /// The number of the metric of this name, which is made when there is none.
    fn metric(&self, kind: Metric, name: &str) -> u32;

    /// Adds to a counter.
    fn count(&self, metric: u32, more: u32);

    /// Sets a gauge.
    fn gauge(&self, metric: u32, value: u64);
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the proxy's own levels")]
pub enum Level {
    Info,
    Warn,
    Error,
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// It only grows.
    Counter,
    /// It is what it was set to.
    Gauge,
}

/// What was shared as JSON; `None` for whatever else it is.
///
/// Read as a text, as all JSON here is: a second kind of reader is code for each type once more.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_str(std::str::from_utf8(bytes).ok()?).ok()
}
