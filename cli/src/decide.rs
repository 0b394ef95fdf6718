//! How requests are decided: with which clock and evaluator, and with which answer to errors.

use std::hash::{BuildHasher as _, RandomState};
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use notegate::Pdp;
use notegate::engine::{ErrorMode, Evaluator};
use notegate::model::Timestamp;
use notegate::pdp::{FixedClock, PdpBuilder, SystemClock};

/// What is done with a policy that cannot be evaluated.
#[derive(Debug, Args)]
pub(crate) struct ErrorArgs {
    /// What is done with a policy that cannot be evaluated
    #[arg(long, value_name = "MODE", default_value = "deny")]
    errors: Errors,
}

/// Which evaluator decides.
#[derive(Debug, Args)]
pub(crate) struct EngineArgs {
    /// Which evaluator decides; the answers are the same
    #[arg(long, value_name = "ENGINE", default_value = "compiled")]
    engine: Engine,
}

/// How requests are decided.
#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    #[command(flatten)]
    errors: ErrorArgs,

    /// Decide as if it were this moment, such as 2026-12-01T16:00:00Z; the same input then gives the
    /// same output, decision ids and times included
    #[arg(long, value_name = "TIMESTAMP", value_parser = Timestamp::parse)]
    now: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Errors {
    /// A forbid that errors denies
    Deny,
    /// Exactly Cedar: any policy that errors is skipped, even a forbid
    Cedar,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Engine {
    /// Indexed and lowered when policies are loaded, which takes a little longer; a decision then
    /// costs the policies whose scope fits, however many there are
    Compiled,
    /// The official authorizer: a decision costs all policies, milliseconds when there are thousands
    Reference,
}

impl EngineArgs {
    pub(crate) fn evaluator(&self) -> Evaluator {
        match self.engine {
            Engine::Compiled => Evaluator::Compiled,
            Engine::Reference => Evaluator::Reference,
        }
    }
}

impl ErrorArgs {
    pub(crate) fn mode(&self) -> ErrorMode {
        match self.errors {
            Errors::Deny => ErrorMode::Deny,
            Errors::Cedar => ErrorMode::CedarSkip,
        }
    }
}

impl DecideArgs {
    pub(crate) fn error_mode(&self) -> ErrorMode {
        self.errors.mode()
    }

    /// The moment at which requests are decided.
    pub(crate) fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(|| Timestamp::from(SystemTime::now()))
    }

    /// A decision point in the making. A moment that was given stands still, and nothing is random.
    pub(crate) fn builder(&self) -> PdpBuilder {
        match self.now {
            Some(now) => Pdp::builder(FixedClock(now), 0),
            None => Pdp::builder(SystemClock::default(), RandomState::new().hash_one(0)),
        }
    }
}
