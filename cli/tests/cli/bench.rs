//! `bench`: what it writes, and what it refuses. How long anything took is nobody's business here.

use serde_json::{Value, json};

use crate::support::{Folder, cases, fixtures, loose, notegate, notegate_with_input, policies};

#[test]
fn a_bundle_is_measured_by_both_evaluators_after_they_agreed() {
    let [bundle, day] =
        ["baseline", "day.jsonl"].map(|name| policies().join(name).to_str().unwrap().to_owned());
    let run = notegate(["bench", &bundle, "--requests", &day, "--format", "json"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{run}");
    let json = run.json();
    let count = |name: &str| json[name].as_u64().unwrap();
    assert_eq!((count("requests"), &json["agree"]), (400, &Value::Bool(true)), "{json}");
    assert_eq!(count("allowed") + count("denied"), 400, "{json}");
    assert!(count("allowed") > 0 && count("denied") > 0, "{json}");
    assert!((1..400).contains(&count("borrowed")), "{json}");
    assert_eq!(json.get("difference"), None);
    assert!(json["revision"].as_str().unwrap().contains(':'), "{json}");
    assert!(json["machine"]["threads"].as_u64() >= Some(1), "{json}");
    let evaluators = json["evaluators"].as_object().unwrap();
    let names: Vec<&str> = evaluators.keys().map(String::as_str).collect();
    assert_eq!(names, ["compiled", "compiled_prepared", "reference"]);
    for figures in evaluators.values() {
        let figure = |name: &str| figures[name].as_f64().unwrap();
        assert!(figure("mean_ns") > 0.0, "{figures}");
        assert!(
            figure("p50_ns") <= figure("p99_ns") && figure("p99_ns") <= figure("p999_ns"),
            "{figures}"
        );
        let (decisions, block) = (figures["decisions"].as_u64(), figures["block"].as_u64());
        assert!(decisions >= block && (1..=8).contains(&block.unwrap()), "{figures}");
        assert!((1..=400).contains(&figures["sampled"].as_u64().unwrap()), "{figures}");
    }
}

#[test]
fn loose_parts_are_measured_and_shown_as_a_table() {
    let folder = fixtures().join("cedar/documents");
    let requests = cases(&folder);
    let input: String = requests.iter().map(|case| format!("{}\n\n", case["request"])).collect();
    let args = ["bench", "--requests", "-", "--errors", "cedar"].map(str::to_owned);
    let run = notegate_with_input(args.into_iter().chain(loose(&folder)), input.as_bytes());
    assert_eq!(run.status, 0, "{run}");
    let total = format!("{} requests, ", requests.len());
    for text in [
        &*total,
        "all evaluators agree",
        "p99.9",
        "compiled_prepared",
        "reference",
        "threads",
        "the clock",
    ] {
        assert!(run.out.contains(text), "`{text}`: {run}");
    }
    run.harmless();
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let request =
        json!({"principal": "U::\"a\"", "action": "Action::\"go\"", "resource": "R::\"r\""});
    let folder = Folder::new(&[
        ("p.cedar", "permit (principal, action, resource);"),
        ("empty.jsonl", ""),
        ("blank.jsonl", "\n \n"),
        ("bad.jsonl", &format!("{request}\nnonsense\n{request}\n{{}}\n\u{1b}[31m\n")),
        ("good.jsonl", &request.to_string()),
    ]);
    let policies = folder.path("p.cedar");
    let bench =
        |extra: &[&str]| notegate(["bench", "--policies", &policies].iter().chain(extra).copied());
    let path = |name: &str| folder.path(name);
    for name in ["empty.jsonl", "blank.jsonl"] {
        bench(&["--requests", &path(name)]).refused(1, &["there is no request in it", name]);
    }
    let bad = bench(&["--requests", &path("bad.jsonl")]);
    bad.refused(1, &["bad.jsonl` line 2", "cannot be read: 4, 5"]);
    assert_eq!(bad.out, "");
    bench(&["--requests", &path("none.jsonl")]).refused(1, &["No such file"]);
    bench(&["--requests", folder.root()]).refused(1, &["it is a folder"]);
    bench(&[]).refused(1, &["--requests"]);
    for seconds in ["0", "61", "soon"] {
        bench(&["--requests", &path("good.jsonl"), "--seconds", seconds])
            .refused(1, &["--seconds"]);
    }
}
