//! `authorize` and `explain`: inputs, order, modes and status.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::json;

use crate::support::{Folder, notegate, notegate_with_input, program};

const ADA: [&str; 6] = ["-l", "User::\"ada\"", "-a", "hub:login", "-r", "Hub::\"main\""];
const ANY: [&str; 6] = ["-l", "U::\"a\"", "-a", "Action::\"go\"", "-r", "R::\"r\""];

fn with<'a>(start: &[&'a str], rest: &[&'a str]) -> Vec<&'a str> {
    start.iter().chain(rest).copied().collect()
}

#[test]
fn allow_is_0_and_deny_is_2() {
    let folder = Folder::minimal();
    let allow = notegate(with(&["authorize", folder.root()], &ADA));
    assert_eq!(allow.status, 0, "{allow}");
    assert!(allow.out.starts_with("ALLOW\n"), "{allow}");
    assert!(allow.out.contains("members-log-in") && allow.out.contains("sha256:"), "{allow}");
    let args = [
        "authorize",
        folder.root(),
        "-l",
        "User::\"eve\"",
        "-a",
        "hub:login",
        "-r",
        "Hub::\"main\"",
    ];
    let deny = notegate(args);
    assert_eq!(deny.status, 2, "{deny}");
    assert!(deny.out.starts_with("DENY\n") && deny.out.contains("no policy permits it"), "{deny}");
    assert_eq!(allow.err, "");
}

#[test]
fn a_principal_may_be_given_by_its_parts() {
    let folder = Folder::new(&[(
        "p.cedar",
        "permit (principal == U::\"x\\\"] || true\", action, resource);",
    )]);
    let uid = json!({"type": "U", "id": "x\"] || true"}).to_string();
    let policies = folder.path("p.cedar");
    let run = notegate([
        "authorize",
        "--policies",
        &policies,
        "-l",
        &uid,
        "-a",
        "Action::\"go\"",
        "-r",
        "R::\"r\"",
    ]);
    assert_eq!(run.status, 0, "{run}");
}

#[test]
fn a_context_comes_from_a_flag_a_file_or_standard_input() {
    let folder = Folder::new(&[
        ("p.cedar", "permit (principal, action, resource) when { context.ok };"),
        ("context.json", "{\"ok\": true}"),
    ]);
    let (policies, file) = (folder.path("p.cedar"), folder.path("context.json"));
    let base = with(&["authorize", "--policies", &policies, "--format", "json"], &ANY);
    assert_eq!(notegate(with(&base, &["--context", "{\"ok\": true}"])).status, 0);
    assert_eq!(notegate(with(&base, &["--context", "{\"ok\": false}"])).status, 2);
    assert_eq!(notegate(with(&base, &["--context", &file])).status, 0);
    let args = with(&base, &["--context", "-"]);
    assert_eq!(notegate_with_input(args, b"{\"ok\": true}").status, 0);
}

#[test]
fn a_whole_request_is_read_and_unknown_fields_are_refused() {
    let folder = Folder::minimal();
    let request = json!({
        "principal": {"type": "User", "id": "new"}, "action": "hub:login", "resource": "Hub::\"main\"",
        "entities": [{"uid": {"type": "Notebook::User", "id": "new"}, "attrs": {},
                      "parents": [{"type": "Notebook::Group", "id": "members"}]}],
    });
    let run = notegate(["authorize", folder.root(), "--request", &request.to_string()]);
    assert_eq!(run.status, 0, "{run}");
    let run = notegate_with_input(
        ["authorize", folder.root(), "--request", "-"],
        request.to_string().as_bytes(),
    );
    assert_eq!(run.status, 0, "{run}");
    let mut odd = request;
    odd["subject"] = json!("x");
    let run = notegate(["authorize", folder.root(), "--request", &odd.to_string()]);
    run.refused(1, &["unknown field `subject`"]);
}

#[test]
fn answers_stand_in_the_order_of_the_lines_and_bad_ones_in_their_place() {
    let folder = Folder::new(&[("p.cedar", "permit (principal == U::\"a\", action, resource);")]);
    let line = |id: &str| {
        format!(
            "{{\"principal\":\"U::\\\"{id}\\\"\",\"action\":\"Action::\\\"go\\\"\",\"resource\":\"R::\\\"r\\\"\"}}\n"
        )
    };
    let mut input =
        [line("a"), line("b"), "nonsense\n".into(), "\n".into(), line("a")].concat().into_bytes();
    input.extend(b"\xff\n");
    input.extend("x".repeat(3000).bytes());
    input.extend(b"\n");
    input.extend(line("b").trim_end().bytes());
    folder.write("requests.jsonl", &input);
    let policies = folder.path("p.cedar");
    let base =
        ["authorize", "--policies", &policies, "--limit", "request_bytes=2000", "--requests"];
    let (file, stdin) = (folder.path("requests.jsonl"), "-");
    for run in [notegate(with(&base, &[&file])), notegate_with_input(with(&base, &[stdin]), &input)]
    {
        assert_eq!(run.status, 1, "{run}");
        let shown: Vec<String> = run
            .lines()
            .iter()
            .map(|one| match &one["error"] {
                serde_json::Value::Null => one["decision"].as_str().unwrap().to_owned(),
                error => format!("{} {}", error["line"], error["code"].as_str().unwrap()),
            })
            .collect();
        let expected = [
            "allow",
            "deny",
            "3 request.malformed",
            "allow",
            "6 request.malformed",
            "7 request.limit",
            "deny",
        ];
        assert_eq!(shown, expected, "{run}");
        assert!(run.out.contains("limit `request_bytes` is 2000, found 3000"), "{run}");
    }
    let good = [line("b"), line("b")].concat();
    let run = notegate_with_input(with(&base, &["-"]), good.as_bytes());
    assert_eq!(run.status, 0, "decided is success, whatever the decision: {run}");
}

#[test]
fn each_answer_comes_before_the_next_question_is_needed() {
    let folder = Folder::new(&[("p.cedar", "permit (principal, action, resource);")]);
    let policies = folder.path("p.cedar");
    let mut child = program()
        .args(["authorize", "--policies", &policies, "--requests", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        writeln!(
            stdin,
            "{{\"principal\":\"U::\\\"a\\\"\",\"action\":\"Action::\\\"go\\\"\",\"resource\":\"R::\\\"r\\\"\"}}"
        )
        .unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert!(answer.contains("\"allow\""), "{answer}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn policies_are_numbered_across_files_and_an_id_is_kept() {
    let folder = Folder::new(&[
        ("ps/b.cedar", "permit (principal, action, resource);"),
        (
            "ps/a.cedar",
            "permit (principal, action, resource); @id(\"named\") permit (principal, action, resource);",
        ),
        ("ps/sub/c.cedar", "permit (principal, action, resource);"),
        ("ps/entities.json", "[]"),
        ("ps/notes.txt", "not a policy"),
        (
            "last.json",
            "{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},\"action\":{\"op\":\"All\"},\"resource\":{\"op\":\"All\"},\"conditions\":[]}",
        ),
    ]);
    let (dir, entities, last) =
        (folder.path("ps"), folder.path("ps/entities.json"), folder.path("last.json"));
    let base = [
        "authorize",
        "--policies",
        &dir,
        "--policies",
        &last,
        "--entities",
        &entities,
        "--format",
        "json",
    ];
    let run = notegate(with(&base, &ANY));
    assert_eq!(
        run.json()["reason"],
        json!(["policy0", "named", "policy2", "policy3", "policy4"]),
        "{run}"
    );
}

#[test]
fn what_is_validated_is_what_was_asked_for() {
    let folder = Folder::new(&[
        (
            "bad.cedar",
            "permit (principal, action, resource) when { context.absent };\npermit (principal, action, resource == R::\"r\");",
        ),
        ("good.cedar", "permit (principal, action, resource == R::\"r\");"),
        (
            "s.cedarschema",
            "entity U, R; action go appliesTo { principal: U, resource: R, context: {} };",
        ),
    ]);
    let (bad, good, schema) =
        (folder.path("bad.cedar"), folder.path("good.cedar"), folder.path("s.cedarschema"));
    let decide = |policies: &str, validate: &str, principal: &str| {
        let args = [
            "authorize",
            "--policies",
            policies,
            "--schema",
            &schema,
            "--validate",
            validate,
            "-l",
            principal,
            "-a",
            "Action::\"go\"",
            "-r",
            "R::\"r\"",
        ];
        notegate(args).status
    };
    // A policy that does not validate is refused, or decided all the same.
    for (validate, status) in [("all", 3), ("policies", 3), ("requests", 0), ("none", 0)] {
        assert_eq!(decide(&bad, validate, "U::\"a\""), status, "policies, {validate}");
    }
    // So is a request of a wrong principal type.
    for (validate, status) in [("all", 1), ("requests", 1), ("policies", 0), ("none", 0)] {
        assert_eq!(decide(&good, validate, "R::\"r\""), status, "requests, {validate}");
    }
}

#[test]
fn the_action_hierarchy_of_the_schema_joins_the_entities() {
    let folder = Folder::new(&[
        ("p.cedar", "permit (principal, action in Action::\"all\", resource);"),
        (
            "s.cedarschema",
            "entity U, R; action all; action go in [all] appliesTo { principal: U, resource: R, context: {} };",
        ),
    ]);
    let (policies, schema) = (folder.path("p.cedar"), folder.path("s.cedarschema"));
    assert_eq!(notegate(with(&["authorize", "--policies", &policies], &ANY)).status, 2);
    for validate in ["all", "none"] {
        let base =
            ["authorize", "--policies", &policies, "--schema", &schema, "--validate", validate];
        assert_eq!(notegate(with(&base, &ANY)).status, 0, "{validate}");
    }
}

#[test]
fn a_forbid_that_errors_denies_unless_cedar_is_asked_for() {
    let policies = "permit (principal, action, resource);\nforbid (principal, action, resource) when { context.absent };";
    let folder = Folder::new(&[("p.cedar", policies)]);
    let policies = folder.path("p.cedar");
    let base = with(&["authorize", "--policies", &policies], &ANY);
    let run = notegate(&base);
    assert_eq!(run.status, 2, "{run}");
    assert!(run.out.contains("policy1: record does not have the attribute `absent`"), "{run}");
    assert_eq!(notegate(with(&base, &["--errors", "cedar"])).status, 0);
}

#[test]
fn a_moment_that_is_given_makes_the_output_the_same_each_time() {
    let folder = Folder::minimal();
    let base = with(&["authorize", folder.root(), "--format", "json"], &ADA);
    let fixed = with(&base, &["--now", "2026-12-01T16:00:00Z"]);
    let (one, other) = (notegate(&fixed), notegate(&fixed));
    assert_eq!(one.out, other.out);
    assert_ne!(notegate(&base).json()["decision_id"], notegate(&base).json()["decision_id"]);
    notegate(with(&base, &["--now", "noon"])).refused(1, &["`noon` is not a moment"]);
}

#[test]
fn records_are_appended_with_their_complete_input() {
    let folder = Folder::minimal();
    let audit = folder.path("audit.jsonl");
    for _ in 0..2 {
        let run = notegate(with(&["authorize", folder.root(), "--audit", &audit], &ADA));
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{run}");
    }
    let records = folder.read("audit.jsonl");
    let records: Vec<serde_json::Value> =
        records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["decision"], "allow");
    assert_eq!(records[0]["request"]["principal"], json!({"type": "Notebook::User", "id": "ada"}));
    let nowhere = folder.path("no/such/folder");
    notegate(with(&["authorize", folder.root(), "--audit", &nowhere], &ADA))
        .refused(1, &["No such file"]);
}

#[test]
fn an_unknown_limit_is_refused_with_the_names_there_are() {
    let folder = Folder::minimal();
    let run = notegate(with(&["authorize", folder.root(), "--limit", "bytes=1"], &ADA));
    run.refused(1, &["there is no limit `bytes`", "member_bytes"]);
    let long = format!("User::\"{}\"", "x".repeat(60));
    let base = ["authorize", folder.root(), "-l", &long, "-a", "hub:login", "-r", "Hub::\"main\""];
    assert_eq!(notegate(base).status, 2);
    notegate(with(&base, &["--limit", "id_bytes=50"]))
        .refused(1, &["limit `id_bytes` is 50, found 60"]);
}

#[test]
fn an_explanation_underlines_what_was_false_and_ends_as_the_decision() {
    let folder = Folder::new(&[(
        "p.cedar",
        "@id(\"small\")\npermit (principal, action, resource)\nwhen { context.size < 10 };\n",
    )]);
    let policies = folder.path("p.cedar");
    let base = with(&["explain", "--policies", &policies], &ANY);
    let run = notegate(with(&base, &["--context", "{\"size\": 12}"]));
    assert_eq!(run.status, 2, "{run}");
    for text in ["small", "its `when` is false", "when { context.size < 10 };", "╭─[", "12"] {
        assert!(run.out.contains(text), "`{text}`: {run}");
    }
    assert_eq!(notegate(with(&base, &["--context", "{\"size\": 9}"])).status, 0);
    let json = notegate(with(&base, &["--context", "{}", "--format", "json"])).json();
    assert_eq!(json["candidates"][0]["status"], "errored", "{json}");
}
