//! Questions about one request, all of which must be allowed.

use notegate::adapters::jupyter::Reading;
use notegate::audit::Record;
use notegate::model::notebook::ContextBuilder;
use notegate::model::{Obligations, RequestError, Response};
use notegate::pdp::Clock as _;
use notegate::{Decision, Request};
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
        let mut allowed = Allowed::default();
        for reading in readings {
            let request = self.request(principal, reading, facts.clone());
            let request = request.map_err(|error| {
                self.metrics.decided(host, reading.action(), self.denied());
                self.undecided(host, reading.action(), &error.to_string())
            })?;
            let response = self.pdp.authorize(&request);
            self.write_down(host, reading.action(), &request, &response);
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

    fn request(
        &self,
        principal: &Principal,
        reading: &Reading,
        facts: ContextBuilder,
    ) -> Result<Request, RequestError> {
        let request = reading.request(principal.uid.clone(), facts)?;
        let request = match &principal.entity {
            Some(entity) => request.entity(entity.clone()),
            None => request,
        };
        request.build(&self.pdp.shape())
    }

    fn write_down(
        &self,
        host: &dyn Host,
        action: &'static str,
        request: &Request,
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
        let record = Record::new(self.clock.now(), request.clone(), response.clone());
        match record.to_json() {
            Ok(record) => host.log(Level::Info, &record),
            Err(error) => {
                let facts = json!({"message": error.to_string()});
                line::write(host, Level::Error, "record_lost", facts);
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
