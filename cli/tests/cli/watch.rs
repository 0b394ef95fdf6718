//! `authorize --watch`: a bundle that changes while requests come in.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Stdio};

use serde_json::Value;

use crate::support::{Folder, notegate, program};

const ASKED: &str =
    r#"{"principal": "User::\"gus\"", "action": "hub:login", "resource": "Hub::\"hub\""}"#;
const GUESTS: &str = r#"@id("guests-too")
permit (principal is Notebook::User, action == Notebook::Action::"hub:login", resource);
"#;

/// The program, asked line by line.
struct Watching {
    child: Child,
    asked: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    events: BufReader<ChildStderr>,
}

impl Watching {
    fn start(args: &[&str]) -> Self {
        let mut command = program();
        command.args(["authorize", "--watch", "--requests", "-"]).args(args);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let asked = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let events = BufReader::new(child.stderr.take().unwrap());
        Self { child, asked, answers, events }
    }

    fn ask(&mut self) -> String {
        writeln!(self.asked.as_ref().unwrap(), "{ASKED}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer
    }

    fn ask_json(&mut self) -> Value {
        let answer = self.ask();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// Waits for a line on standard error that has this in it.
    fn hear(&mut self, what: &str) -> String {
        let mut heard = String::new();
        loop {
            let mut line = String::new();
            let length = self.events.read_line(&mut line).unwrap();
            assert!(length > 0, "`{what}` was not said, but\n{heard}");
            if line.contains(what) {
                return line;
            }
            heard.push_str(&line);
        }
    }

    fn end(mut self) -> i32 {
        drop(self.asked.take());
        self.child.wait().unwrap().code().unwrap()
    }
}

#[test]
fn each_line_is_decided_by_the_bundle_that_is_in_force_then() {
    let folder = Folder::minimal();
    let mut watching = Watching::start(&[folder.root()]);
    watching.hear("bundle activated");
    let before = watching.ask_json();
    assert_eq!(before["decision"], "deny");

    folder.write("guests.cedar", GUESTS);
    watching.hear("bundle activated");
    let after = watching.ask_json();
    assert_eq!((&after["decision"], &after["reason"][0]), (&"allow".into(), &"guests-too".into()));
    assert_ne!(before["revision"], after["revision"]);

    folder.write("guests.cedar", "permit (principal");
    watching.hear("refused, the last good stays");
    assert_eq!(watching.ask_json()["revision"], after["revision"]);

    folder.write("guests.cedar", "// no guests");
    let activated = watching.hear("bundle activated");
    let last = watching.ask_json();
    assert_eq!(last["decision"], "deny");
    assert!(activated.contains(last["revision"].as_str().unwrap()), "{activated}");
    assert_eq!(watching.end(), 0);
}

#[test]
fn people_see_the_revision_in_every_answer_and_programs_get_events_as_json() {
    let folder = Folder::minimal();
    let mut watching = Watching::start(&[folder.root(), "--format", "human"]);
    watching.hear("bundle activated");
    assert!(watching.ask().contains("sha256:"));
    assert_eq!(watching.end(), 0);

    let mut watching = Watching::start(&[folder.root(), "--format", "json"]);
    let event: Value = serde_json::from_str(&watching.hear("activated")).unwrap();
    assert_eq!(event["event"], "activated");
    assert_eq!(event["revision"], watching.ask_json()["revision"]);
    assert_eq!(watching.end(), 0);
}

#[test]
fn with_a_state_folder_the_last_good_bundle_starts_without_its_source() {
    let folder = Folder::minimal();
    let state = Folder::new(&[]);
    let state = state.path("state");
    let mut watching = Watching::start(&[folder.root(), "--state", &state]);
    watching.hear("bundle activated");
    let first = watching.ask_json();
    assert_eq!(watching.end(), 0);

    let away = format!("{}-away", folder.root());
    std::fs::rename(folder.root(), &away).unwrap();
    let mut watching = Watching::start(&[folder.root(), "--state", &state]);
    watching.hear("cannot be had");
    watching.hear("from the last good copy");
    assert_eq!(watching.ask_json()["decision"], first["decision"]);
    std::fs::rename(&away, folder.root()).unwrap();
    watching.hear("can be had again");
    assert_eq!(watching.ask_json()["revision"], first["revision"]);
    assert_eq!(watching.end(), 0);
}

#[test]
fn a_bundle_that_must_pass_its_own_cases_and_does_not_is_refused() {
    let folder = Folder::minimal();
    let mut watching = Watching::start(&[folder.root(), "--require-tests"]);
    watching.hear("bundle activated");
    // The pack's own cases say that guests stay out.
    folder.write("policies.cedar", "// nobody may anything");
    watching.hear("test case");
    assert_eq!(watching.ask_json()["reason"].as_array().unwrap().len(), 0);
    assert_eq!(watching.end(), 0);
}

#[test]
fn watching_needs_a_bundle_that_can_be_had_and_requests_that_come_in() {
    let folder = Folder::minimal();
    let absent = folder.path("absent");
    let run = notegate(["authorize", &absent, "--watch", "--requests", "-"]);
    run.refused(1, &["absent"]);
    let one = ["-l", "User::\"ada\"", "-a", "hub:login", "-r", "Hub::\"hub\""];
    let run = notegate(["authorize", folder.root(), "--watch"].iter().chain(&one));
    run.refused(1, &["--requests"]);
    let run = notegate(["authorize", "https://ada:hunter2@host/hub", "--watch", "--requests", "-"]);
    run.refused(3, &["give keys as options"]);
    assert!(!run.err.contains("hunter2"), "{run}");
    let run = notegate(["authorize", "http://host/hub", "--watch", "--requests", "-"]);
    run.refused(3, &["plain HTTP"]);
}
