//! What is hostile: targets, headers, bodies, bytes.

use std::sync::OnceLock;

use crate::generator::Choices;

/// Any of these.
pub(super) fn text<'t>(choices: &mut Choices<'_>, of: &[&'t str]) -> &'t str {
    choices.one(of)
}

/// Spoils bytes in some places.
pub(super) fn spoil(choices: &mut Choices<'_>, bytes: &mut Vec<u8>) {
    for _ in 0..=choices.below(4) {
        let place = (choices.below(256) << 8 | choices.below(256)) % bytes.len().max(1);
        match choices.below(5) {
            0 => bytes.truncate(place),
            1 => bytes.splice(place..place, text(choices, &TOKENS).bytes()).for_each(drop),
            2 => bytes.drain(place..bytes.len().min(place + choices.below(40))).for_each(drop),
            3 => {
                let copied: Vec<u8> =
                    bytes.iter().skip(place).take(choices.below(60)).copied().collect();
                bytes.extend(copied);
            }
            _ => {
                let byte = u8::try_from(choices.below(256)).unwrap_or_default();
                if let Some(spoilt) = bytes.get_mut(place) {
                    *spoilt = byte;
                }
            }
        }
    }
}

const TOKENS: [&str; 16] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "null",
    "-1",
    "1e999",
    "\\u0000",
    "\u{feff}",
    "true",
    "\"bundle\":",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "18446744073709551616",
];

/// A method and a target: a route that there is, a spelling that opened a door elsewhere, or pieces of both.
pub(super) fn target(choices: &mut Choices<'_>) -> (String, String) {
    let known = known();
    let (method, mut target) = known[choices.below(256) * known.len() / 256].clone();
    if choices.chance(30) {
        target = (0..=choices.below(7)).map(|_| text(choices, &PIECES)).collect();
    }
    if choices.chance(15) {
        let mut bytes = target.into_bytes();
        spoil(choices, &mut bytes);
        target = String::from_utf8_lossy(&bytes).into_owned();
    }
    let method = match choices.chance(80) {
        true => method,
        false => text(choices, &METHODS).to_owned(),
    };
    (method, target)
}

fn known() -> &'static [(String, String)] {
    static KNOWN: OnceLock<Vec<(String, String)>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let texts = [
            include_str!("../../../core/tests/urls/routes.json"),
            include_str!("../../../core/tests/urls/attacks.json"),
        ];
        let lines =
            texts.map(|text| serde_json::from_str::<Vec<serde_json::Value>>(text).expect("JSON"));
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        lines.iter().flatten().map(|line| (text(&line["method"]), text(&line["target"]))).collect()
    })
}

const METHODS: [&str; 12] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "get", "", "GE\u{0}T",
    "PROPFIND",
];

const PIECES: [&str; 36] = [
    "/",
    "//",
    "user",
    "hub",
    "/user/ada",
    "/user/bob",
    "/user/ada/",
    "/services/x/",
    "/hub/api/",
    "..",
    "%2e%2e",
    "%2f",
    "%252e",
    ";",
    "?",
    "#",
    "\\",
    "\u{0}",
    "api",
    "/api/",
    "/kernels",
    "/contents/",
    "files/",
    "terminals",
    "/websocket/1",
    "proxy/8888/",
    "lab",
    "é",
    "%ff",
    "%00",
    "%C0%AF",
    " ",
    "login",
    "user-redirect",
    ".",
    "/3b8f6f0c-0d1c-4a4e-9a5e-0f2f1d7c9b10",
];

/// Headers that a client may send beside those that every request has.
pub(super) fn headers(choices: &mut Choices<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let count = choices.below(6);
    let drawn = (0..count).map(|_| {
        let (name, value) = HEADERS[choices.below(HEADERS.len())];
        let mut value = value.as_bytes().to_vec();
        if choices.chance(15) {
            spoil(choices, &mut value);
        }
        (name, value)
    });
    drawn.collect()
}

const HEADERS: [(&str, &str); 32] = [
    ("accept", "text/html,*/*;q=0.8"),
    ("accept", ",,;;,text/html;"),
    ("upgrade", "websocket"),
    ("upgrade", "h2c"),
    ("upgrade", ""),
    ("connection", "Upgrade, x-notegate-decision-id"),
    ("x-notegate-decision-id", "mine"),
    ("x-notegate-obligation-max-bytes", "9"),
    ("x-notegate-", "root"),
    ("x-http-method-override", "DELETE"),
    ("x-original-url", "/user/bob/"),
    ("x-envoy-original-path", "/hub/admin"),
    ("x-user", "ada"),
    ("x-user", "root"),
    ("x-user", ""),
    ("x-user", "ada, bob"),
    ("content-type", "application/json"),
    ("content-type", "application/x-www-form-urlencoded"),
    ("content-type", "multipart/form-data; boundary=x"),
    ("content-type", "text/plain"),
    ("content-encoding", "gzip"),
    ("content-encoding", "identity"),
    ("content-length", "18446744073709551616"),
    ("content-length", "-1"),
    ("content-length", "12"),
    ("content-length", "999999"),
    (":authority", "other.example"),
    (":path", "/user/bob/"),
    (":method", "DELETE"),
    ("transfer-encoding", "chunked"),
    ("cookie", "jupyterhub-user=ada"),
    ("authorization", "Bearer x"),
];

/// Pieces of a body.
pub(super) fn body(choices: &mut Choices<'_>) -> Vec<Vec<u8>> {
    let count = choices.below(4);
    let drawn = (0..count).map(|_| {
        let mut piece = match choices.chance(3) {
            true => vec![b' '; 70_000],
            false => text(choices, &BODIES).as_bytes().to_vec(),
        };
        if choices.chance(10) {
            spoil(choices, &mut piece);
        }
        piece
    });
    drawn.collect()
}

const BODIES: [&str; 20] = [
    r#"{"name": "python3"}"#,
    r#"{"name": "julia"}"#,
    r#"{"name": "python3", "name": "julia"}"#,
    r#"{"kernel": {"name": "python3"}, "path": "a.ipynb", "type": "notebook"}"#,
    r#"{"path": "b.txt"}"#,
    r#"{"path": "../../bob/b.txt"}"#,
    r#"{"copy_from": "/a/b", "type": "notebook"}"#,
    r#"{"user": "bob", "scopes": ["access:servers"]}"#,
    r#"{"usernames": ["bob", "BOB", ""], "admin": true}"#,
    r#"{"expires_in": 60, "scopes": ["inherit"], "note": "x"}"#,
    r#"{"name": "#,
    r#""python3"}"#,
    "_xsrf=1&profile=gpu&next=/hub/home",
    "profile=small&profile=gpu",
    "null",
    "[]",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "\u{feff}{}",
    "--x\r\ncontent-disposition: form-data; name=\"profile\"\r\n\r\ngpu\r\n--x--",
    "",
];

pub(super) fn seconds(choices: &mut Choices<'_>) -> u64 {
    [0, 1, 30, 600, 86_400, 4_000_000_000][choices.below(6)]
}

/// What a server answers.
pub(super) fn answer(choices: &mut Choices<'_>) -> (Vec<(&'static str, String)>, Vec<u8>) {
    let status =
        text(choices, &["200", "200", "304", "301", "500", "", "2e2", "200 OK"]).to_owned();
    let mut headers = vec![(":status", status)];
    if choices.chance(60) {
        headers.push((
            "etag",
            text(choices, &["\"1\"", "W/\"1\"", "\u{1f980}", "", "\r\nx: y"]).to_owned(),
        ));
    }
    let mut body = super::setup::unsigned().to_vec();
    if choices.chance(70) {
        spoil(choices, &mut body);
    }
    (headers, body)
}
