//! Every route of the servers and every spelling that opened a door elsewhere, from files.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use notegate::adapters::jupyter::{Message, NamedServers, Read, Reading, Site};
use notegate::model::notebook::{self, Builder as _};
use notegate::model::{Limits, RequestError};
use notegate::request::{Request, Shape};
use notegate::{Bundle, Pdp};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a file says of one request.
struct Line(Value);

impl Line {
    fn field(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    fn text(&self, name: &str) -> &str {
        self.field(name).as_str().unwrap()
    }

    fn read(&self) -> Result<Read, RequestError> {
        let websocket = self.field("websocket").as_bool().unwrap_or_default();
        let (method, target) = (self.text("method"), self.text("target"));
        site(self.text("site")).read(method, target, websocket, Some("ada"))
    }

    /// `refused`, `public`, or each action with the uid of its resource.
    fn asked(&self) -> Value {
        self.read().map_or_else(|_| json!("refused"), |read| asked(&read))
    }
}

fn asked(read: &Read) -> Value {
    if read.is_public() {
        return json!("public");
    }
    let readings = read.readings().iter();
    readings.map(|one| json!([one.action(), one.resource().to_string()])).collect()
}

fn site(name: &str) -> Site {
    match name {
        "hub" => Site::hub("/"),
        "below" => Site::hub("/jhub/"),
        "server" => Site::server("/", "ada", ""),
        "standalone" => Site::standalone("/", "ada"),
        _ => Site::gateway("/", "eg"),
    }
    .unwrap()
}

fn shape() -> Shape {
    static SHAPE: OnceLock<Shape> = OnceLock::new();
    let shape = SHAPE.get_or_init(|| {
        let members = [("policy.cedar".to_owned(), "permit (principal, action, resource);".into())];
        let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
        Pdp::new(&bundle).unwrap().shape()
    });
    shape.clone()
}

fn lines(file: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/urls").join(file);
    let lines: Vec<Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    lines.into_iter().map(Line).collect()
}

#[track_caller]
fn hold(file: &str) -> usize {
    let lines = lines(file);
    let differences: Vec<String> = lines
        .iter()
        .filter(|line| line.asked() != *line.field("asked"))
        .map(|line| format!("{} is asked as {}", line.0, line.asked()))
        .collect();
    assert!(differences.is_empty(), "{file}:\n{}", differences.join("\n"));
    lines.len()
}

#[test]
fn every_route_that_was_found_in_a_server_is_asked_as_what_it_does() {
    assert!(hold("routes.json") > 300);
}

#[test]
fn every_spelling_that_opened_a_door_elsewhere_is_refused_or_read_as_what_is_served() {
    assert!(hold("attacks.json") > 150);
}

/// Pieces of targets: what routes are made of, what names are made of, and what opened doors elsewhere.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "(user|hub|api|ada|bob|bobby|files|contents|checkpoints|proxy|absolute|8080|db:1|servers|shares|spawn|lab|gpu|kernels|sessions|nbconvert|tokens)",
        3 => Just("/".to_owned()),
        1 => "%[0-9A-Fa-f]{2}",
        1 => "%(25|20|27|3A|3a|40|E2%98%83)",
        1 => "(\\.\\.|\\.|%2e%2e|%252f|//|\\\\|;|#|\\?|&|=|%|\\*|@|~|:)",
        1 => "[a-zA-Z0-9_.-]{1,4}",
        1 => "\\PC",
        1 => any::<char>().prop_map(String::from),
    ]
}

fn target() -> impl Strategy<Value = String> {
    let begins = prop_oneof![
        Just("/user/ada/".to_owned()),
        Just("/hub/".to_owned()),
        Just("/".to_owned()),
        Just(String::new()),
    ];
    (begins, prop::collection::vec(piece(), 0..14))
        .prop_map(|(begins, rest)| begins + &rest.concat())
}

fn method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
}

/// Bytes of each segment, decoded by a reader that knows of nothing else.
fn decoded(path: &str) -> Vec<Vec<u8>> {
    let segment = |written: &str| {
        let mut bytes = written.bytes();
        std::iter::from_fn(|| {
            let byte = bytes.next()?;
            let mut digit = || char::from(bytes.next().unwrap()).to_digit(16).unwrap();
            Some(match byte {
                b'%' => u8::try_from(digit() * 16 + digit()).unwrap(),
                byte => byte,
            })
        })
        .collect()
    };
    path.split('/').map(segment).collect()
}

/// Whose things they are; of a kernel or session the path itself says nothing.
fn owners(readings: &[Reading]) -> Vec<&str> {
    let owned = ["Server", "File", "Notebook", "Terminal", "Port", "Room"];
    let uids = readings.iter().map(Reading::resource);
    uids.filter(|uid| owned.contains(&uid.type_name().basename()))
        .map(|uid| uid.id().unescaped().split('/').next().unwrap())
        .collect()
}

/// The routes of which the body says more.
fn with_bodies() -> Vec<Value> {
    let needs = |line: &Line| line.read().is_ok_and(|read| read.looked_at(|_| true).needs_body());
    lines("routes.json").into_iter().filter(needs).map(|line| line.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_passed_on_names_the_same_segments_and_is_read_as_the_same(
        target in target(), method in method(),
    ) {
        for site in [site("hub"), site("hub").named_servers(NamedServers::Anything), site("standalone")] {
            let Ok(read) = site.read(method, &target, false, Some("ada")) else { continue };
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            prop_assert_eq!(decoded(read.canonical()), decoded(path));
            let again = site.read(method, &format!("{}?{query}", read.canonical()), false, Some("ada"));
            let again = again.unwrap();
            prop_assert_eq!(again.canonical(), read.canonical());
            prop_assert_eq!(asked(&again), asked(&read));
        }
    }

    #[test]
    fn a_path_below_a_person_is_of_nobody_else(rest in target(), method in method()) {
        let target = format!("/user/ada/{}", rest.trim_start_matches('/'));
        for site in [site("hub").named_servers(NamedServers::Anything), site("server")] {
            let Ok(read) = site.read(method, &target, false, Some("bob")) else { continue };
            let whose = owners(read.readings());
            prop_assert!(whose.iter().all(|owner| *owner == "ada"), "{target}: {whose:?}");
        }
        if let Ok(read) = site("server").read(method, &rest, false, Some("bob")) {
            let own = decoded(&rest).get(1..3) == Some(&[b"user".to_vec(), b"ada".to_vec()]);
            prop_assert!(own, "{rest}: {read:?}");
        }
    }

    #[test]
    fn whatever_a_body_is_it_is_refused_or_asks_for_what_the_schema_knows(
        line in prop::sample::select(with_bodies()),
        body in prop_oneof![
            any::<Vec<u8>>(),
            "[\\[\\]{}:,\"a-z0-9. ]{0,40}".prop_map(String::into_bytes),
            (
                prop::sample::select(vec![
                    "name", "kernel", "path", "copy_from", "usernames", "users", "groups", "admin", "scopes",
                    "roles", "expires_in", "user", "group", "remove", "note", "extension_name", "plugin_name",
                    "shell_command", "cwd", "extra_env", "content", "format", "chunk",
                ]),
                prop::sample::select(vec![
                    r#""x""#, r#""../x""#, r#""a.ipynb""#, "1", "-1", "1e300", "true", "null", "[]", r#"["x"]"#,
                    "[1]", "{}", r#"{"name": "IR"}"#, r#"{"id": "k"}"#, r#"{"id": 1}"#,
                ]),
            )
                .prop_map(|(name, value)| format!(r#"{{"{name}": {value}}}"#).into_bytes()),
        ],
        kind in prop::sample::select(vec!["", "application/json", "application/x-www-form-urlencoded"]),
    ) {
        let shape = shape();
        for reading in Line(line).read().unwrap().looked_at(|_| true).readings() {
            let Ok(asked) = reading.with_body(&body, kind, &Limits::default()) else { continue };
            prop_assert!(!asked.is_empty());
            for one in asked {
                let request = one.request(notebook::user("ada").uid(), notebook::context()).unwrap();
                prop_assert!(request.build(&shape).is_ok(), "{one:?}");
            }
        }
    }

    #[test]
    fn whatever_a_message_is_it_is_refused_or_known(
        kind in "(execute_request|complete_request|comm_msg|\\PC{0,8})",
        content in prop_oneof![
            "\\PC{0,40}",
            r#"\{"(code|silent|store_history|user_expressions)": ("[a-z]{0,3}"|true|1|null|\[\]|\{("a": ("f"|1|\{\}))?\})\}"#,
        ],
    ) {
        if let Ok(message) = Message::read(&kind, &content, &Limits::default()) {
            prop_assert!(message.action().starts_with("kernel:"));
            let request = Request::builder(
                notebook::user("ada").uid(),
                notebook::action(message.action()),
                notebook::kernel("k").uid(),
            );
            let request = request.context(message.context().clone().build().unwrap());
            prop_assert!(request.build(&shape()).is_ok(), "{message:?}");
        }
    }
}
