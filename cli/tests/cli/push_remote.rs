//! Pushes to a real server of the S3 protocol: moto, which AWS's own client libraries are tested
//! against.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Folder, Run, notegate, program, ran};

/// A server with a bucket `policies`, which ends with the test.
struct Server {
    child: Child,
    host: String,
}

impl Server {
    fn start() -> Self {
        let program =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/moto/bin/moto_server");
        let mut child = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}; `make test` installs it", program.display())
            });
        // It says where it listens once it does, and goes on to say what it is asked.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let host =
            lines.find_map(|line| Some(line.split_once("Running on http://")?.1.trim().to_owned()));
        std::thread::spawn(move || lines.for_each(drop));
        let server = Self { child, host: host.expect("the server did not start") };
        assert!(server.ask("PUT", "/policies").starts_with(b"HTTP/1.1 200"));
        server
    }

    fn ask(&self, method: &str, path: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let (host, date) = (&self.host, "20261125/us-east-1/s3/aws4_request");
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=a/{date}\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    /// The bytes of an object.
    fn object(&self, path: &str) -> Vec<u8> {
        let answer = self.ask("GET", path);
        let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        answer[head + 4..].to_vec()
    }

    fn push(&self, folder: &Folder, bundle: &str, place: &str) -> Command {
        let mut command = program();
        command.args(["bundle", "push", &folder.path(bundle), place, "--format", "json"]);
        command.env("AWS_ENDPOINT", format!("http://{}", self.host));
        command.envs([
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "b"),
        ]);
        command
    }

    fn pushed(&self, folder: &Folder, bundle: &str, place: &str) -> Run {
        ran(self.push(folder, bundle, place).output().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Bundles `1.tar`, `2.tar` and so on, signed, in these sequences.
fn deliveries(count: u32) -> Folder {
    let folder = Folder::new(&[]);
    let (hub, key) = (folder.path("hub"), folder.path("key.pem"));
    assert_eq!(notegate(["init", &hub]).status, 0);
    assert_eq!(notegate(["bundle", "keygen", &key]).status, 0);
    for sequence in 1..=count {
        let (output, sequence) = (folder.path(&format!("{sequence}.tar")), sequence.to_string());
        let args = ["bundle", "pack", &hub, "-o", &output, "--name", "hub", "--key", &key];
        let run = notegate(args.iter().chain(&["--sequence", &sequence]));
        assert_eq!(run.status, 0, "{run}");
    }
    folder
}

#[test]
fn a_bundle_is_pushed_to_an_object_store_and_never_goes_back() {
    let (server, folder) = (Server::start(), deliveries(2));
    let object = "s3://policies/team/hub.tar";
    let run = server.pushed(&folder, "1.tar", object);
    assert_eq!((run.status, &run.json()["changed"]), (0, &Value::Bool(true)), "{run}");
    assert!(server.object("/policies/team/hub.tar") == fs::read(folder.path("1.tar")).unwrap());
    // The name of the object is that of the bundle when only its folder is given.
    let run = server.pushed(&folder, "1.tar", "s3://policies/team/");
    assert_eq!((run.status, &run.json()["changed"]), (0, &Value::Bool(false)), "{run}");
    let run = server.pushed(&folder, "2.tar", object);
    assert_eq!((run.status, &run.json()["replaced"]), (0, &Value::from(1)), "{run}");
    server.pushed(&folder, "1.tar", object).refused(1, &["sequence 2, and this is 1"]);
    assert!(server.object("/policies/team/hub.tar") == fs::read(folder.path("2.tar")).unwrap());
}

#[test]
fn pushes_at_once_to_one_object_do_not_undo_each_other() {
    let (server, folder) = (Server::start(), deliveries(4));
    let start = |sequence: u32| {
        let mut push = server.push(&folder, &format!("{sequence}.tar"), "s3://policies/hub.tar");
        push.spawn().unwrap()
    };
    let pushes: Vec<_> = (1..=4).map(start).collect();
    for push in pushes {
        let run = ran(push.wait_with_output().unwrap());
        assert!(run.status == 0 || run.err.contains("what is there has sequence"), "{run}");
    }
    assert!(server.object("/policies/hub.tar") == fs::read(folder.path("4.tar")).unwrap());
}

#[test]
fn a_store_that_cannot_be_had_is_said_and_secrets_are_not() {
    let folder = deliveries(1);
    let server = Server::start();
    let run = server.pushed(&folder, "1.tar", "s3://nowhere/hub.tar");
    run.refused(1, &["s3://nowhere/hub.tar"]);
    let secret = "https://store/hub.tar?sig=hunter2";
    let run = notegate(["bundle", "push", &folder.path("1.tar"), secret]);
    run.refused(1, &["may be a secret"]);
    assert!(!run.err.contains("hunter2"), "{run}");
}
