//! A real server of files: nginx, with tags and TLS.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use notegate::store::{RemoteSource, Rules};
use tempfile::TempDir;

use super::{NEVER, follow};
use crate::support::{
    NOW, OPEN, SHUT, at, builder, clock, decides, made, replace, signed_rules, until,
};

/// An nginx with a folder of files, which ends with the test.
struct Nginx {
    folder: TempDir,
    port: u16,
}

impl Nginx {
    fn start(tls: bool) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("files")).unwrap();
        if tls {
            certificates(folder.path());
        }
        // Between finding a free port and taking it somebody else may have taken it.
        for _ in 0..20 {
            let port = free_port();
            fs::write(folder.path().join("nginx.conf"), config(folder.path(), port, tls)).unwrap();
            if nginx(folder.path(), &[]) {
                return Self { folder, port };
            }
        }
        panic!("nginx does not start: see {}", folder.keep().join("error.log").display());
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("files/hub.bundle")
    }

    /// The file, as it was written at this second by the clock of these tests.
    fn put(&self, bytes: &[u8], seconds_ago: u64) {
        replace(&self.file(), bytes);
        let now =
            SystemTime::UNIX_EPOCH + Duration::from_millis(at(NOW).millis().try_into().unwrap());
        let file = fs::File::options().write(true).open(self.file()).unwrap();
        file.set_modified(now - Duration::from_secs(seconds_ago)).unwrap();
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}/hub.bundle", self.port)
    }

    /// How the requests were answered.
    fn answered(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("access.log")).unwrap();
        log.lines().map(str::to_owned).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        nginx(self.folder.path(), &["-s", "stop"]);
    }
}

/// It listens by the time that it goes into the background.
fn nginx(folder: &Path, args: &[&str]) -> bool {
    let conf = folder.join("nginx.conf");
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder).arg("-c").arg(conf).args(args).env("PATH", path());
    command.output().expect("nginx is missing: `make test` installs it").status.success()
}

/// Debian keeps servers where only root looks.
fn path() -> String {
    format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn config(folder: &Path, port: u16, tls: bool) -> String {
    let folder = folder.display();
    let (ssl, keys) = match tls {
        true => (
            " ssl",
            format!("ssl_certificate {folder}/leaf.pem; ssl_certificate_key {folder}/leaf.key;"),
        ),
        false => ("", String::new()),
    };
    let temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {folder}/{name};"))
        .join(" ");
    format!(
        "pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n\
         events {{ worker_connections 64; }}\n\
         http {{ log_format short '$status $body_bytes_sent'; access_log {folder}/access.log short;\n\
         {temp}\n\
         server {{ listen 127.0.0.1:{port}{ssl}; {keys} root {folder}/files; }} }}\n"
    )
}

/// An authority of its own, and a certificate of this machine's address.
fn certificates(folder: &Path) {
    let openssl = |args: &[&str]| {
        let mut command = Command::new("openssl");
        let output = command.args(args).current_dir(folder).output();
        let output = output.expect("openssl is missing: `make test` installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let ca = ["req", "-x509", "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key"];
    openssl(&[&ca[..], &["-out", "ca.pem"], &curve[..]].concat());
    let leaf = ["req", "-subj", "/CN=hub", "-keyout", "leaf.key", "-out", "leaf.csr"];
    openssl(&[&leaf[..], &curve[..]].concat());
    fs::write(folder.join("san"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    let sign = ["x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days"];
    let rest = ["1", "-CAcreateserial", "-extfile", "san", "-out", "leaf.pem"];
    openssl(&[&sign[..], &rest[..]].concat());
}

#[test]
fn a_bundle_is_followed_over_http_and_an_unchanged_one_is_not_sent_again() {
    let nginx = Nginx::start(false);
    let bytes = made(1, OPEN).bytes();
    nginx.put(&bytes, 3_600);
    let (pdp, events) = follow(RemoteSource::new(nginx.url("http")), signed_rules());
    let before = pdp.status().bundle.last_checked;
    pdp.look();
    until("it is answered", || nginx.answered().len() == 2);
    assert_eq!(nginx.answered(), [format!("200 {}", bytes.len()), "304 0".to_owned()]);
    assert!(pdp.status().bundle.last_checked >= before);

    let next = made(2, SHUT).bytes();
    nginx.put(&next, 1_800);
    pdp.look();
    events.wait("activated");
    assert_eq!((decides(&pdp).as_str(), pdp.status().sequence), ("shut", 2));
    until("it is logged", || nginx.answered().len() == 3);
    assert_eq!(nginx.answered().last(), Some(&format!("200 {}", next.len())));
}

/// A web server's tags are made of the second and the size: two bundles of one size that were published
/// in one second have one tag.
#[test]
fn a_bundle_that_replaces_another_within_the_second_is_not_missed() {
    let nginx = Nginx::start(false);
    let (first, second) = (made(1, OPEN).bytes(), made(2, SHUT).bytes());
    assert_eq!(first.len(), second.len());
    nginx.put(&first, 1);
    let (pdp, events) = follow(RemoteSource::new(nginx.url("http")), signed_rules());
    nginx.put(&second, 1);
    pdp.look();
    events.wait("activated");
    assert_eq!(decides(&pdp), "shut");
}

#[test]
fn a_server_that_is_stopped_and_started_again_is_followed_again() {
    let nginx = Nginx::start(false);
    nginx.put(&made(1, OPEN).bytes(), 3_600);
    let (pdp, events) = follow(RemoteSource::new(nginx.url("http")), signed_rules());
    assert!(self::nginx(nginx.folder.path(), &["-s", "stop"]));
    until("it is stopped", || !nginx.folder.path().join("pid").exists());
    pdp.look();
    events.wait("unreachable");
    assert_eq!(decides(&pdp), "open");
    nginx.put(&made(2, SHUT).bytes(), 1_800);
    assert!(self::nginx(nginx.folder.path(), &[]), "its port is taken");
    until("it recovers", || {
        pdp.look();
        pdp.status().bundle.consecutive_failures == 0
    });
    assert_eq!(decides(&pdp), "shut");
}

#[test]
fn over_tls_a_server_counts_when_its_root_is_trusted() {
    let nginx = Nginx::start(true);
    fs::write(nginx.file(), made(1, OPEN).bundle().to_bytes().unwrap()).unwrap();
    let source = || RemoteSource::new(nginx.url("https")).poll(NEVER);
    let start = |source: RemoteSource| builder(&clock(), Rules::default()).0.follow(source);

    let unknown = start(source()).err().unwrap();
    assert_eq!(unknown.problems()[0].code, "source.unreachable", "{unknown}");
    let root = fs::read(nginx.folder.path().join("ca.pem")).unwrap();
    // Unsigned, which TLS makes up for.
    assert_eq!(decides(&start(source().roots(root)).unwrap()), "open");

    certificates(nginx.folder.path());
    let other = fs::read(nginx.folder.path().join("ca.pem")).unwrap();
    assert!(start(source().roots(other)).is_err(), "another authority of the same name");
    assert!(start(source().roots("no certificate")).is_err());
}
