//! What JavaScript holds and calls. Texts that go back and forth are JSON of the library's shapes.

use notegate::Snapshot;
use notegate::adapters::json::{RequestJson, ResponseJson};
use notegate::engine::{BundleReport, Options, Scratch};
use notegate::model::Response;
use notegate::pdp::HostClock;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::bundle::{self, Settings};
use crate::error::{Refused, written};
use crate::question;

/// A decision point, with its time and its memory.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Door {
    pdp: notegate::Pdp,
    clock: HostClock,
    settings: Settings,
    scratch: Scratch,
    /// Whether a type without a namespace is one of the shipped model.
    is_notebook: bool,
}

#[wasm_bindgen]
impl Door {
    /// Opens a bundle.
    ///
    /// # Errors
    /// When it is refused.
    #[wasm_bindgen(constructor)]
    pub fn open(
        bundle: &[u8],
        by_files: bool,
        settings: &str,
        seed: u64,
        high: u32,
        low: u32,
    ) -> Result<Door, String> {
        Self::try_open(bundle, by_files, settings, seed, high, low).map_err(|error| error.text())
    }

    /// Decides a plain question; nothing when it has to be asked by [`Door::authorize`].
    pub fn ask(&mut self, parts: &str, count: usize, high: u32, low: u32) -> Option<String> {
        self.clock.tell(millis(high, low));
        if !self.is_notebook {
            return None;
        }
        let decided = question::ask(&self.pdp, parts, count, &mut self.scratch)?;
        answer(&decided.to_response()).ok()
    }

    /// Decides a request.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn authorize(&self, request: &str, high: u32, low: u32) -> Result<String, String> {
        self.clock.tell(millis(high, low));
        self.try_authorize(request).map_err(|error| error.text())
    }

    /// Explains how a request is decided.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn explain(&self, request: &str, high: u32, low: u32) -> Result<String, String> {
        self.clock.tell(millis(high, low));
        self.try_explain(request).map_err(|error| error.text())
    }

    /// Puts a bundle in force, and gives its revision.
    ///
    /// # Errors
    /// When it is refused: the last good one stays in force.
    pub fn activate(
        &mut self,
        bundle: &[u8],
        by_files: bool,
        high: u32,
        low: u32,
    ) -> Result<String, String> {
        self.clock.tell(millis(high, low));
        self.try_activate(bundle, by_files).map_err(|error| error.text())
    }

    /// How what is in force stands.
    #[must_use]
    pub fn status(&self, high: u32, low: u32) -> String {
        self.clock.tell(millis(high, low));
        self.pdp.status().to_json().to_string()
    }
}

impl Door {
    pub(crate) fn pdp(&self) -> &notegate::Pdp {
        &self.pdp
    }

    pub(crate) fn tell(&self, high: u32, low: u32) {
        self.clock.tell(millis(high, low));
    }

    fn try_open(
        bundle: &[u8],
        by_files: bool,
        settings: &str,
        seed: u64,
        high: u32,
        low: u32,
    ) -> Result<Self, Refused> {
        let clock = HostClock::default();
        clock.tell(millis(high, low));
        let settings = Settings::read(settings)?;
        let rules = settings.rules()?;
        let bundle = bundle::read(bundle, by_files, &rules.trust)?;
        let pdp = notegate::Pdp::builder(clock.clone(), seed).rules(rules).open(&bundle)?;
        let is_notebook = is_notebook(&pdp);
        Ok(Self { pdp, clock, settings, scratch: Scratch::default(), is_notebook })
    }

    fn try_authorize(&self, request: &str) -> Result<String, Refused> {
        let request = RequestJson::read(request, &self.pdp.shape())?;
        answer(&self.pdp.authorize(&request))
    }

    fn try_explain(&self, request: &str) -> Result<String, Refused> {
        let request = RequestJson::read(request, &self.pdp.shape())?;
        written(&self.pdp.snapshot().explain(&request))
    }

    fn try_activate(&mut self, bundle: &[u8], by_files: bool) -> Result<String, Refused> {
        let bundle = bundle::read(bundle, by_files, &self.settings.trust()?)?;
        let revision = self.pdp.activate(&bundle)?;
        self.is_notebook = is_notebook(&self.pdp);
        Ok(revision.to_string())
    }
}

/// Validates a bundle; one that is refused is reported on, too.
///
/// # Errors
/// When the settings are wrong.
#[wasm_bindgen]
pub fn validate(bundle: &[u8], by_files: bool, settings: &str) -> Result<String, String> {
    try_validate(bundle, by_files, settings).map_err(|error| error.text())
}

/// Runs the test cases of a bundle.
///
/// # Errors
/// When it is refused, or there is no case to run.
#[wasm_bindgen]
pub fn test(bundle: &[u8], by_files: bool, settings: &str) -> Result<String, String> {
    try_test(bundle, by_files, settings).map_err(|error| error.text())
}

fn try_validate(bundle: &[u8], by_files: bool, settings: &str) -> Result<String, Refused> {
    let trust = Settings::read(settings)?.trust()?;
    let report = match bundle::read(bundle, by_files, &trust) {
        Ok(bundle) => BundleReport::of(&bundle, Options::default())
            .unwrap_or_else(|error| BundleReport::refused(&error)),
        Err(refused) => refused.into_report()?,
    };
    written(&report)
}

fn try_test(bundle: &[u8], by_files: bool, settings: &str) -> Result<String, Refused> {
    let settings = Settings::read(settings)?;
    let bundle = bundle::read(bundle, by_files, &settings.trust()?)?;
    let snapshot = Snapshot::build(&bundle, Options::default())?;
    let report = snapshot.run_cases(&bundle, settings.filter.as_deref())?;
    // A run of nothing must not pass for a run in which all passed.
    match report.results.is_empty() {
        true => Err(Refused::load("tests.none", "there is no test case to run")
            .help("put cases in tests/*.json, or change the filter")),
        false => written(&report),
    }
}

fn is_notebook(pdp: &notegate::Pdp) -> bool {
    pdp.shape().namespace == Some("Notebook")
}

/// Milliseconds since 1970 from two halves: a number of JavaScript holds both exactly, and halves cross over without an
/// allocation.
fn millis(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// The decision in one character, and the response behind it, which is read when somebody asks for it.
fn answer(response: &Response) -> Result<String, Refused> {
    let sign = if response.allowed() { '+' } else { '-' };
    written(&ResponseJson::of(response)).map(|json| format!("{sign}{json}"))
}
