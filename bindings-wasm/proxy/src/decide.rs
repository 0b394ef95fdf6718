//! Questions about one request, all of which must be allowed.

use bumpalo::Bump;
use notegate::Decision;
use notegate::adapters::jupyter::Reading;
use notegate::audit::Record;
use notegate::engine::Scratch;
use notegate::model::notebook::ContextBuilder;
use notegate::model::{Obligations, Response};
use notegate::pdp::Clock as _;
use notegate::request::{Question, Sent};
use serde_json::json;

use crate::answer::{Stop, Why};
use crate::config::{Mode, Records};
use crate::identity::Principal;
use crate::metrics::Outcome;
use crate::{Door, Host, Level, line};

/// What goes on with a request that is passed on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) decision_ids: Vec<String>,
    pub(crate) obligations: Obligations,
}

impl Door {
    /// Asks about every reading; the first that is not allowed stops the request.
    pub(crate) fn decide(
        &self,
        host: &dyn Host,
        principal: &Principal,
        readings: &[Reading],
        facts: &ContextBuilder,
    ) -> Result<Allowed, Stop> {
        if readings.is_empty() {
            // All of nothing would be allowed.
            return Err(self.undecided(host, "", "the request asks for nothing"));
        }
        let (mut allowed, arena, mut scratch) =
            (Allowed::default(), Bump::new(), Scratch::default());
        let sent = principal.described.as_ref().map(|described| Sent::entity(described, &arena));
        for reading in readings {
            let question = reading.question(&principal.uid, facts, sent.as_slice(), &arena);
            let decided = question.and_then(|question| {
                let response = self.pdp.ask(&question, &mut scratch)?.to_response();
                Ok((question, response))
            });
            let (question, response) = decided.map_err(|error| {
                self.metrics.decided(host, reading.action(), self.denied());
                self.undecided(host, reading.action(), &error.to_string())
            })?;
            self.write_down(host, reading.action(), &question, &response);
            let decision_id = response.decision_id().to_string();
            if response.decision() != Decision::Allow {
                let message = response.message().unwrap_or(&self.config.texts.denied).to_owned();
                return Err(Stop { why: Why::Denied, message, decision_id: Some(decision_id) });
            }
            allowed.decision_ids.push(decision_id);
            let merged = allowed.obligations.merge(response.obligations());
            merged.map_err(|conflict| {
                self.undecided(host, reading.action(), &conflict.to_string())
            })?;
        }
        Ok(allowed)
    }

    /// A request about which nothing could be decided.
    pub(crate) fn undecided(&self, host: &dyn Host, action: &str, why: &str) -> Stop {
        line::write(host, Level::Warn, "undecided", json!({"action": action, "message": why}));
        self.metrics.stopped(host, Why::Undecided.name());
        let message = self.config.texts.undecided.clone();
        Stop { why: Why::Undecided, message, decision_id: None }
    }

    fn write_down(
        &self,
        host: &dyn Host,
        action: &'static str,
        question: &Question<'_>,
        response: &Response,
    ) {
        let allowed = response.allowed();
        let outcome = if allowed { Outcome::Allow } else { self.denied() };
        self.metrics.decided(host, action, outcome);
        let written = match self.config.records {
            Records::None => false,
            Records::Denied => !allowed,
            Records::All => true,
        };
        if !written {
            return;
        }
        let request = question.to_builder().and_then(|request| request.build(&self.pdp.shape()));
        let record = request.map_err(|error| error.to_string()).and_then(|request| {
            let record = Record::new(self.clock.now(), request, response.clone());
            record.to_json().map_err(|error| error.to_string())
        });
        match record {
            Ok(record) => host.log(Level::Info, &record),
            Err(message) => {
                line::write(host, Level::Error, "record_lost", json!({"message": message}));
            }
        }
    }

    fn denied(&self) -> Outcome {
        match self.config.mode {
            Mode::Enforce => Outcome::Deny,
            Mode::Shadow => Outcome::ShadowDeny,
        }
    }
}
