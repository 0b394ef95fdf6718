//! One HTTP request of a hub's proxy: what it asks for, and whether it goes on.

use std::collections::BTreeMap;
use std::net::IpAddr;

use bumpalo::Bump;
use notegate::adapters::jupyter::{NamedServers, Read, Reading, Site};
use notegate::engine::Scratch;
use notegate::model::notebook::{self, ContextBuilder};
use notegate::model::{Limits, Obligations, RequestError, RequestErrorKind};
use notegate::pdp::NotAllowed;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::{Refused, written};
use crate::pdp::Door;

/// The routes of a hub and of all that is behind its proxy.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Routes(Site);

/// A request as it came.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    method: String,
    target: String,
    websocket: bool,
    /// Who asks, where that is known.
    user: Option<String>,
    /// Where it comes from.
    address: Option<String>,
    content_type: Option<String>,
    /// Whether its body came along, or it has none.
    whole: bool,
}

/// What the proxy does next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "step")]
enum Step {
    /// It goes on, under this path.
    Pass { path: String, decision_ids: Vec<String>, obligations: BTreeMap<String, String> },
    /// Its body says what it asks for.
    Wait,
    /// It is answered, with nothing that only the log may say.
    Stop {
        status: u16,
        message: Option<String>,
        decision_id: Option<String>,
        /// For the log.
        why: String,
    },
}

#[wasm_bindgen]
impl Routes {
    /// The routes below a base URL; named servers are `never`, `plain` or `anything`.
    ///
    /// # Errors
    /// When either is none.
    #[wasm_bindgen(constructor)]
    pub fn new(base_url: &str, named_servers: &str) -> Result<Routes, String> {
        let named = match named_servers {
            "never" => NamedServers::Never,
            "plain" => NamedServers::Plain,
            "anything" => NamedServers::Anything,
            _ => {
                let message = "named servers are `never`, `plain` or `anything`";
                return Err(Refused::load("options", message).text());
            }
        };
        let site = Site::hub(base_url).map_err(|error| Refused::from(error).text())?;
        Ok(Self(site.named_servers(named)))
    }

    /// Says what is done next with a request.
    ///
    /// # Errors
    /// When it was not given in the right shape: it does not go on then.
    pub fn next(
        &self,
        door: &Door,
        request: &str,
        body: &[u8],
        high: u32,
        low: u32,
    ) -> Result<String, String> {
        door.tell(high, low);
        let asked = serde_json::from_str(request)
            .map_err(|error| Refused::load("request", error.to_string()).text())?;
        written(&step(&self.0, door, &asked, body)).map_err(|error| error.text())
    }
}

fn step(site: &Site, door: &Door, asked: &Asked, body: &[u8]) -> Step {
    decide(site, door, asked, body).unwrap_or_else(|stop| *stop)
}

fn decide(site: &Site, door: &Door, asked: &Asked, body: &[u8]) -> Result<Step, Box<Step>> {
    // Where nobody asks, any name tells whether the target can be read; nothing is decided for it.
    let person = asked.user.as_deref().or(Some("nobody"));
    let read = site.read(&asked.method, &asked.target, asked.websocket, person);
    let read = read.map_err(|error| stop(400, &error.to_string()))?;
    let read = read.looked_at(|fact| door.pdp().snapshot().looks_at(fact));
    if read.is_public() {
        return Ok(pass(&read, asked, Vec::new(), &Obligations::default()));
    }
    let Some(user) = &asked.user else { return Err(stop(401, "nobody says who asks")) };
    if user.is_empty() || user.chars().any(char::is_control) {
        return Err(stop(400, "the name of who asks is empty or not plain text"));
    }
    if read.needs_body() && !asked.whole {
        return match asked.websocket {
            true => Err(stop(400, "a WebSocket has no body that could be read")),
            false => Ok(Step::Wait),
        };
    }
    let kind = asked.content_type.as_deref().unwrap_or_default();
    let readings = read.with_body(body, kind, &Limits::default());
    let readings = readings.map_err(|error| stop(400, &error.to_string()))?;
    let (arena, mut scratch) = (Bump::new(), Scratch::default());
    let facts = facts(asked).map_err(|error| stop(403, &error.to_string()))?;
    let principal = (notebook::User::TYPE, user.as_str());
    let questions = readings.iter().map(|reading| reading.question(principal, &facts, &[], &arena));
    let together = door.pdp().ask_all(questions, &mut scratch, |_, _, _| ());
    let together = together.map_err(|error| match error {
        NotAllowed::Nothing => stop(403, "the request asks for nothing"),
        NotAllowed::Undecided(_, why) | NotAllowed::Conflict(_, why) => stop(403, &why),
        NotAllowed::Denied(place, decided) => {
            let response = decided.to_response();
            let action = readings.get(place).map_or("", Reading::action);
            Box::new(Step::Stop {
                status: 403,
                message: response.message().map(str::to_owned),
                decision_id: Some(response.decision_id().to_string()),
                why: format!("{action} is denied"),
            })
        }
    })?;
    let ids = together.decision_ids().iter().map(ToString::to_string).collect();
    Ok(pass(&read, asked, ids, together.obligations()))
}

fn facts(asked: &Asked) -> Result<ContextBuilder, RequestError> {
    let Some(address) = &asked.address else { return Ok(notebook::context()) };
    let address: IpAddr = address.parse().map_err(|_| {
        RequestError::new(RequestErrorKind::Context, "where it comes from is no address")
    })?;
    Ok(notebook::context().source_ip(address.to_canonical()))
}

fn pass(read: &Read, asked: &Asked, decision_ids: Vec<String>, obligations: &Obligations) -> Step {
    let query = asked.target.split_once('?').map(|(_, query)| query);
    let path = match query {
        Some(query) => format!("{}?{query}", read.canonical()),
        None => read.canonical().to_owned(),
    };
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Step::Pass { path, decision_ids, obligations: obligations.iter().map(pair).collect() }
}

fn stop(status: u16, why: &str) -> Box<Step> {
    Box::new(Step::Stop { status, message: None, decision_id: None, why: why.to_owned() })
}
