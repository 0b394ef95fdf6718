//! What is counted, as statistics of the proxy.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use notegate::store::{Event, Status};

use crate::{Host, Metric};

/// What is counted, as statistics of the proxy: made when they are counted first.
#[derive(Debug, Default)]
pub(crate) struct Metrics(RefCell<BTreeMap<(&'static str, &'static str), u32>>);

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Allow,
    Deny,
    /// It would have been denied, and was passed on.
    ShadowDeny,
}

impl Metrics {
    /// Counts one decision.
    pub(crate) fn decided(&self, host: &dyn Host, action: &'static str, outcome: Outcome) {
        let outcome = match outcome {
            Outcome::Allow => "allow",
            Outcome::Deny => "deny",
            Outcome::ShadowDeny => "shadow_deny",
        };
        self.count(host, (action, outcome), || {
            format!("notegate_decisions.action.{}.outcome.{outcome}", action.replace(':', "_"))
        });
    }

    /// Counts a request that was not decided on.
    pub(crate) fn stopped(&self, host: &dyn Host, kind: &'static str) {
        self.count(host, ("", kind), || format!("notegate_undecided.kind.{kind}"));
    }

    /// Counts a configuration.
    pub(crate) fn loaded(&self, host: &dyn Host, outcome: &'static str) {
        self.count(host, ("load", outcome), || {
            format!("notegate_configurations.outcome.{outcome}")
        });
    }

    /// Counts what happened to a bundle.
    pub(crate) fn happened(&self, host: &dyn Host, event: &Event) {
        let code = event.code();
        self.count(host, ("event", code), || format!("notegate_bundles.outcome.{code}"));
    }

    /// Shows what is in force.
    pub(crate) fn in_force(&self, host: &dyn Host, status: &Status, age: Duration) {
        let gauges = [
            ("notegate_revision", revision(status)),
            ("notegate_sequence", status.sequence),
            ("notegate_age_seconds", age.as_secs()),
            ("notegate_expired", u64::from(status.expired)),
        ];
        for (name, value) in gauges {
            host.gauge(
                self.number(host, ("gauge", name), Metric::Gauge, || name.to_owned()),
                value,
            );
        }
    }

    fn count(
        &self,
        host: &dyn Host,
        key: (&'static str, &'static str),
        name: impl FnOnce() -> String,
    ) {
        host.count(self.number(host, key, Metric::Counter, name), 1);
    }

    fn number(
        &self,
        host: &dyn Host,
        key: (&'static str, &'static str),
        kind: Metric,
        name: impl FnOnce() -> String,
    ) -> u32 {
        *self.0.borrow_mut().entry(key).or_insert_with(|| host.metric(kind, &name()))
    }
}

/// The first twelve digits of the revision as a number, which every reader of statistics holds exactly.
fn revision(status: &Status) -> u64 {
    let text = status.revision.to_string();
    let digits = text.split_once(':').and_then(|(_, digits)| digits.get(..12));
    digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}
