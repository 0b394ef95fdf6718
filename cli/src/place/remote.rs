//! An object in an object store, or behind plain HTTP.

use std::env;

use futures_util::StreamExt as _;
use object_store::path::Path;
use object_store::{
    Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion, parse_url_opts,
};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::too_large;
use crate::failure::Failure;

/// An object, which its store replaces whole.
pub(crate) struct RemotePlace {
    store: Box<dyn ObjectStore>,
    path: Path,
    shown: String,
    runtime: Runtime,
    held: Held,
}

/// What was there when it was looked at.
enum Held {
    Unknown,
    Nothing,
    Version(UpdateVersion),
}

impl RemotePlace {
    pub(super) fn at(target: &str, name: &str) -> Result<Self, Failure> {
        let wrong = |message: String| {
            Failure::new("push.address", message)
                .help("addresses start with s3://, gs://, az://, abfs://, http:// or https://")
        };
        let mut url = Url::parse(target).map_err(|error| wrong(format!("`{target}`: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            // It would end in logs and in the list of processes.
            let message = "the address holds a user, a password or a query, which may be a secret";
            return Err(Failure::new("push.address", message).help(CREDENTIALS));
        }
        if url.path().is_empty() || url.path().ends_with('/') {
            url = url.join(name).map_err(|error| wrong(format!("`{target}`: {error}")))?;
        }
        let shown = url.to_string();
        // The names that the stores' own tools read: AWS_ACCESS_KEY_ID, GOOGLE_SERVICE_ACCOUNT and so on.
        let options = env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?.to_ascii_lowercase(), value.into_string().ok()?))
        });
        let (store, path) =
            parse_url_opts(&url, options).map_err(|error| wrong(format!("`{shown}`: {error}")))?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| wrong(format!("`{shown}`: {error}")))?;
        Ok(Self { store, path, shown, runtime, held: Held::Unknown })
    }

    pub(super) fn shown(&self) -> String {
        self.shown.clone()
    }

    pub(super) fn held(&mut self, most: usize) -> Result<Option<Vec<u8>>, Failure> {
        let found = match self.runtime.block_on(self.store.get(&self.path)) {
            Err(Error::NotFound { .. }) => {
                self.held = Held::Nothing;
                return Ok(None);
            }
            found => found.map_err(|error| self.failed(&error))?,
        };
        let (e_tag, version) = (found.meta.e_tag.clone(), found.meta.version.clone());
        let content = self.runtime.block_on(async {
            let (mut content, mut pieces) = (Vec::new(), found.into_stream());
            while let Some(piece) = pieces.next().await {
                content.extend_from_slice(&piece.map_err(|error| self.failed(&error))?);
                if content.len() > most {
                    return Err(too_large(&self.shown, most));
                }
            }
            Ok(content)
        })?;
        self.held = match e_tag {
            None => Held::Unknown,
            e_tag => Held::Version(UpdateVersion { e_tag, version }),
        };
        Ok(Some(content))
    }

    /// Whether it was put; not when something else is there than what was held.
    pub(super) fn put(&self, content: Vec<u8>) -> Result<bool, Failure> {
        let put = |mode: PutMode| {
            let content = content.clone().into();
            let options = PutOptions::from(mode);
            self.runtime.block_on(self.store.put_opts(&self.path, content, options))
        };
        let conditional = match &self.held {
            Held::Unknown => put(PutMode::Overwrite),
            Held::Nothing => put(PutMode::Create),
            Held::Version(version) => put(PutMode::Update(version.clone())),
        };
        match conditional {
            // A store that knows no conditions is no worse than a file server.
            Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => {
                put(PutMode::Overwrite).map_err(|error| self.failed(&error))?;
            }
            Err(Error::Precondition { .. } | Error::AlreadyExists { .. }) => return Ok(false),
            done => _ = done.map_err(|error| self.failed(&error))?,
        }
        Ok(true)
    }

    fn failed(&self, error: &Error) -> Failure {
        let failure = Failure::new("push.failed", format!("`{}`: {error}", self.shown));
        match error {
            Error::Unauthenticated { .. } | Error::PermissionDenied { .. } => {
                failure.help(CREDENTIALS)
            }
            _ => failure,
        }
    }
}

const CREDENTIALS: &str = "give credentials in the environment, as for the store's own tools: \
                           AWS_ACCESS_KEY_ID, GOOGLE_SERVICE_ACCOUNT, AZURE_STORAGE_ACCOUNT_KEY and their kin";
