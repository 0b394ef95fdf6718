//! One request, from its head to the point at which it is passed on or answered.

use std::borrow::Cow;
use std::rc::Rc;

use notegate::adapters::jupyter::{Read, Reading};
use notegate::model::{Obligations, RequestError};
use notegate::pdp::Together;
use serde_json::json;

use crate::answer::{self, Stop, Why};
use crate::config::{Mode, WithoutIdentity};
use crate::head::{self, Ambiguous, Head};
use crate::identity::{self, Principal};
use crate::{Door, Host, Level, line};

/// One request, decided on by the configuration that was in force when it came.
#[derive(Debug)]
pub struct Exchange {
    door: Rc<Door>,
    state: State,
}

/// What the proxy does next with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a step that is not taken passes a request on"]
pub enum Step {
    /// It goes on.
    Continue,
    /// It does not: it was answered, or its body is waited for.
    Pause,
}

#[derive(Debug)]
enum State {
    New,
    Waiting(Box<Waiting>),
    Passed,
    Stopped,
}

/// A request whose body says what it asks for.
#[derive(Debug)]
struct Waiting {
    head: Head,
    principal: Principal,
    read: Read,
}

impl Exchange {
    /// A request that has just begun.
    #[must_use]
    pub fn new(door: Rc<Door>) -> Self {
        Self { door, state: State::New }
    }

    /// The head has come; `last` when nothing comes after it.
    pub fn head(&mut self, host: &dyn Host, last: bool) -> Step {
        let door = Rc::clone(&self.door);
        door.look(host);
        let fields = host.headers();
        head::remove_spoofed(host, &fields);
        let head = match Head::read(fields) {
            Ok(head) => head,
            Err(ambiguous) => {
                identity::remove_untrusted(host, &door.config.sources);
                let stop = door.refuse(host, &ambiguous);
                return self.stop(host, None, stop);
            }
        };
        match door.read(host, &head) {
            Err(stop) => self.stop(host, Some(&head), stop),
            Ok((None, read)) => self.pass(host, &head, &read, &Together::default()),
            Ok((Some(principal), read)) => {
                let waits = read.needs_body() && !last;
                let waiting = Waiting { head, principal, read };
                match waits {
                    false => self.decide(host, &waiting, b""),
                    true => self.wait(host, waiting),
                }
            }
        }
    }

    /// More of the body has come, of which so many bytes are kept back; `last` when nothing comes after it.
    pub fn body(&mut self, host: &dyn Host, kept_back: usize, last: bool) -> Step {
        match &self.state {
            State::Passed => Step::Continue,
            // A head was never seen, so nothing was decided.
            State::New | State::Stopped => Step::Pause,
            State::Waiting(_) if kept_back > self.door.config.body_bytes => self.waited(host),
            State::Waiting(_) if !last => Step::Pause,
            State::Waiting(_) => self.waited(host),
        }
    }

    /// Trailers have come: the body is whole.
    pub fn trailers(&mut self, host: &dyn Host) -> Step {
        match &self.state {
            State::Passed => Step::Continue,
            State::New | State::Stopped => Step::Pause,
            State::Waiting(_) => self.waited(host),
        }
    }

    /// It is over, for whatever reason.
    pub fn end(&mut self, host: &dyn Host) {
        if let State::Waiting(waiting) = std::mem::replace(&mut self.state, State::Stopped) {
            let facts = json!({
                "target": waiting.head.target(),
                "message": "the request ended while its body was waited for",
                "help": "if this is so with every body, set `allow_on_headers_stop_iteration`",
            });
            line::write(host, Level::Warn, "ended_early", facts);
        }
    }

    fn wait(&mut self, host: &dyn Host, waiting: Waiting) -> Step {
        match self.door.may_wait(host, &waiting.head) {
            Ok(()) => {
                self.state = State::Waiting(Box::new(waiting));
                Step::Pause
            }
            Err(stop) => self.stop(host, Some(&waiting.head), stop),
        }
    }

    fn waited(&mut self, host: &dyn Host) -> Step {
        let State::Waiting(waiting) = std::mem::replace(&mut self.state, State::Stopped) else {
            return Step::Pause;
        };
        self.door.look(host);
        let most = self.door.config.body_bytes;
        let body = host.body(most.saturating_add(1));
        match body.len() > most {
            true => {
                let stop = self.door.too_large(host);
                self.stop(host, Some(&waiting.head), stop)
            }
            false => self.decide(host, &waiting, &body),
        }
    }

    fn decide(&mut self, host: &dyn Host, waiting: &Waiting, body: &[u8]) -> Step {
        let door = Rc::clone(&self.door);
        let Waiting { head, principal, read } = waiting;
        let readings = door.with_body(host, head, read, body);
        let decided = readings.and_then(|readings| door.decide(host, principal, &readings));
        match decided {
            Ok(allowed) => self.pass(host, head, read, &allowed),
            Err(stop) => self.stop(host, Some(head), stop),
        }
    }

    /// Passes the request on under its canonical path, with what it is allowed under.
    fn pass(&mut self, host: &dyn Host, head: &Head, read: &Read, allowed: &Together) -> Step {
        let headers = match obligation_headers(allowed.obligations()) {
            Ok(headers) => headers,
            Err(name) => {
                let why = format!("obligation `{name}` cannot be sent on as a header");
                let stop = self.door.undecided(host, "", &why);
                return self.stop(host, Some(head), stop);
            }
        };
        let (path, query) = match head.target().split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (head.target(), None),
        };
        if path != read.canonical() {
            let target = match query {
                Some(query) => format!("{}?{query}", read.canonical()),
                None => read.canonical().to_owned(),
            };
            host.replace_header(":path", &target);
        }
        if !allowed.decision_ids().is_empty() {
            host.replace_header("x-notegate-decision-id", &decision_ids(allowed));
        }
        headers.iter().for_each(|(name, value)| host.replace_header(name, value));
        self.state = State::Passed;
        Step::Continue
    }

    /// Answers the request, unless it is only watched.
    #[cold]
    fn stop(&mut self, host: &dyn Host, head: Option<&Head>, stop: Stop) -> Step {
        let config = &self.door.config;
        if config.mode == Mode::Shadow {
            if let Some(id) = &stop.decision_id {
                host.replace_header("x-notegate-decision-id", id);
            }
            self.state = State::Passed;
            return Step::Continue;
        }
        let as_page = head.is_some_and(Head::accepts_html);
        let looks = head.is_some_and(|head| matches!(head.method(), "GET" | "HEAD"));
        match &config.without_identity {
            WithoutIdentity::Redirect(path)
                if stop.why == Why::Unauthenticated && as_page && looks =>
            {
                answer::redirect(host, path);
            }
            _ => stop.answer(host, as_page),
        }
        self.state = State::Stopped;
        Step::Pause
    }
}

impl Door {
    /// What is asked for, and who asks; nobody for what is for everybody.
    fn read(&self, host: &dyn Host, head: &Head) -> Result<(Option<Principal>, Read), Stop> {
        let principal = identity::identify(host, head, &self.config.sources);
        let principal = principal.map_err(|ambiguous| self.refuse(host, &ambiguous))?;
        // Where nobody asks, any name tells whether the target can be read; nothing is decided for it.
        let person = match &principal {
            Some(principal) => principal.person(),
            None => Some("nobody"),
        };
        let read = self.config.site.read(head.method(), head.target(), head.is_websocket(), person);
        let read = read.map_err(|error| self.refuse(host, &told(&error)))?;
        let read = read.looked_at(|fact| self.pdp.snapshot().looks_at(fact));
        match principal {
            _ if read.is_public() => Ok((None, read)),
            Some(principal) => Ok((Some(principal), read)),
            None => {
                Err(self.stopped(host, Why::Unauthenticated, &self.config.texts.unauthenticated))
            }
        }
    }

    /// Whether a body may be waited for.
    fn may_wait(&self, host: &dyn Host, head: &Head) -> Result<(), Stop> {
        let refuse = |ambiguous: &Ambiguous| self.refuse(host, ambiguous);
        if head.is_websocket() {
            return Err(refuse(&Ambiguous(
                "a WebSocket has no body that could be read".to_owned(),
            )));
        }
        let encoding = head.one("content-encoding").map_err(|error| refuse(&error))?;
        if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
            return Err(refuse(&Ambiguous("the body is encoded".to_owned())));
        }
        let length = head.one("content-length").map_err(|error| refuse(&error))?;
        match length.map(str::parse::<usize>) {
            None => Ok(()),
            Some(Ok(length)) if length <= self.config.body_bytes => Ok(()),
            Some(_) => Err(self.too_large(host)),
        }
    }

    /// All that is asked for, with what the body says.
    fn with_body<'r>(
        &self,
        host: &dyn Host,
        head: &Head,
        read: &'r Read,
        body: &[u8],
    ) -> Result<Cow<'r, [Reading]>, Stop> {
        if !read.needs_body() {
            return Ok(Cow::Borrowed(read.readings()));
        }
        let kind = head.one("content-type").map_err(|error| self.refuse(host, &error))?;
        let (kind, limits) = (kind.unwrap_or_default(), &self.config.options.limits);
        read.with_body(body, kind, limits).map_err(|error| self.refuse(host, &told(&error)))
    }

    #[cold]
    fn refuse(&self, host: &dyn Host, Ambiguous(why): &Ambiguous) -> Stop {
        line::write(host, Level::Info, "refused", json!({"message": why}));
        self.stopped(host, Why::Refused, &self.config.texts.refused)
    }

    fn too_large(&self, host: &dyn Host) -> Stop {
        self.stopped(host, Why::TooLarge, &self.config.texts.refused)
    }

    #[cold]
    fn stopped(&self, host: &dyn Host, why: Why, text: &str) -> Stop {
        self.metrics.stopped(host, why.name());
        Stop { why, message: text.to_owned(), decision_id: None }
    }
}

fn told(error: &RequestError) -> Ambiguous {
    Ambiguous(error.to_string())
}

/// The names of the decisions, as one value of a header.
fn decision_ids(allowed: &Together) -> String {
    let mut ids = String::with_capacity(allowed.decision_ids().len().saturating_mul(ID));
    for (place, id) in allowed.decision_ids().iter().enumerate() {
        ids.push_str(if place == 0 { "" } else { ", " });
        id.push_to(&mut ids);
    }
    ids
}

/// The length of an id with what comes between two.
const ID: usize = 38;

/// A header for each obligation.
///
/// # Errors
/// With the name of one that no header can carry: what cannot be obeyed is not allowed.
fn obligation_headers(obligations: &Obligations) -> Result<Vec<(String, &str)>, &str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let headers = obligations.iter().map(|(name, value)| {
        let fits =
            name.bytes().all(plain) && value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        match fits {
            true => Ok((format!("x-notegate-obligation-{}", name.replace('_', "-")), value)),
            false => Err(name),
        }
    });
    headers.collect()
}
