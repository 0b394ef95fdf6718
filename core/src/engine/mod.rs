//! The answer: policies, schema and entities, checked and indexed, never changing.
//!
//! [`Evaluator::Reference`] is the official authorizer and the meaning of every policy;
//! [`Evaluator::Compiled`] gives the same answers from an index and a lowered form.

mod admission;
mod answer;
mod ask;
mod bundle_report;
mod by_name;
mod case;
mod cases;
mod compiled;
mod conditions;
mod cross_check;
mod decide;
mod deciding;
mod entities;
mod explain;
mod fit;
mod format;
mod grants;
mod index;
mod lint;
mod names;
mod nesting;
mod overlay;
mod policies;
mod question;
mod reference;
mod schema;
mod schema_table;
mod sensitivity;
mod snapshot;
mod spot;
mod standing;
mod validation;

pub use answer::{Answer, KeptAnswer};
pub use ask::Prepared;
pub(crate) use ask::Quick;
pub use bundle_report::BundleReport;
pub use case::{Case, CaseEntities, CaseRequest, CaseUid};
#[cfg(test)]
pub(crate) use cases::ReportShape;
pub use cases::{CaseReport, CaseResult, Difference};
pub use compiled::Scratch;
pub use conditions::ClauseKind;
pub use cross_check::{CrossCheck, Evaluator, Mismatch};
pub use deciding::{Deciding, Operand};
pub use explain::{Candidate, Clause, ExplainedError, Explanation, NearMiss, Status};
pub use format::format;
pub use lint::lint;
pub use policies::PolicyInfo;
pub use schema::SCHEMA;
pub use schema_table::{ActionGroup, ActionShape, AttributeShape, EntityShape, SchemaTable};
pub use snapshot::Snapshot;

use crate::model::Limits;

/// What is done with a policy that cannot be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorMode {
    /// An erroring forbid denies; so do obligations that conflict. An erroring permit is skipped.
    #[default]
    Deny,
    /// Exactly Cedar: every erroring policy is skipped, even when a forbid then fails open.
    CedarSkip,
}

/// What is held against the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validation {
    /// Policies when they are loaded and requests as they are built.
    #[default]
    All,
    /// Policies only.
    Policies,
    /// Requests only.
    Requests,
    /// Nothing.
    None,
}

/// How a snapshot is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Bounds on what is loaded, and later on requests.
    pub limits: Limits,
    /// What is held against the schema. A bundle's policies always are.
    pub validation: Validation,
    /// What is done with a policy that cannot be evaluated.
    pub error_mode: ErrorMode,
    /// Which evaluator decides.
    pub evaluator: Evaluator,
    /// How many decisions are compared with the official authorizer's.
    pub cross_check: CrossCheck,
}

impl Validation {
    fn of_policies(self) -> bool {
        matches!(self, Self::All | Self::Policies)
    }

    fn of_requests(self) -> bool {
        matches!(self, Self::All | Self::Requests)
    }
}
