//! HTTP(S) and object stores.

use std::fmt;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{StreamExt as _, pin_mut};
use object_store::{GetOptions, GetResult};
use tokio::runtime::Runtime;

use super::address::Address;
use super::bell::Bell;
use super::place::Place;
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem, with_sources};
use crate::store::arrival::Arrival;
use crate::store::reading::Reading;

/// A file on an HTTP(S) server or in an object store, with mirrors of it.
///
/// Addresses are `https://`, `http://`, `s3://bucket/key`, `gs://bucket/key` and
/// `az://container/key`. They are asked in order until one has something good, each time for what
/// changed alone: an unchanged file costs an answer without a body. Now and then the file is read all
/// the same, so that a server that wrongly says "unchanged" is found out.
///
/// Plain `http://` is for signed bundles: nothing else tells who is answering.
///
/// ```no_run
/// use notegate::Pdp;
/// use notegate::bundle::{PublicKey, Trust};
/// use notegate::pdp::SystemClock;
/// use notegate::store::{RemoteSource, Rules};
///
/// let source = RemoteSource::new("https://cdn.example.org/hub.bundle")
///     .mirror("s3://policies/hub.bundle")
///     .option("aws_region", "eu-central-1");
/// let key = PublicKey::from_pem(&std::fs::read_to_string("hub.pub.pem")?)?;
/// let pdp = Pdp::builder(SystemClock::default(), 1)
///     .rules(Rules { trust: Trust::keys([key]), ..Rules::default() })
///     .state_folder("/var/lib/notegate")
///     .follow(source)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RemoteSource {
    addresses: Vec<Address>,
    pub(super) poll: Duration,
    pub(super) slowest: Duration,
    timeout: Duration,
    roots: Option<Vec<u8>>,
    believed: u32,
}

/// A day of them at the usual pace.
const BELIEVED: u32 = 2_880;

/// What a web server calls a state of a file goes by the second, and clocks differ.
const WEAK_MILLIS: u64 = 10_000;

impl RemoteSource {
    /// The file at this address.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            addresses: vec![Address::new(url.into())],
            poll: Duration::from_secs(30),
            slowest: Duration::from_secs(120),
            timeout: Duration::from_secs(30),
            roots: None,
            believed: BELIEVED,
        }
    }

    /// Another address of the same file, asked when those before have nothing good.
    #[must_use]
    pub fn mirror(mut self, url: impl Into<String>) -> Self {
        self.addresses.push(Address::new(url.into()));
        self
    }

    /// An option of the address that was given last, by its name in the `object_store` crate, such
    /// as `aws_region`, `aws_endpoint`, `google_service_account` or `azure_storage_account_key`.
    /// Without keys among them the machine's or pod's own identity is used, where there is one.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Some(address) = self.addresses.last_mut() {
            address.options.push((name.into(), value.into()));
        }
        self
    }

    /// Those of a process's variables that are options of the address that was given last:
    /// `AWS_…`, `GOOGLE_…` or `AZURE_…`, by its kind. What is none is passed over.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        if let Some(address) = self.addresses.last_mut() {
            address.environment(variables);
        }
        self
    }

    /// Asks so often, give or take a fifth: 30 seconds.
    #[must_use]
    pub fn poll(self, poll: Duration) -> Self {
        Self { poll, ..self }
    }

    /// Asks at least so often, on average, while nothing good comes: two minutes.
    #[must_use]
    pub fn slowest(self, slowest: Duration) -> Self {
        Self { slowest, ..self }
    }

    /// Gives an address up after so long, its whole answer included: 30 seconds.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Believes so many answers of "unchanged" in a row, and then reads the whole file again: 2 880, a
    /// day of them. A server that wrongly says "unchanged" is found out after so many.
    #[must_use]
    pub fn believed(self, answers: u32) -> Self {
        Self { believed: answers, ..self }
    }

    /// Trusts TLS certificates of these roots, in PEM, in the place of the system's.
    #[must_use]
    pub fn roots(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { roots: Some(pem.into()), ..self }
    }

    pub(super) fn name(&self) -> String {
        self.addresses.first().map(ToString::to_string).unwrap_or_default()
    }

    pub(super) fn places(self, signed: bool) -> Result<Vec<RemotePlace>, LoadError> {
        let place = |address: &Address| {
            let (store, path) = address.open(signed, self.timeout, self.roots.as_deref())?;
            Ok(RemotePlace {
                name: address.to_string(),
                store,
                path,
                timeout: self.timeout,
                weak: address.tags_are_weak(),
                most_believed: self.believed,
                runtime: None,
                tag: None,
                kept: None,
                believed: 0,
            })
        };
        self.addresses.iter().map(place).collect()
    }
}

/// Asks one address.
pub(super) struct RemotePlace {
    name: String,
    store: Box<dyn object_store::ObjectStore>,
    path: object_store::path::Path,
    timeout: Duration,
    weak: bool,
    most_believed: u32,
    runtime: Option<Runtime>,
    /// Of what was fetched last.
    tag: Option<Tag>,
    /// Of what need not be fetched again.
    kept: Option<Tag>,
    /// How often in a row the server was believed that nothing changed.
    believed: u32,
}

/// What the server calls one state of the file.
#[derive(Debug, Clone)]
struct Tag {
    etag: Option<String>,
    modified: chrono::DateTime<chrono::Utc>,
}

impl Place for RemotePlace {
    fn name(&self) -> &str {
        &self.name
    }

    fn fetch(&mut self, reading: &Reading<'_>, bell: &Bell) -> Result<Option<Arrival>, LoadError> {
        if self.believed >= self.most_believed {
            (self.kept, self.believed) = (None, 0);
        }
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(
                |error| unreachable("source.unreachable", error.to_string(), &self.name),
            )?,
        };
        let fetched = runtime.block_on(self.within_time(reading.limits, bell));
        self.runtime = Some(runtime);
        let Some((bytes, tag)) = fetched? else {
            self.believed = self.believed.saturating_add(1);
            return Ok(None);
        };
        // Written just now, it may be written again under the same tag: it is read once more.
        let age = reading.now.millis().abs_diff(tag.modified.timestamp_millis());
        (self.tag, self.believed) = (Some(tag).filter(|_| !self.weak || age > WEAK_MILLIS), 0);
        reading.bytes(&bytes).map(Some)
    }

    fn keep(&mut self) {
        self.kept = self.tag.take();
    }
}

impl RemotePlace {
    async fn within_time(
        &self,
        limits: &Limits,
        bell: &Bell,
    ) -> Result<Option<(Vec<u8>, Tag)>, LoadError> {
        let fetch = tokio::time::timeout(self.timeout, self.ask(limits));
        let ended = bell.ended();
        pin_mut!(fetch, ended);
        match select(fetch, ended).await {
            Either::Left((Ok(fetched), _)) => fetched,
            Either::Left((Err(_), _)) => {
                let message = format!("no whole answer within {} ms", self.timeout.as_millis());
                Err(unreachable("source.timeout", message, &self.name))
            }
            Either::Right(_) => {
                Err(unreachable("source.ended", "nobody waits for it".to_owned(), &self.name))
            }
        }
    }

    async fn ask(&self, limits: &Limits) -> Result<Option<(Vec<u8>, Tag)>, LoadError> {
        let failed = |error: &object_store::Error| {
            unreachable("source.unreachable", chain(error), &self.name)
        };
        let etag = self.kept.as_ref().and_then(|kept| kept.etag.clone());
        let modified = self.kept.as_ref().map(|kept| kept.modified);
        let options = GetOptions {
            // A server that has both goes by the tag.
            if_modified_since: modified.filter(|at| etag.is_none() && at.timestamp() > 0),
            if_none_match: etag,
            ..GetOptions::default()
        };
        let answer = match self.store.get_opts(&self.path, options).await {
            Err(object_store::Error::NotModified { .. }) => return Ok(None),
            Err(error) => return Err(failed(&error)),
            Ok(answer) => answer,
        };
        let GetResult { meta, .. } = &answer;
        let (claimed, tag) =
            (meta.size, Tag { etag: meta.e_tag.clone(), modified: meta.last_modified });
        let within = |size: usize| Exceeded::check("bundle_bytes", limits.bundle_bytes, size);
        within(usize::try_from(claimed).unwrap_or(usize::MAX))?;
        let (mut body, mut bytes) = (answer.into_stream(), Vec::new());
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| failed(&error))?;
            within(bytes.len().saturating_add(piece.len()))?;
            bytes.extend_from_slice(&piece);
        }
        Ok(Some((bytes, tag)))
    }
}

impl Drop for RemotePlace {
    fn drop(&mut self) {
        // Whoever drops it may be within a runtime of their own, in which waiting is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for RemotePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemotePlace").field("name", &self.name).finish_non_exhaustive()
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    with_sources(error.to_string(), error.source())
}

fn unreachable(code: &'static str, message: String, name: &str) -> LoadError {
    let problem = Problem::error(code, message).file(&name.into(), &"".into());
    LoadError::new(LoadErrorKind::Unreadable, problem)
}
