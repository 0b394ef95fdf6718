//! Newer bundles from a server that the proxy knows.
//!
//! One instance of the filter asks at a time, in turn, for all that the proxy runs; what it gets and can
//! trust it shares with them, and each trusts nothing that it has not verified itself.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use notegate::Pdp;
use notegate::store::{Pace, Part};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::Poll;
use crate::{Host, Level, host, line};

/// What is followed, and where one stands.
#[derive(Debug)]
pub(crate) struct Following {
    poll: Poll,
    bundle_bytes: usize,
    news: String,
    bundle: String,
    pace: RefCell<Pace>,
    /// Which of the shared bundles was looked at last, good or bad.
    looked_at: RefCell<String>,
    asking: Cell<bool>,
}

/// What all instances know of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct News {
    /// The revision of what is shared; empty while there is nothing.
    revision: String,
    /// The server's tag of it.
    etag: String,
    /// When the server had something good last, or nothing newer: in milliseconds since 1970.
    good_at: u64,
    /// When it is asked again.
    ask_at: u64,
}

impl Following {
    pub(crate) fn new(poll: &Poll, root: &str, bundle_bytes: usize, seed: u64) -> Self {
        let interval = Duration::from_secs(poll.interval_seconds.into());
        let longest = interval.saturating_mul(8);
        // INVARIANT: JSON of a list is one text for one list of texts.
        let name = json!([root, poll.cluster, poll.authority, poll.path]);
        Self {
            poll: poll.clone(),
            bundle_bytes,
            news: format!("notegate.news {name}"),
            bundle: format!("notegate.bundle {name}"),
            pace: RefCell::new(Pace::new(interval, longest, seed)),
            looked_at: RefCell::default(),
            asking: Cell::default(),
        }
    }

    /// Begins with what other instances share.
    pub(crate) fn start(&self, host: &dyn Host, pdp: &Pdp) {
        let (news, state) = self.news(host);
        match state {
            // From here on a state says whether somebody else was faster.
            None => _ = self.share(host, &news, None),
            Some(_) => self.take(host, pdp, &news),
        }
    }

    /// Takes what another instance shares, when it is news; asks the server, when it is time and nobody else does.
    pub(crate) fn tick(&self, host: &dyn Host, pdp: &Pdp) {
        let (mut news, state) = self.news(host);
        self.take(host, pdp, &news);
        let now = millis(host);
        if now < news.ask_at {
            return;
        }
        let patience = u64::from(self.poll.timeout_seconds).saturating_add(1);
        news.ask_at = now.saturating_add(patience.saturating_mul(1_000));
        // Whoever loses has seen a state that is no longer: somebody else asks.
        if self.share(host, &news, state) {
            self.ask(host, &news.etag);
        }
    }

    /// The server answered, or will not.
    pub(crate) fn fetched(&self, host: &dyn Host, pdp: &Pdp, answered: bool) {
        if !self.asking.replace(false) {
            return;
        }
        let (headers, body) = match answered {
            true => host.fetched(self.bundle_bytes.saturating_add(1)),
            false => <_>::default(),
        };
        let header = |name: &str| {
            let found = headers.iter().find(|(field, _)| field == name);
            found.and_then(|(_, value)| std::str::from_utf8(value).ok())
        };
        match header(":status") {
            Some("304") => self.good(host, |_| ()),
            Some("200") => {
                let revision = match pdp.deliver(Part::Bundle, &body) {
                    Ok(revision) => revision.to_string(),
                    Err(_) => return self.unreachable(host, "what it has is refused"),
                };
                host.share(&self.bundle, &body, None);
                self.looked_at.replace(revision.clone());
                let etag = header("etag").unwrap_or_default();
                self.good(host, |news| {
                    (news.revision, news.etag) = (revision.clone(), etag.to_owned());
                });
            }
            Some(status) => self.unreachable(host, &format!("it answered {status}")),
            None => self.unreachable(host, "it did not answer"),
        }
    }

    /// How long ago something good came; `None` while nothing has.
    pub(crate) fn age(&self, host: &dyn Host) -> Option<Duration> {
        let (news, _) = self.news(host);
        let ago = || Duration::from_millis(millis(host).saturating_sub(news.good_at));
        (news.good_at > 0).then(ago)
    }

    /// Puts in force what another instance shares.
    fn take(&self, host: &dyn Host, pdp: &Pdp, news: &News) {
        if news.revision == *self.looked_at.borrow() {
            return;
        }
        self.looked_at.replace(news.revision.clone());
        if let (Some(bytes), _) = host.shared(&self.bundle) {
            // When it is refused, the store has told why.
            _ = pdp.deliver(Part::Bundle, &bytes);
        }
    }

    fn ask(&self, host: &dyn Host, etag: &str) {
        let mut headers = vec![
            (":method", "GET"),
            (":path", &*self.poll.path),
            (":authority", &*self.poll.authority),
            (":scheme", "https"),
        ];
        if !etag.is_empty() {
            headers.push(("if-none-match", etag));
        }
        let timeout = Duration::from_secs(self.poll.timeout_seconds.into());
        match host.fetch(&self.poll.cluster, &headers, timeout) {
            true => self.asking.set(true),
            false => self.unreachable(host, "the proxy has no such cluster, or no server in it"),
        }
    }

    fn unreachable(&self, host: &dyn Host, why: &str) {
        let facts = json!({
            "part": Part::Bundle.name(),
            "source": format!("{}{}", self.poll.authority, self.poll.path),
            "message": why,
        });
        line::write(host, Level::Warn, "unreachable", facts);
        let wait = self.pace.borrow_mut().after_failure();
        self.tell(host, |news| news.ask_at = later(host, wait));
    }

    /// The server had something good.
    fn good(&self, host: &dyn Host, change: impl Fn(&mut News)) {
        let wait = self.pace.borrow_mut().after_success();
        self.tell(host, |news| {
            change(news);
            (news.good_at, news.ask_at) = (millis(host), later(host, wait));
        });
    }

    /// Lets all instances know, on top of whatever they came to know meanwhile.
    fn tell(&self, host: &dyn Host, change: impl Fn(&mut News)) {
        for _ in 0..TRIES {
            let (mut news, state) = self.news(host);
            change(&mut news);
            if self.share(host, &news, state) {
                return;
            }
        }
        // Nothing is lost: whoever asks next finds out the same.
    }

    /// What is shared and cannot be read is as good as nothing.
    fn news(&self, host: &dyn Host) -> (News, Option<u32>) {
        let (bytes, state) = host.shared(&self.news);
        let news = bytes.as_deref().and_then(host::read);
        (news.unwrap_or_default(), state)
    }

    fn share(&self, host: &dyn Host, news: &News, state: Option<u32>) -> bool {
        serde_json::to_vec(news).is_ok_and(|bytes| host.share(&self.news, &bytes, state))
    }
}

const TRIES: u32 = 8;

fn later(host: &dyn Host, wait: Duration) -> u64 {
    millis(host).saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

fn millis(host: &dyn Host) -> u64 {
    u64::try_from(host.now().as_millis()).unwrap_or(u64::MAX)
}
