//! Records: complete, off the deciding thread, and bounded.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use notegate::adapters::json::RequestJson;
use notegate::audit::{Lines, Reproduction};
use notegate::model::notebook::{self, Builder as _, Sensitivity};
use notegate::model::{Limits, Outcome, Timestamp};
use notegate::pdp::FixedClock;
use notegate::{Bundle, Decision, Pdp, Record, Request};
use serde_json::Value;

const POLICY: &str = r#"
    @id("read-own") @obligation_max_cpu("500")
    permit (principal, action == Notebook::Action::"data:read", resource)
    when { resource.owner == principal && context.sensitivity.rank <= principal.clearance.rank };
"#;

fn pdp(sink: Lines) -> Pdp {
    let policy = POLICY.replace("resource.owner ==", "resource has owner && resource.owner ==");
    let policy = policy.replace(
        "context.sens",
        "context has sensitivity && principal has clearance && context.sens",
    );
    let members = [("policy.cedar".to_owned(), policy.into_bytes())];
    let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
    let clock = FixedClock(Timestamp::parse("2026-11-23T08:00:00Z").unwrap());
    Pdp::builder(clock, 7).sink(sink).open(&bundle).unwrap()
}

fn request(pdp: &Pdp) -> Request {
    let label = |rank: i64, label: &str| Sensitivity { rank, label: label.to_owned() };
    let ada = notebook::user("ada\n\u{202e}\"").clearance(label(2, "confidential"));
    let data = notebook::dataset("d").owner(ada.uid()).sensitivity(label(1, "internal"));
    let context = notebook::context()
        .sensitivity(label(1, "internal"))
        .source_ip("10.0.0.7".parse().unwrap())
        .auth_age(std::time::Duration::from_secs(90));
    Request::builder(ada.uid(), notebook::action("data:read"), data.uid())
        .context(context.build().unwrap())
        .entity(ada.entity().unwrap())
        .entity(data.entity().unwrap())
        .build(&pdp.shape())
        .unwrap()
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_record_holds_all_it_takes_to_decide_again() {
    let output = Shared::default();
    let pdp = pdp(Lines::start(output.clone(), 8).unwrap());
    let response = pdp.authorize(&request(&pdp));
    assert!(response.allowed());
    let shape = pdp.shape();
    let snapshot = pdp.snapshot();
    drop(pdp);
    let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["decision"], "allow");
    assert_eq!(line["at"], "2026-11-23T08:00:00.000Z");
    assert_eq!(line["decision_id"], response.decision_id().to_string());
    assert_eq!(line["obligations"]["max_cpu"], "500");
    let again = RequestJson::read(&line["request"].to_string(), &shape).unwrap();
    assert_eq!(again.principal().id().unescaped(), "ada\n\u{202e}\"");
    let outcome = snapshot.evaluate(&again);
    assert_eq!(outcome.decision, response.decision());
    assert_eq!(outcome.reason, response.reason());
}

#[test]
fn a_difference_between_evaluators_is_written_with_all_it_takes_to_see_it_again() {
    let pdp = pdp(Lines::start(Shared::default(), 8).unwrap());
    let (request, at) = (request(&pdp), Timestamp::from_millis(0).unwrap());
    let response = pdp.authorize(&request);
    let compiled = pdp.snapshot().evaluate(&request);
    let reference = Outcome { decision: Decision::Deny, reason: Vec::new(), ..compiled.clone() };
    let reproduction = Reproduction {
        compiled,
        reference,
        policies: "{}".to_owned(),
        entities: "no form in JSON".to_owned(),
    };
    let line = Record::new(at, request, response).with_reproduction(reproduction).to_json();
    let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
    assert_eq!(line["reproduction"]["compiled"]["decision"], "allow");
    assert_eq!(line["reproduction"]["compiled"]["reason"][0], "read-own");
    assert_eq!(line["reproduction"]["reference"]["decision"], "deny");
    assert_eq!(line["reproduction"]["policies"], serde_json::json!({}));
    assert_eq!(line["reproduction"]["entities"], "no form in JSON");
}

/// An output that says when it is written to, and then waits until it may go on.
struct Gate {
    reached: Sender<()>,
    open: Receiver<()>,
    shared: Shared,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Once the test has dropped its ends, everything passes.
        if self.reached.send(()).is_ok() {
            _ = self.open.recv();
        }
        self.shared.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_queue_never_holds_up_a_decision_and_is_counted_and_said() {
    let (reached, writing) = channel();
    let (go, open) = channel();
    let shared = Shared::default();
    let gate = Gate { reached, open, shared: shared.clone() };
    let pdp = pdp(Lines::start(gate, 1).unwrap());
    let request = request(&pdp);
    assert!(pdp.authorize(&request).allowed());
    // The writer holds the first record; the queue takes one more and no other.
    writing.recv().unwrap();
    for _ in 0..5 {
        assert!(pdp.authorize(&request).allowed());
    }
    assert_eq!(pdp.records().unwrap().dropped, 4);
    drop((writing, go));
    drop(pdp);
    let text = String::from_utf8(shared.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().filter(|line| line.contains("\"decision\"")).count(), 2, "{text}");
    assert!(text.lines().any(|line| line == r#"{"dropped":4}"#), "{text}");
}

#[test]
fn an_output_that_fails_is_counted_and_decisions_go_on() {
    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("no space left"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let pdp = pdp(Lines::start(Broken, 64).unwrap());
    let request = request(&pdp);
    while pdp.records().unwrap().failed == 0 {
        assert!(pdp.authorize(&request).allowed());
    }
}
