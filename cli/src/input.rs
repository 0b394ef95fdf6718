//! What policies a command works on: a bundle, or loose Cedar parts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use notegate::Bundle;
use notegate::bundle::{Delivery, Loose, Trust, read_file};
use notegate::engine::{ErrorMode, Evaluator, Options, Validation};
use notegate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem};

use crate::failure::Failure;
use crate::keys::TrustArgs;

/// A bundle, or loose Cedar parts.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// The folder of a bundle, or the file that one was packed to
    #[arg(value_name = "BUNDLE", required_unless_present = "policies")]
    bundle: Option<PathBuf>,

    #[command(flatten)]
    trust: TrustArgs,

    /// Policies that are no bundle: a file, or a folder whose *.cedar and *.json files are all read,
    /// in the order of their paths; may be given again
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "bundle", help_heading = "Loose parts")]
    policies: Vec<PathBuf>,

    /// Entities for --policies, as JSON
    #[arg(long, value_name = "FILE", requires = "policies", help_heading = "Loose parts")]
    entities: Option<PathBuf>,

    /// The schema for --policies, Cedar or JSON, of any namespace; without one nothing is validated
    #[arg(long, value_name = "FILE", requires = "policies", help_heading = "Loose parts")]
    schema: Option<PathBuf>,

    /// Template links for --policies: a JSON array of {"template_id", "link_id", "args"}
    #[arg(long, value_name = "FILE", requires = "policies", help_heading = "Loose parts")]
    template_linked: Option<PathBuf>,

    /// What is held against the schema; a bundle is always held to its own
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "all",
        requires = "policies",
        help_heading = "Loose parts"
    )]
    validate: Validate,

    #[command(flatten)]
    limits: LimitArgs,
}

/// Bounds on what is read.
#[derive(Debug, Args)]
pub(crate) struct LimitArgs {
    /// Another value for one of the limits, such as `json_nesting=64`; may be given again
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = limit)]
    limits: Vec<(String, usize)>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Validate {
    /// Policies and requests
    All,
    /// Policies only
    Policies,
    /// Requests only: policies that do not validate are decided all the same
    Requests,
    /// Nothing: the schema only says how entities and contexts are read
    None,
}

/// A bundle as it was read, with how its snapshot is built.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) bundle: Bundle,
    pub(crate) options: Options,
}

impl Input {
    /// The same with another evaluator.
    pub(crate) fn by(self, evaluator: Evaluator) -> Self {
        Self { options: Options { evaluator, ..self.options }, ..self }
    }
}

/// Reads a bundle, and trusts it as far as its signatures go.
pub(crate) fn open(path: &Path, trust: &TrustArgs, limits: &Limits) -> Result<Bundle, Failure> {
    Ok(Delivery::open(path, limits)?.bundle(&trust.read()?)?)
}

impl PolicyArgs {
    /// Reads the bundle or the loose parts.
    pub(crate) fn read(&self, error_mode: ErrorMode) -> Result<Input, Failure> {
        let limits = self.limits.read()?;
        let options = Options { limits, error_mode, ..Options::default() };
        if let Some(path) = &self.bundle {
            return Ok(Input { bundle: open(path, &self.trust, &limits)?, options });
        }
        if self.trust.is_given() {
            return Err(Failure::new("usage.key", "loose policies carry no signature to verify")
                .help("give a bundle, or leave the keys out"));
        }
        let bundle = Bundle::from_loose(self.loose(&limits)?, &limits)?;
        let validation = self.validate.validation();
        Ok(Input { bundle, options: Options { validation, ..options } })
    }

    /// Where a bundle is to be followed, and how snapshots of it are built.
    pub(crate) fn followed(
        &self,
        error_mode: ErrorMode,
    ) -> Result<(&Path, Trust, Options), Failure> {
        let bundle = self.bundle.as_deref().ok_or_else(|| {
            Failure::new("bundle.missing", "there is no bundle to follow").help("give a BUNDLE")
        })?;
        let options = Options { limits: self.limits.read()?, error_mode, ..Options::default() };
        Ok((bundle, self.trust.read()?, options))
    }

    fn loose(&self, limits: &Limits) -> Result<Loose, LoadError> {
        let read = |path: &PathBuf| {
            read_file(path, limits).map(|bytes| (path.to_string_lossy().into_owned(), bytes))
        };
        let others = [&self.entities, &self.schema, &self.template_linked];
        let others = others.into_iter().flatten().filter_map(|path| fs::canonicalize(path).ok());
        let mut reading = PolicyFiles { limits, others: others.collect(), found: Vec::new() };
        for path in &self.policies {
            if path.is_dir() { reading.folder(path)? } else { reading.found.push(path.clone()) }
        }
        let (mut policies, mut total) = (Vec::new(), 0_usize);
        for path in &reading.found {
            let (name, bytes) = read(path)?;
            total = total.saturating_add(bytes.len());
            Exceeded::check("bundle_bytes", limits.bundle_bytes, total)?;
            policies.push((name, bytes));
        }
        Ok(Loose {
            policies,
            links: self.template_linked.as_ref().map(read).transpose()?,
            schema: self.schema.as_ref().map(read).transpose()?,
            entities: self.entities.as_ref().map(read).transpose()?,
        })
    }
}

/// The policy files below folders.
struct PolicyFiles<'a> {
    limits: &'a Limits,
    /// Files that were named as something else, and may lie in the same folder.
    others: BTreeSet<PathBuf>,
    found: Vec<PathBuf>,
}

impl PolicyFiles<'_> {
    fn folder(&mut self, folder: &Path) -> Result<(), LoadError> {
        let before = self.found.len();
        self.below(folder, 0)?;
        let Some(found) = self.found.get_mut(before..).filter(|found| !found.is_empty()) else {
            let problem =
                Problem::error("policies.none", "there is no `*.cedar` or `*.json` file in it")
                    .help("give a file of policies, or the folder that they are in")
                    .file(&folder.to_string_lossy().into(), &"".into());
            return Err(LoadError::new(LoadErrorKind::Layout, problem));
        };
        found.sort_unstable();
        Ok(())
    }

    fn below(&mut self, folder: &Path, depth: usize) -> Result<(), LoadError> {
        // A link to a folder above would never end.
        Exceeded::check("folder depth", 16, depth)?;
        let failed = |error| unreadable(folder, &error);
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let hidden =
                path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            let extension = path.extension().and_then(|extension| extension.to_str());
            if hidden {
                continue;
            }
            if path.is_dir() {
                self.below(&path, depth.saturating_add(1))?;
            } else if matches!(extension, Some("cedar" | "json")) && !self.is_other(&path) {
                self.found.push(path);
                Exceeded::check("members", self.limits.members, self.found.len())?;
            }
        }
        Ok(())
    }

    fn is_other(&self, path: &Path) -> bool {
        fs::canonicalize(path).is_ok_and(|path| self.others.contains(&path))
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> LoadError {
    let problem = Problem::error("file.unreadable", error.to_string());
    let problem = problem.file(&path.to_string_lossy().into(), &"".into());
    LoadError::new(LoadErrorKind::Unreadable, problem)
}

impl LimitArgs {
    pub(crate) fn read(&self) -> Result<Limits, Failure> {
        let mut limits = Limits::default();
        for (name, value) in &self.limits {
            limits = limits.with(name, *value).ok_or_else(|| {
                let names: Vec<_> = limits.iter().map(|(name, _)| name).collect();
                Failure::new("limit.unknown", format!("there is no limit `{name}`"))
                    .help(format!("the limits are {}", names.join(", ")))
            })?;
        }
        Ok(limits)
    }
}

impl Validate {
    fn validation(self) -> Validation {
        match self {
            Self::All => Validation::All,
            Self::Policies => Validation::Policies,
            Self::Requests => Validation::Requests,
            Self::None => Validation::None,
        }
    }
}

fn limit(text: &str) -> Result<(String, usize), String> {
    let (name, value) = text.split_once('=').ok_or("it is not of the form NAME=VALUE")?;
    let value = value.parse().map_err(|_| format!("`{value}` is not a whole number"))?;
    Ok((name.to_owned(), value))
}
