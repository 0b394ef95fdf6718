//! One request through the filter, as a proxy would put it.

use std::rc::Rc;

use notegate_proxy::memory::MemoryHost;
use notegate_proxy::{Door, Exchange, Step};
use serde_json::json;

use super::draw;
use super::setup::{Believed, PREFIX, Setup};
use crate::generator::Choices;

/// A request, and what the proxy knows of who sends it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, Vec<u8>)>,
    pub(super) body: Vec<Vec<u8>>,
    pub(super) who: Who,
    pub(super) address: Option<&'static str>,
}

/// Who sends it, as far as those say who are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Who {
    Nobody,
    Person {
        name: String,
        groups: Vec<&'static str>,
    },
    Service(String),
    /// Something else than a name.
    Unreadable,
}

impl Asked {
    pub(super) fn draw(choices: &mut Choices<'_>, setup: &Setup) -> Self {
        let (method, target) = draw::target(choices);
        let who = Who::draw(choices, setup.believed);
        let mut headers = draw::headers(choices);
        if setup.believed == (Believed::Header { hop: false }) {
            // Whoever comes is the hop: what is drawn is all that it says.
            headers.retain(|(name, _)| *name != "x-user");
            if let Who::Person { name, .. } = &who {
                headers.push(("x-user", name.clone().into_bytes()));
            }
        }
        let addresses = [
            None,
            Some("10.1.2.3:47"),
            Some("[2001:db8::1]:80"),
            Some("nonsense"),
            Some("[::ffff:10.1.2.3]:80"),
        ];
        let address = addresses[choices.below(addresses.len())];
        Self { method, target, headers, body: draw::body(choices), who, address }
    }

    pub(super) fn is_websocket(&self) -> bool {
        self.headers
            .iter()
            .any(|(name, value)| *name == "upgrade" && value.eq_ignore_ascii_case(b"websocket"))
    }

    pub(super) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(field, _)| *field == name).map(|(_, value)| &**value)
    }

    /// Lets the proxy know what it knows of this request.
    fn known(&self, choices: &mut Choices<'_>, host: &MemoryHost) {
        host.forget();
        if let Some(address) = self.address {
            host.know(&["source", "address"], address.as_bytes());
        }
        let namespace = "envoy.filters.http.jwt_authn";
        match &self.who {
            Who::Nobody => {
                if choices.chance(30) {
                    host.verified(namespace, "other", &json!({"sub": "root"}));
                }
                if choices.chance(30) {
                    host.know(
                        &["connection", "uri_san_peer_certificate"],
                        b"spiffe://example.org/other/ada",
                    );
                }
            }
            Who::Person { name, groups } => {
                host.verified(namespace, "jwt", &json!({"sub": name, "realm": {"roles": groups}}));
                host.know(
                    &["connection", "uri_san_peer_certificate"],
                    format!("{PREFIX}{name}").as_bytes(),
                );
            }
            Who::Service(name) => host.verified(namespace, "jwt", &json!({"client": name})),
            Who::Unreadable => match choices.below(3) {
                0 => host.know(&["metadata"], b"\xff\xff\xff"),
                1 => host.verified(namespace, "jwt", &json!({"sub": ["ada"]})),
                _ => host.verified(namespace, "jwt", &json!({"sub": {"sub": "ada"}})),
            },
        }
    }
}

impl Who {
    fn draw(choices: &mut Choices<'_>, believed: Believed) -> Self {
        let name = draw::text(choices, &NAMES).to_owned();
        let drawn = choices.below(8);
        match believed {
            Believed::Nobody | Believed::Header { hop: true } => Self::Nobody,
            _ if drawn == 0 => Self::Nobody,
            Believed::Token { .. } if drawn == 1 => Self::Unreadable,
            Believed::Token { .. } if drawn == 2 => Self::Service(name),
            Believed::Token { groups } => {
                let in_groups: &[&str] =
                    if groups && choices.chance(50) { &["staff"] } else { &[] };
                Self::Person { name, groups: in_groups.to_vec() }
            }
            Believed::Certificate | Believed::Header { .. } => {
                Self::Person { name, groups: Vec::new() }
            }
        }
    }
}

const NAMES: [&str; 12] = [
    "ada",
    "bob",
    "culler",
    "ada\" || true",
    "o'neil",
    "ADA",
    "ada/",
    "..",
    "",
    "ada\u{0}",
    "ada,bob",
    "\u{1f980}",
];

/// Sends it; whether it was passed on.
///
/// # Errors
/// When it was passed on and answered, or neither.
pub(super) fn send(
    choices: &mut Choices<'_>,
    door: &Rc<Door>,
    host: &MemoryHost,
    asked: &Asked,
) -> Result<bool, String> {
    asked.known(choices, host);
    let basic = [(":method", &asked.method), (":path", &asked.target)];
    let basic = basic.map(|(name, value)| (name, value.as_bytes()));
    let more = asked.headers.iter().map(|(name, value)| (*name, &**value));
    host.begin(basic.into_iter().chain(more));
    let mut exchange = Exchange::new(Rc::clone(door));
    let mut last = asked.body.is_empty();
    let mut step = exchange.head(host, last);
    let mut pieces = asked.body.iter().peekable();
    while step == Step::Pause && host.answer().is_none() && !last {
        let Some(piece) = pieces.next() else {
            step = exchange.trailers(host);
            last = true;
            continue;
        };
        let kept_back = host.send(piece);
        // Whether the last piece says so or trailers come after it is up to the proxy.
        last = pieces.peek().is_none() && piece.len() % 2 == 0;
        step = exchange.body(host, kept_back, last);
    }
    match (step, host.answer()) {
        (Step::Continue, None) => passed(&mut exchange, host),
        (Step::Pause, Some(answer)) => match [302, 400, 401, 403, 413].contains(&answer.status) {
            true => stopped(&mut exchange, host),
            false => Err(format!("answered with {}", answer.status)),
        },
        (Step::Continue, Some(_)) => Err("passed on and answered".to_owned()),
        (Step::Pause, None) => Err("neither passed on nor answered".to_owned()),
    }
}

/// What was passed on is not looked at again.
fn passed(exchange: &mut Exchange, host: &MemoryHost) -> Result<bool, String> {
    let step = exchange.body(host, 1, true);
    exchange.end(host);
    (step == Step::Continue).then_some(true).ok_or_else(|| "its body was not passed on".to_owned())
}

/// What was stopped stays so, whatever comes.
fn stopped(exchange: &mut Exchange, host: &MemoryHost) -> Result<bool, String> {
    for step in [exchange.body(host, 1, true), exchange.trailers(host)] {
        if step == Step::Continue {
            return Err("passed on after it was answered".to_owned());
        }
    }
    exchange.end(host);
    Ok(false)
}
