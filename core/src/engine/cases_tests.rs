use super::*;
use crate::engine::Options;
use crate::model::Limits;

const POLICIES: &str = r#"
@id("own-server")
@obligation_max_gpu("1")
permit (principal, action == Notebook::Action::"server:access", resource)
when { resource.owner == principal };

@id("no-guests")
@message("guests stay outside")
forbid (principal in Notebook::Group::"guests", action, resource);

@id("never")
permit (principal == Notebook::User::"nobody", action, resource);
"#;

const STORED: &str = r#"[
  {"uid": {"type": "Notebook::Server", "id": "ada/"}, "parents": [],
   "attrs": {"owner": {"type": "Notebook::User", "id": "ada"}}}
]"#;

const GUESTS: &str = r#"[
  {"uid": {"type": "Notebook::User", "id": "ada"}, "parents": [{"type": "Notebook::Group", "id": "guests"}], "attrs": {}}
]"#;

fn run(files: &[(&str, &str)], filter: Option<&str>) -> Result<CaseReport, LoadError> {
    let own = [("a.cedar", POLICIES), ("entities.json", STORED)];
    let members = own.iter().chain(files);
    let members = members.map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
    Snapshot::build(&bundle, Options::default()).unwrap().run_cases(&bundle, filter)
}

/// A case about `ada` and her server, with these fields more.
fn case(fields: &str) -> String {
    format!(
        r#"{{"request": {{"principal": "User::\"ada\"", "action": "server:access",
            "resource": {{"type": "Server", "id": "ada/"}},
            "context": {{"now": "2026-11-22T10:00:00Z"}}}}, {fields}}}"#
    )
}

fn one(fields: &str) -> CaseResult {
    let text = format!("[{}]", case(fields));
    run(&[("tests/a.json", &text), ("tests/more/guests.json", GUESTS)], None)
        .unwrap()
        .results
        .remove(0)
}

#[test]
fn a_case_passes_when_all_it_says_is_so() {
    for passing in [
        r#""decision": "allow""#,
        r#""decision": "allow", "reason": ["own-server"], "num_errors": 0, "obligations": {"max_gpu": "1"}"#,
        r#""decision": "deny", "entities": [], "num_errors": 1"#,
        r#""decision": "deny", "entities": "more/guests.json", "reason": ["no-guests"], "num_errors": 1,
           "message": "guests stay outside""#,
        r#""decision": "allow", "entities": "../entities.json""#,
        r#""decision": "deny", "entities": "./more/../more/guests.json", "num_errors": 1"#,
    ] {
        let result = one(passing);
        assert!(result.passed(), "{passing}: {result:?}");
    }
}

#[test]
fn each_field_that_differs_is_told_with_both_sides() {
    let result = one(
        r#""decision": "deny", "reason": [], "num_errors": 2, "obligations": {"max_gpu": "2"}, "message": "no""#,
    );
    let told: Vec<(&str, &str, &str)> =
        result.differences.iter().map(|one| (one.field, &*one.expected, &*one.actual)).collect();
    assert_eq!(
        told,
        [
            ("decision", "deny", "allow"),
            ("reason", "none", "own-server"),
            ("num_errors", "2", "0"),
            ("obligations", "max_gpu: \"2\"", "max_gpu: \"1\""),
            ("message", "\"no\"", "none"),
        ]
    );
}

#[test]
fn a_reason_is_the_whole_set_of_determining_policies() {
    assert!(!one(r#""decision": "allow", "reason": ["own-server", "never"]"#).passed());
    assert!(
        !one(
            r#""decision": "deny", "entities": "more/guests.json", "num_errors": 1, "reason": []"#
        )
        .passed()
    );
}

#[test]
fn a_case_that_cannot_be_decided_fails_and_the_rest_goes_on() {
    let bad = case(r#""decision": "allow", "name": "bad""#).replace("server:access", "server:fly");
    let none = case(r#""decision": "allow""#).replace("\"now\": \"2026-11-22T10:00:00Z\"", "");
    let outside = case(r#""decision": "allow", "entities": "../../etc/passwd""#);
    let twice = case(r#""decision": "allow", "entities": [{"uid": 1}]"#);
    let good = case(r#""decision": "allow", "name": "good""#);
    let text = format!("[{bad}, {none}, {outside}, {twice}, {good}]");
    let report = run(&[("tests/a.json", &text)], None).unwrap();
    let passed: Vec<bool> = report.results.iter().map(CaseResult::passed).collect();
    assert_eq!(passed, [false, false, false, false, true], "{report:?}");
    assert_eq!(report.failed(), 4);
    let error = |at: usize| report.results[at].error.clone().unwrap();
    assert!(error(0).contains("server:fly"), "{}", error(0));
    assert!(error(1).contains("now"), "{}", error(1));
    assert!(error(2).contains("neither a file in `tests`"), "{}", error(2));
    assert_eq!(report.results[1].name, "#2");
}

#[test]
fn policies_that_never_decided_are_told_and_a_filter_leaves_out() {
    let first = format!("[{}]", case(r#""decision": "allow", "name": "own""#));
    let second = format!(
        "[{}]",
        case(r#""decision": "deny", "entities": "more/guests.json", "num_errors": 1"#)
    );
    let files =
        [("tests/a.json", &*first), ("tests/b.json", &second), ("tests/more/guests.json", GUESTS)];
    let told = |report: &CaseReport| -> Vec<String> {
        report.undetermined.iter().map(ToString::to_string).collect()
    };
    let all = run(&files, None).unwrap();
    assert_eq!((all.results.len(), all.failed(), told(&all)), (2, 0, vec!["never".to_owned()]));
    let some = run(&files, Some("own")).unwrap();
    assert_eq!((some.results.len(), some.left_out), (1, 1));
    assert_eq!(told(&some), ["no-guests", "never"]);
}

#[test]
fn a_file_that_is_no_list_of_cases_is_refused_with_the_case_and_the_place() {
    let good = case(r#""decision": "allow""#);
    let bad = case("\"name\": \"odd\",\n\"decision\": \"allow\", \"reasons\": []");
    let error = run(&[("tests/a.json", &format!("[{good},\n{bad}]"))], None).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("tests/a.json:7:") && text.contains("case `odd`: unknown field `reasons`"),
        "{text}"
    );
    let error = run(&[("tests/a.json", "[{]")], None).unwrap_err();
    assert!(error.to_string().starts_with("tests/a.json:1:3"), "{error}");
    let wrong = good.replace(r#""User::\"ada\"""#, "7");
    let error = run(&[("tests/a.json", &format!("[{wrong}]"))], None).unwrap_err();
    assert!(error.to_string().contains("expected `Type::\"id\"`"), "{error}");
}
