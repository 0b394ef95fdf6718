//! Questions about one request, all of which must be allowed.

use notegate::adapters::jupyter::Reading;
use notegate::audit::Record;
use notegate::model::RequestError;
use notegate::model::notebook::{self, ContextBuilder};
use notegate::pdp::{Clock as _, Decided, NotAllowed, Together};
use notegate::request::{Question, Sent, fields};
use serde_json::json;

use crate::answer::{Stop, Why};
use crate::config::{Mode, Records};
use crate::door::Memory;
use crate::identity::Principal;
use crate::metrics::Outcome;
use crate::{Door, Host, Level, facts, line};

impl Door {
    /// Asks about every reading; the first that is not allowed stops the request.
    pub(crate) fn decide(
        &self,
        host: &dyn Host,
        principal: &Principal,
        readings: &[Reading],
    ) -> Result<Together, Stop> {
        let mut memory = self.memory.take();
        let decided = self.decide_in(host, principal, readings, &mut memory);
        memory.arena.reset();
        self.memory.replace(memory);
        decided
    }

    fn decide_in(
        &self,
        host: &dyn Host,
        principal: &Principal,
        readings: &[Reading],
        Memory { arena, scratch }: &mut Memory,
    ) -> Result<Together, Stop> {
        // INVARIANT: no bundle comes into force while a request is decided.
        let known = self.pdp.snapshot().looks_at(facts::ADDRESS);
        let context = if known { facts::context(host) } else { notebook::context() };
        let sent = principal.described.as_ref().map(|described| Sent::entity(described, arena));
        let questions = readings
            .iter()
            .map(|reading| reading.question(principal.parts(), &context, sent.as_slice(), arena));
        let action = |place| readings.get(place).map_or("", Reading::action);
        let decided = self.pdp.ask_all(questions, scratch, |place, question, decided| {
            self.count(host, action(place), decided.allowed());
            if self.writes(decided.allowed()) {
                let facts = (!known).then(|| facts::context(host));
                self.write_down(host, question, facts.as_ref(), decided);
            }
        });
        decided.map_err(|error| self.not_allowed(host, error, action))
    }

    #[cold]
    fn not_allowed(
        &self,
        host: &dyn Host,
        error: NotAllowed,
        action: impl Fn(usize) -> &'static str,
    ) -> Stop {
        match error {
            NotAllowed::Nothing => self.undecided(host, "", "the request asks for nothing"),
            NotAllowed::Denied(_, decided) => {
                let response = decided.to_response();
                let message = response.message().unwrap_or(&self.config.texts.denied).to_owned();
                let decision_id = Some(response.decision_id().to_string());
                Stop { why: Why::Denied, message, decision_id }
            }
            NotAllowed::Undecided(place, why) => {
                self.count(host, action(place), false);
                self.undecided(host, action(place), &why)
            }
            NotAllowed::Conflict(place, why) => self.undecided(host, action(place), &why),
        }
    }

    /// A request about which nothing could be decided.
    #[cold]
    pub(crate) fn undecided(&self, host: &dyn Host, action: &str, why: &str) -> Stop {
        line::write(host, Level::Warn, "undecided", json!({"action": action, "message": why}));
        self.metrics.stopped(host, Why::Undecided.name());
        let message = self.config.texts.undecided.clone();
        Stop { why: Why::Undecided, message, decision_id: None }
    }

    fn count(&self, host: &dyn Host, action: &'static str, allowed: bool) {
        let outcome = match (allowed, self.config.mode) {
            (true, _) => Outcome::Allow,
            (false, Mode::Enforce) => Outcome::Deny,
            (false, Mode::Shadow) => Outcome::ShadowDeny,
        };
        self.metrics.decided(host, action, outcome);
    }

    fn writes(&self, allowed: bool) -> bool {
        match self.config.records {
            Records::None => false,
            Records::Denied => !allowed,
            Records::All => true,
        }
    }

    /// Writes a decision to the log, with facts that no policy looked at.
    #[inline(never)]
    fn write_down(
        &self,
        host: &dyn Host,
        question: &Question<'_>,
        facts: Option<&ContextBuilder>,
        decided: &Decided,
    ) {
        let record = self.record(question, facts, decided).map_err(|error| error.to_string());
        match record.and_then(|record| record.to_json().map_err(|error| error.to_string())) {
            Ok(record) => host.log(Level::Info, &record),
            Err(message) => {
                line::write(host, Level::Error, "record_lost", json!({"message": message}));
            }
        }
    }

    fn record(
        &self,
        question: &Question<'_>,
        facts: Option<&ContextBuilder>,
        decided: &Decided,
    ) -> Result<Record, RequestError> {
        let arena = bumpalo::Bump::new();
        let facts = facts.map_or(&[][..], |facts| fields(facts.fields(), &arena));
        let context = [question.context(), facts].concat();
        let question = question.with_context(&context)?;
        let request = question.to_builder()?.build(&self.pdp.shape())?;
        Ok(Record::new(self.clock.now(), request, decided.to_response()))
    }
}
