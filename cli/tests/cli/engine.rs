//! `--engine`: both evaluators give the same answers.

use std::fs;

use crate::support::{Run, cases, fixtures, loose, notegate, notegate_with_input, policies};

/// Decides the same twice, once by each evaluator, and gives what both said.
fn both(args: &[String], input: &str) -> Run {
    let [compiled, reference] = ["compiled", "reference"].map(|engine| {
        let engine = ["--engine", engine].map(str::to_owned);
        notegate_with_input(args.iter().chain(&engine), input.as_bytes())
    });
    assert_eq!(
        (compiled.status, &compiled.out, &compiled.err),
        (reference.status, &reference.out, &reference.err),
        "{args:?}"
    );
    compiled
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn every_example_is_decided_alike() {
    let now = words("--format json --now 2026-11-23T10:00:00Z");
    for folder in fs::read_dir(fixtures().join("cedar")).unwrap() {
        let folder = folder.unwrap().path();
        let cases = cases(&folder);
        let input: String = cases.iter().map(|case| format!("{}\n", case["request"])).collect();
        for errors in ["deny", "cedar"] {
            let args = words(&format!("authorize --requests - --errors {errors}"));
            let run = both(&[args, loose(&folder), now.clone()].concat(), &input);
            assert_eq!((run.status, run.lines().len()), (0, cases.len()), "{run}");
        }
        let args = [words("explain --request -"), loose(&folder), now.clone()].concat();
        both(&args, &cases[0]["request"].to_string());
    }
}

#[test]
fn a_day_and_the_cases_of_bundles_are_decided_alike() {
    let bundle = |name: &str| policies().join(name).to_str().unwrap().to_owned();
    let day = fs::read_to_string(policies().join("day.jsonl")).unwrap();
    let mut args = words("authorize --requests - --now 2026-11-23T10:00:00Z");
    args.push(bundle("baseline"));
    let run = both(&args, &day);
    assert_eq!((run.status, run.lines().len()), (0, day.lines().count()), "{run}");
    for name in ["minimal", "baseline", "classroom", "regulated"] {
        let mut args = words("test --verbose");
        args.push(bundle(name));
        assert_eq!(both(&args, "").status, 0, "{name}");
    }
}

#[test]
fn there_is_no_other_engine() {
    notegate(["test", "x", "--engine", "fast"]).refused(1, &["compiled", "reference"]);
}
