//! How a decision point is opened.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use notegate::Pdp;
use notegate::bundle::Trust;
use notegate::engine::{CrossCheck, ErrorMode, Evaluator, Options};
use notegate::model::{Limits, LoadError};
use notegate::pdp::SystemClock;
use notegate::store::{OnExpiry, Part, Rules};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::bundle::{Given, trust};
use crate::event::Telling;
use crate::records::Records;

/// What a decision point is opened with, read.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    bundle: Given,
    grants: Option<Given>,
    keys: Vec<PathBuf>,
    state: Option<PathBuf>,
    watch: bool,
    on_expiry: OnExpiry,
    require_tests: bool,
    options: Options,
}

/// The settings of `Pdp.open` that have a name alone.
#[derive(Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) on_expiry: &'a str,
    pub(crate) evaluator: &'a str,
    pub(crate) errors: &'a str,
    pub(crate) cross_check: u32,
    pub(crate) require_tests: bool,
    pub(crate) watch: bool,
}

impl Opening {
    pub(crate) fn read(
        bundle: &Bound<'_, PyAny>,
        grants: Option<&Bound<'_, PyAny>>,
        keys: Vec<PathBuf>,
        state: Option<PathBuf>,
        settings: &Settings<'_>,
    ) -> PyResult<Self> {
        let on_expiry = match settings.on_expiry {
            "keep" => OnExpiry::Keep,
            "deny" => OnExpiry::Deny,
            other => return Err(unknown("on_expiry", other, "`keep` or `deny`")),
        };
        let evaluator = match settings.evaluator {
            "compiled" => Evaluator::Compiled,
            "reference" => Evaluator::Reference,
            other => return Err(unknown("evaluator", other, "`compiled` or `reference`")),
        };
        let error_mode = match settings.errors {
            "deny" => ErrorMode::Deny,
            "cedar" => ErrorMode::CedarSkip,
            other => return Err(unknown("errors", other, "`deny` or `cedar`")),
        };
        let cross_check = match NonZeroU32::new(settings.cross_check) {
            None => CrossCheck::Off,
            Some(NonZeroU32::MIN) => CrossCheck::Always,
            Some(every) => CrossCheck::OneIn(every),
        };
        Ok(Self {
            bundle: Given::read("bundle", bundle)?,
            grants: grants.map(|grants| Given::read("grants", grants)).transpose()?,
            keys,
            state,
            watch: settings.watch,
            on_expiry,
            require_tests: settings.require_tests,
            options: Options { error_mode, evaluator, cross_check, ..Options::default() },
        })
    }

    /// Whether a thread follows a source.
    pub(crate) fn follows(&self) -> bool {
        self.watch && self.bundle.source().is_some()
    }

    /// Opens it. Takes its time: not with the interpreter held.
    pub(crate) fn open(
        &self,
        seed: u64,
        telling: &Telling,
        records: Option<&Arc<Records>>,
    ) -> Result<Pdp, LoadError> {
        let trust = self.trust()?;
        let rules = Rules {
            trust: trust.clone(),
            on_expiry: self.on_expiry,
            require_tests: self.require_tests,
            ..Rules::default()
        };
        let mut builder = Pdp::builder(SystemClock::default(), seed)
            .options(self.options)
            .rules(rules)
            .observer(telling.clone());
        if let Some(state) = &self.state {
            builder = builder.state_folder(state);
        }
        if let Some(records) = records {
            builder = builder.sink(Arc::clone(records));
        }
        let source = self.bundle.source().filter(|_| self.watch);
        let grants = self.grants.as_ref().map(|grants| (grants, grants.source()));
        match (source, grants) {
            (Some(bundle), None) => builder.follow(bundle),
            (Some(bundle), Some((_, Some(grants)))) => builder.follow_with_grants(bundle, grants),
            (source, grants) => {
                let pdp = match source {
                    Some(bundle) => builder.follow(bundle)?,
                    None => builder.open(&self.bundle.bundle(&trust, &self.limits())?)?,
                };
                if let Some((grants, _)) = grants {
                    pdp.deliver(Part::Grants, &grants.bytes(&self.limits())?)?;
                }
                Ok(pdp)
            }
        }
    }

    pub(crate) fn trust(&self) -> Result<Trust, LoadError> {
        trust(&self.keys)
    }

    pub(crate) fn limits(&self) -> Limits {
        self.options.limits
    }
}

fn unknown(name: &str, found: &str, known: &str) -> PyErr {
    let found: String = found.chars().take(100).collect();
    PyValueError::new_err(format!("{name}: `{}` is not {known}", found.escape_debug()))
}
