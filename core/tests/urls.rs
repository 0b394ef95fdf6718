//! Every route of the servers and every spelling that opened a door elsewhere, from files.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use std::fs;
use std::path::Path;

use notegate::adapters::jupyter::{Read, Site};
use notegate::model::RequestError;
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
        let Ok(read) = self.read() else { return json!("refused") };
        if read.is_public() {
            return json!("public");
        }
        let readings = read.readings().iter();
        readings.map(|one| json!([one.action(), one.resource().to_string()])).collect()
    }
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
