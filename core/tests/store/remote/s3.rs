//! A real server of the S3 protocol: moto, which AWS's own client libraries are tested against.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use notegate::store::RemoteSource;
use object_store::aws::AmazonS3Builder;
use object_store::{ObjectStoreExt as _, PutPayload};

use super::follow;
use crate::support::{OPEN, SHUT, decides, made, signed_rules};

/// A server with a bucket, which ends with the test.
struct Moto {
    child: Child,
    endpoint: String,
}

impl Moto {
    fn start() -> Self {
        let program = moto_server();
        let child = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let missing = format!("{} is missing: `make test` installs it", program.display());
        let mut child = child.expect(&missing);
        // It says where it listens once it does.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines
            .find_map(|line| Some(line.unwrap().split_once("Running on ")?.1.trim().to_owned()));
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, endpoint: said.expect("moto says where it listens") }
    }

    fn put(&self, bytes: Vec<u8>) {
        let store = AmazonS3Builder::new()
            .with_bucket_name("policies")
            .with_endpoint(&self.endpoint)
            .with_allow_http(true)
            .with_region("eu-central-1")
            .with_access_key_id("a")
            .with_secret_access_key("b")
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            store.put(&"team/hub.bundle".into(), PutPayload::from(bytes)).await.unwrap();
        });
    }

    /// Makes the bucket, as whoever sets up a store does.
    fn with_bucket(self) -> Self {
        use std::io::{Read as _, Write as _};
        let host = self.endpoint.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        let location = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>";
        write!(
            stream,
            "PUT /policies HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a/20261125/eu-central-1/s3/aws4_request\r\n\r\n{location}",
            location.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        self
    }

    fn source(&self) -> RemoteSource {
        RemoteSource::new("s3://policies/team/hub.bundle")
            .option("aws_endpoint", &self.endpoint)
            .option("aws_allow_http", "true")
            .option("aws_region", "eu-central-1")
            .option("aws_access_key_id", "a")
            .option("aws_secret_access_key", "b")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn moto_server() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join("target/tools/moto/bin/moto_server")
}

#[test]
fn a_bundle_in_an_object_store_is_followed() {
    let moto = Moto::start().with_bucket();
    moto.put(made(1, OPEN).bytes());
    let (pdp, events) = follow(moto.source(), signed_rules());
    assert_eq!(decides(&pdp), "open");
    assert_eq!(pdp.status().bundle.source.as_deref(), Some("s3://policies/team/hub.bundle"));
    let checked = || pdp.status().bundle.last_checked;
    pdp.look();
    crate::support::until("it is unchanged", || checked().is_some());
    moto.put(made(2, SHUT).bytes());
    pdp.look();
    events.wait("activated");
    assert_eq!((decides(&pdp).as_str(), pdp.status().sequence), ("shut", 2));
    // Whoever may write to the bucket cannot bring back what was replaced.
    moto.put(made(1, OPEN).bytes());
    pdp.look();
    events.wait("refused");
    assert_eq!(decides(&pdp), "shut");
}

#[test]
fn secrets_are_in_no_text_about_a_source() {
    let source = RemoteSource::new("s3://policies/hub.bundle")
        .option("aws_secret_access_key", "hunter2")
        .mirror("https://ada:hunter2@mirror/hub.bundle?sig=hunter2");
    assert!(!format!("{source:?}").contains("hunter2"), "{source:?}");
}
