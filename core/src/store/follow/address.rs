//! An address of a remote file, and how to ask it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::path::Path;
use object_store::{Certificate, ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use crate::model::{LoadError, LoadErrorKind, Problem};

/// An address of a remote file, and the options that go with it.
#[derive(Clone)]
pub(super) struct Address {
    url: String,
    pub(super) options: Vec<(String, String)>,
}

/// With this option whoever answers could be anybody.
const INSECURE: &str = "invalid_certificates";

impl Address {
    pub(super) fn new(url: String) -> Self {
        Self { url, options: Vec::new() }
    }

    /// Whether what the server calls a state of the file may be the same for another one written in
    /// the same second: web servers make it of time and size, object stores of the contents.
    pub(super) fn tags_are_weak(&self) -> bool {
        self.url.starts_with("http")
    }

    /// Takes those variables that are options of this kind of address.
    pub(super) fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        let scheme = self.url.split_once("://").map_or("", |(scheme, _)| scheme);
        let known: fn(&str) -> bool = match scheme {
            "s3" | "s3a" => |name| name.parse::<AmazonS3ConfigKey>().is_ok(),
            "gs" => |name| name.parse::<GoogleConfigKey>().is_ok(),
            "az" | "adl" | "azure" | "abfs" | "abfss" => {
                |name| name.parse::<AzureConfigKey>().is_ok()
            }
            _ => return,
        };
        let ours = variables.into_iter().filter(|(name, _)| {
            let lower = name.to_ascii_lowercase();
            let prefixed = ["aws_", "google_", "azure_"].iter().any(|one| lower.starts_with(one));
            prefixed && !lower.contains(INSECURE) && known(&lower)
        });
        self.options.extend(ours);
    }

    /// The store that the address is in, and the path in it. Nothing is asked yet.
    pub(super) fn open(
        &self,
        signed: bool,
        timeout: Duration,
        roots: Option<&[u8]>,
    ) -> Result<(Box<dyn ObjectStore>, Path), LoadError> {
        let url = Url::parse(&self.url).map_err(|error| self.wrong(&error))?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            let help = "give keys as options, which are never shown";
            return Err(self.refused("it has a user, a password or a query in it", help));
        }
        if url.scheme() == "http" && !signed {
            let help = "use https, or give the keys that sign the bundle";
            return Err(self.refused("over plain HTTP anybody may answer", help));
        }
        let client = client(timeout, roots).map_err(|error| self.wrong(&error))?;
        let client = client.with_allow_http(url.scheme() == "http");
        let (scheme, path) = ObjectStoreScheme::parse(&url).map_err(|error| self.wrong(&error))?;
        let text = self.url.as_str();
        let store = match scheme {
            ObjectStoreScheme::AmazonS3 => {
                let builder = AmazonS3Builder::new().with_url(text).with_retry(once());
                let builder = builder.with_client_options(client);
                self.configured(builder, AmazonS3Builder::with_config)?.build().map(boxed)
            }
            ObjectStoreScheme::GoogleCloudStorage => {
                let builder = GoogleCloudStorageBuilder::new().with_url(text).with_retry(once());
                let builder = builder.with_client_options(client);
                self.configured(builder, GoogleCloudStorageBuilder::with_config)?.build().map(boxed)
            }
            ObjectStoreScheme::MicrosoftAzure => {
                let builder = MicrosoftAzureBuilder::new().with_url(text).with_retry(once());
                let builder = builder.with_client_options(client);
                self.configured(builder, MicrosoftAzureBuilder::with_config)?.build().map(boxed)
            }
            ObjectStoreScheme::Http => {
                let host = url.as_str().strip_suffix(url.path()).unwrap_or(text);
                let builder = HttpBuilder::new().with_url(host).with_retry(once());
                let builder = builder.with_client_options(client);
                self.configured(builder, HttpBuilder::with_config)?.build().map(boxed)
            }
            _ => {
                let help =
                    "use https://, http://, s3://, gs:// or az://, or a path of this machine";
                return Err(self.refused("its scheme is none that is known", help));
            }
        };
        Ok((store.map_err(|error| self.wrong(&error))?, path))
    }

    /// The builder with every option in it.
    fn configured<B, K: FromStr>(
        &self,
        builder: B,
        set: impl Fn(B, K, String) -> B,
    ) -> Result<B, LoadError> {
        self.options.iter().try_fold(builder, |builder, (name, value)| {
            let lower = name.to_ascii_lowercase();
            let known = lower.parse().ok().filter(|_| !lower.contains(INSECURE));
            let known = known.ok_or_else(|| {
                let message = format!("option `{}` is not one of its kind", name.escape_debug());
                self.refused(&message, "see the configuration keys of the `object_store` crate")
            })?;
            Ok(set(builder, known, value.clone()))
        })
    }

    fn wrong(&self, error: &dyn fmt::Display) -> LoadError {
        self.refused(&error.to_string(), "give the address of a file, such as https://host/bundle")
    }

    fn refused(&self, message: &str, help: &str) -> LoadError {
        let problem = Problem::error("source.address", message).help(help);
        let name = self.to_string().as_str().into();
        LoadError::new(LoadErrorKind::Source, problem.file(&name, &"".into()))
    }
}

fn client(timeout: Duration, roots: Option<&[u8]>) -> object_store::Result<ClientOptions> {
    // The whole answer has a time limit of ours.
    let client = ClientOptions::new().with_timeout_disabled().with_connect_timeout(timeout);
    let Some(roots) = roots else { return Ok(client) };
    let certificates = Certificate::from_pem_bundle(roots)?;
    let client = client.with_no_system_certificates(true);
    Ok(certificates.into_iter().fold(client, ClientOptions::with_root_certificate))
}

/// The pace of asking again is ours.
fn once() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

fn boxed(store: impl ObjectStore) -> Box<dyn ObjectStore> {
    Box::new(store)
}

impl fmt::Display for Address {
    /// The address without what may be secret in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.url.split(['?', '#']).next().unwrap_or_default();
        match text.split_once("://") {
            Some((scheme, rest)) => {
                let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                let host = host.rsplit('@').next().unwrap_or_default();
                write!(f, "{}", format!("{scheme}://{host}{path}").escape_debug())
            }
            None => write!(f, "{}", text.escape_debug()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.options.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Address").field("url", &self.to_string()).field("options", &names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(url: &str, options: &[(&str, &str)], signed: bool) -> Option<String> {
        let mut address = Address::new(url.to_owned());
        address.options = options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let opened = address.open(signed, Duration::from_secs(1), None);
        opened.err().map(|error| error.to_string())
    }

    #[test]
    fn an_address_of_each_kind_is_understood() {
        for url in [
            "https://host/a/b",
            "http://host:81/b",
            "s3://bucket/key",
            "gs://bucket/key",
            "az://container/key",
        ] {
            let options: &[(&str, &str)] = match url.split(':').next() {
                Some("az") => &[("azure_storage_account_name", "a")],
                _ => &[],
            };
            assert_eq!(code(url, options, true), None, "{url}");
        }
    }

    #[test]
    fn what_is_no_address_or_holds_secrets_or_is_open_to_anybody_is_refused() {
        assert!(code("nonsense", &[], true).is_some());
        assert!(code("ftp://host/a", &[], true).is_some());
        assert!(code("memory:///a", &[], true).unwrap().contains("scheme"));
        assert!(code("http://host/a", &[], false).unwrap().contains("anybody"));
        assert!(code("https://host/a", &[("colour", "red")], true).unwrap().contains("`colour`"));
        let invalid = [("allow_invalid_certificates", "true")];
        assert!(code("https://host/a", &invalid, true).unwrap().contains("not one of its kind"));
        let secret = code("https://ada:hunter2@host/a?sig=abc", &[], true).unwrap();
        assert!(!secret.contains("hunter2") && !secret.contains("abc"), "{secret}");
    }
}
