//! A host in memory, which does as a proxy would: for tests, and to hold the filter against hostile input.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::protobuf;
use crate::{Host, Level, Metric};

/// A host in memory, in the middle of one request.
#[derive(Debug, Default)]
pub struct MemoryHost(RefCell<Inside>);

#[derive(Debug, Default)]
struct Inside {
    now: Duration,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    properties: BTreeMap<Vec<String>, Vec<u8>>,
    answer: Option<MemoryAnswer>,
    lines: Vec<(Level, String)>,
    metrics: Vec<(String, u64)>,
    shared: BTreeMap<String, (Vec<u8>, u32)>,
    fetches: Vec<MemoryFetch>,
    fetched: (Vec<(String, Vec<u8>)>, Vec<u8>),
}

/// What a server was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct MemoryFetch {
    pub cluster: String,
    pub headers: Vec<(String, String)>,
}

/// What was answered to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct MemoryAnswer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// The bytes in which a proxy hands over a configuration that its operator wrote as a `Struct`.
#[must_use]
pub fn structure(configuration: &Value) -> Vec<u8> {
    protobuf::structure(configuration)
}

impl MemoryHost {
    /// A host at this time, without a request.
    #[must_use]
    pub fn new(now: Duration) -> Self {
        Self(RefCell::new(Inside { now, ..Inside::default() }))
    }

    /// Lets a request come, in the place of the one before it.
    pub fn begin<'h>(&self, headers: impl IntoIterator<Item = (&'h str, &'h [u8])>) {
        let mut inside = self.0.borrow_mut();
        let owned = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_vec()));
        inside.headers = owned.collect();
        (inside.body, inside.answer) = (Vec::new(), None);
    }

    /// Lets more of the body come, and says how much is kept back then.
    pub fn send(&self, more: &[u8]) -> usize {
        let mut inside = self.0.borrow_mut();
        inside.body.extend_from_slice(more);
        inside.body.len()
    }

    /// Lets the proxy know something.
    pub fn know(&self, path: &[&str], value: &[u8]) {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        self.0.borrow_mut().properties.insert(path, value.to_vec());
    }

    /// Lets another filter have verified a token with these claims.
    pub fn verified(&self, namespace: &str, name: &str, token: &Value) {
        self.know(&["metadata"], &protobuf::metadata(namespace, name, token));
    }

    /// Lets the proxy know nothing any more.
    pub fn forget(&self) {
        self.0.borrow_mut().properties.clear();
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        let mut inside = self.0.borrow_mut();
        inside.now = inside.now.saturating_add(time);
    }

    /// What servers were asked for, which is forgotten then.
    pub fn fetches(&self) -> Vec<MemoryFetch> {
        std::mem::take(&mut self.0.borrow_mut().fetches)
    }

    /// Lets a server answer; without headers it does not.
    pub fn answered(&self, headers: &[(&str, &str)], body: &[u8]) {
        let owned = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        self.0.borrow_mut().fetched = (owned.collect(), body.to_vec());
    }

    /// Spoils what is shared under names that hold this.
    pub fn spoil(&self, part: &str) {
        for (name, (value, _)) in &mut self.0.borrow_mut().shared {
            if name.contains(part) {
                value.push(0);
            }
        }
    }

    /// The values of a header, as they are passed on.
    #[must_use]
    pub fn passed_on(&self, name: &str) -> Vec<String> {
        let inside = self.0.borrow();
        let values = inside.headers.iter().filter(|(field, _)| field == name);
        values.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// What was answered.
    #[must_use]
    pub fn answer(&self) -> Option<MemoryAnswer> {
        self.0.borrow().answer.clone()
    }

    /// What was written to the log, which is empty from then on.
    pub fn lines(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut self.0.borrow_mut().lines)
    }

    /// A metric's value; `None` when there is none.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<u64> {
        let inside = self.0.borrow();
        inside.metrics.iter().find(|(metric, _)| metric == name).map(|(_, value)| *value)
    }

    fn change(&self, metric: u32, change: impl FnOnce(u64) -> u64) {
        let mut inside = self.0.borrow_mut();
        let place = usize::try_from(metric).unwrap_or(usize::MAX);
        if let Some((_, value)) = inside.metrics.get_mut(place) {
            *value = change(*value);
        }
    }
}

impl Host for MemoryHost {
    fn now(&self) -> Duration {
        self.0.borrow().now
    }

    fn headers(&self) -> Vec<(String, Vec<u8>)> {
        self.0.borrow().headers.clone()
    }

    fn replace_header(&self, name: &str, value: &str) {
        self.remove_header(name);
        self.0.borrow_mut().headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }

    fn remove_header(&self, name: &str) {
        self.0.borrow_mut().headers.retain(|(field, _)| field != name);
    }

    fn body(&self, most: usize) -> Vec<u8> {
        self.0.borrow().body.iter().copied().take(most).collect()
    }

    fn property(&self, path: &[&str]) -> Option<Vec<u8>> {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.0.borrow().properties.get(&path).cloned()
    }

    fn respond(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (headers, body) = (headers.collect(), body.to_owned());
        self.0.borrow_mut().answer = Some(MemoryAnswer { status, headers, body });
    }

    fn shared(&self, name: &str) -> (Option<Vec<u8>>, Option<u32>) {
        let inside = self.0.borrow();
        let shared = inside.shared.get(name);
        (shared.map(|(value, _)| value.clone()), shared.map(|(_, state)| *state))
    }

    fn share(&self, name: &str, value: &[u8], state: Option<u32>) -> bool {
        let mut inside = self.0.borrow_mut();
        let now = inside.shared.get(name).map(|(_, state)| *state);
        let as_expected = state.is_none() || now.is_none() || state == now;
        if as_expected {
            let next = now.unwrap_or_default().saturating_add(1);
            inside.shared.insert(name.to_owned(), (value.to_vec(), next));
        }
        as_expected
    }

    fn fetch(&self, cluster: &str, headers: &[(&str, &str)], _timeout: Duration) -> bool {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let fetch = MemoryFetch { cluster: cluster.to_owned(), headers: headers.collect() };
        self.0.borrow_mut().fetches.push(fetch);
        true
    }

    fn fetched(&self, most: usize) -> (Vec<(String, Vec<u8>)>, Vec<u8>) {
        let (headers, body) = self.0.borrow().fetched.clone();
        (headers, body.into_iter().take(most).collect())
    }

    fn log(&self, level: Level, line: &str) {
        self.0.borrow_mut().lines.push((level, line.to_owned()));
    }

    fn metric(&self, _kind: Metric, name: &str) -> u32 {
        let mut inside = self.0.borrow_mut();
        let place = inside.metrics.iter().position(|(metric, _)| metric == name);
        let place = place.unwrap_or_else(|| {
            inside.metrics.push((name.to_owned(), 0));
            inside.metrics.len().saturating_sub(1)
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn count(&self, metric: u32, more: u32) {
        self.change(metric, |value| value.saturating_add(u64::from(more)));
    }

    fn gauge(&self, metric: u32, value: u64) {
        self.change(metric, |_| value);
    }
}
