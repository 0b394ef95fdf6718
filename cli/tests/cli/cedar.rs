//! Any Cedar policies are decided as the stock command line decides them: each expectation under
//! `fixtures/cedar` was written down from `cedar authorize` 4.14.

use std::fs;

use serde_json::{Value, json};

use crate::support::{cases, fixtures, loose, notegate_with_input};

#[test]
fn every_example_is_decided_as_the_stock_command_line_does() {
    let (mut examples, mut decided) = (0, 0);
    for folder in fs::read_dir(fixtures().join("cedar")).unwrap() {
        let folder = folder.unwrap().path();
        let (mut args, cases) = (loose(&folder), cases(&folder));
        args.extend(["--errors", "cedar", "--requests", "-"].map(str::to_owned));
        args.insert(0, "authorize".to_owned());
        let input: String = cases.iter().map(|case| format!("{}\n", case["request"])).collect();
        let run = notegate_with_input(&args, input.as_bytes());
        assert_eq!(run.status, 0, "{}: {run}", folder.display());
        let answers = run.lines();
        assert_eq!(answers.len(), cases.len());
        for (case, answer) in cases.iter().zip(answers) {
            let found = json!({
                "request": case["request"],
                "decision": answer["decision"],
                "reason": sorted(&answer["reason"]),
                "errors": sorted(&answer["errors"]),
            });
            let expected = json!({
                "request": case["request"],
                "decision": case["decision"],
                "reason": sorted(&case["reason"]),
                "errors": sorted(&case["errors"]),
            });
            assert_eq!(found, expected, "{}", folder.display());
            decided += 1;
        }
        examples += 1;
    }
    assert!(examples >= 12 && decided >= 45, "{examples} examples, {decided} requests");
}

fn sorted(list: &Value) -> Vec<String> {
    let mut list: Vec<String> = list.as_array().unwrap().iter().map(ToString::to_string).collect();
    list.sort();
    list
}
