//! `notegate authorize --watch`: the bundle is followed while requests come in.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
#[cfg(feature = "remote")]
use std::{env, fs};

use clap::{Args, ValueEnum};
use notegate::Pdp;
use notegate::bundle::Trust;
use notegate::engine::Options;
use notegate::pdp::PdpBuilder;
#[cfg(feature = "remote")]
use notegate::store::RemoteSource;
use notegate::store::{Event, OnExpiry, PathSource, Rules, Source};

use crate::failure::Failure;
use crate::text::escape_lines;

/// How a bundle is followed.
#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// Follow the bundle while requests come in: each is decided by what is in force then. BUNDLE and
    /// --grants may also be https://, s3://bucket/key, gs:// or az:// addresses
    #[arg(long, requires = "requests", conflicts_with = "policies", help_heading = "Watching")]
    watch: bool,

    /// Keep the highest sequence and the last good bundle in this folder, for the next start
    #[arg(long, value_name = "DIR", requires = "watch", help_heading = "Watching")]
    state: Option<PathBuf>,

    /// Follow grants of their own, in the place of the bundle's
    #[arg(long, value_name = "FILE|URL", requires = "watch", help_heading = "Watching")]
    grants: Option<PathBuf>,

    /// What decides once the bundle has expired and no other came
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "keep",
        requires = "watch",
        help_heading = "Watching"
    )]
    on_expiry: Expiry,

    /// Refuse a bundle whose own test cases do not pass
    #[arg(long, requires = "watch", help_heading = "Watching")]
    require_tests: bool,

    /// Look for changes so often, in seconds: 5 for files, which are also watched, 30 for addresses
    #[arg(
        long,
        value_name = "SECONDS",
        requires = "watch",
        value_parser = clap::value_parser!(u64).range(1..=86_400),
        help_heading = "Watching"
    )]
    poll: Option<u64>,

    /// Trust these TLS roots, in PEM, in the place of the system's
    #[arg(long, value_name = "FILE", requires = "watch", help_heading = "Watching")]
    tls_roots: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Expiry {
    /// The expired bundle, and every answer says "expired"
    Keep,
    /// Nothing: every request is denied
    Deny,
}

impl WatchArgs {
    pub(super) fn is_given(&self) -> bool {
        self.watch
    }

    /// The decision point, which follows what is at `bundle` for as long as it is held.
    pub(super) fn open(
        &self,
        builder: PdpBuilder,
        bundle: &Path,
        trust: Trust,
        options: Options,
        as_json: bool,
    ) -> Result<Pdp, Failure> {
        let on_expiry = match self.on_expiry {
            Expiry::Keep => OnExpiry::Keep,
            Expiry::Deny => OnExpiry::Deny,
        };
        let require_tests = self.require_tests;
        let rules = Rules { trust, on_expiry, require_tests, ..Rules::default() };
        let mut builder = builder.options(options).rules(rules);
        builder = builder.observer(move |event: &Event| say(event, as_json));
        if let Some(state) = &self.state {
            builder = builder.state_folder(state);
        }
        let bundle = self.source(bundle)?;
        Ok(match &self.grants {
            Some(grants) => builder.follow_with_grants(bundle, self.source(grants)?)?,
            None => builder.follow(bundle)?,
        })
    }

    fn source(&self, given: &Path) -> Result<Source, Failure> {
        if let Some(url) = given.to_str().filter(|text| text.contains("://")) {
            return self.remote(url);
        }
        let source = PathSource::new(given);
        Ok(match self.poll() {
            Some(poll) => source.poll(poll).into(),
            None => source.into(),
        })
    }

    #[cfg(feature = "remote")]
    fn remote(&self, url: &str) -> Result<Source, Failure> {
        let mut source = RemoteSource::new(url).environment(environment());
        if let Some(poll) = self.poll() {
            source = source.poll(poll).slowest(poll.saturating_mul(4));
        }
        if let Some(path) = &self.tls_roots {
            let roots = fs::read(path).map_err(|error| Failure::unreadable(path, &error))?;
            source = source.roots(roots);
        }
        Ok(source.into())
    }

    #[cfg(not(feature = "remote"))]
    fn remote(&self, _: &str) -> Result<Source, Failure> {
        Err(Failure::new("source.address", "this build follows folders and files alone")
            .help("give a path, or build with the feature `remote`"))
    }

    fn poll(&self) -> Option<Duration> {
        self.poll.map(Duration::from_secs)
    }
}

/// Those of the process's variables that are text.
#[cfg(feature = "remote")]
fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    env::vars_os().filter_map(text)
}

/// One line on standard error for each event.
fn say(event: &Event, as_json: bool) {
    let line = if as_json {
        event.to_json().to_string()
    } else {
        format!("notegate: {}", escape_lines(&event.to_string()))
    };
    // Nobody is left to tell when standard error is gone.
    _ = writeln!(io::stderr(), "{line}");
}
