//! The other commands: what they write, and the status they leave with.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Folder, notegate, notegate_with_input};

#[test]
fn every_pack_is_written_valid_and_its_tests_pass() {
    let packs = notegate(["init", "--list", "--format", "json"]).json();
    let names: Vec<&str> =
        packs.as_array().unwrap().iter().map(|pack| pack["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["minimal", "baseline", "classroom", "regulated"]);
    for name in names {
        let folder = Folder::new(&[]);
        let dir = folder.path("bundle");
        let run = notegate(["init", "--pack", name, &dir]);
        assert!(run.status == 0 && run.out.contains("notegate test"), "{run}");
        let run = notegate(["validate", &dir, "--deny-warnings", "--format", "json"]);
        assert_eq!((run.status, &run.json()["valid"]), (0, &Value::Bool(true)), "{name}: {run}");
        let run = notegate(["test", &dir]);
        assert!(run.status == 0 && run.out.contains(", 0 failed"), "{name}: {run}");
    }
}

#[test]
fn a_folder_that_is_not_empty_is_left_alone() {
    let folder = Folder::new(&[("mine.txt", "mine")]);
    notegate(["init", folder.root()]).refused(1, &["is not empty", "help: give a folder"]);
    assert_eq!(std::fs::read_dir(folder.root()).unwrap().count(), 1);
    notegate(["init", "--pack", "none", &folder.path("new")])
        .refused(1, &["there is no pack `none`", "baseline"]);
}

#[test]
fn arguments_that_cannot_be_read_are_1_and_help_is_0() {
    for args in
        [&["authorise"][..], &["test"], &["validate", "--nonsense"], &["authorize", "x"], &[]]
    {
        let run = notegate(args);
        assert_eq!((run.status, run.out.as_str()), (1, ""), "{args:?} {run}");
    }
    let commands = [
        "init",
        "validate",
        "test",
        "authorize",
        "explain",
        "bench",
        "bundle",
        "fmt",
        "schema",
        "demo",
        "completions",
    ];
    for command in commands {
        let run = notegate([command, "--help"]);
        assert_eq!(run.status, 0, "{run}");
        assert!(
            run.out.contains("--format <human|json>") && run.out.contains("Examples:"),
            "{run}"
        );
    }
    assert_eq!(notegate(["--version"]).status, 0);
    notegate(["validate", "x", "--format", "tap"]).refused(1, &["does not write test reports"]);
    notegate(["\u{1b}[31m\u{202e}odd"]).refused(1, &["\\u{202e}odd"]);
}

#[test]
fn an_invalid_bundle_is_3_with_its_place() {
    let folder = Folder::minimal();
    folder.write(
        "bad.cedar",
        "permit (principal, action, resource)\nwhen { resource.colour == 1 };\n",
    );
    let run = notegate(["validate", folder.root()]);
    run.refused(3, &["bad.cedar:2:8", "when { resource.colour == 1 };", "──"]);
    let run = notegate(["validate", folder.root(), "--format", "json"]);
    assert_eq!(run.status, 3, "{run}");
    let problem = &run.json()["problems"][0];
    assert_eq!(
        (problem["line"].as_u64(), &problem["file"]),
        (Some(2), &"bad.cedar".into()),
        "{run}"
    );
    folder.write("bad.cedar", "@id(\"own-things\") permit (principal, action, resource);");
    let run = notegate(["validate", folder.root()]);
    run.refused(3, &["policy id `own-things` is there twice"]);
}

#[test]
fn warnings_are_told_and_refuse_only_when_asked() {
    let folder = Folder::minimal();
    folder.write("open.cedar", "@id(\"open\") permit (principal, action, resource);");
    folder.write("notes.txt", "no part of it");
    let run = notegate(["validate", folder.root()]);
    assert!(
        run.status == 0 && run.err.contains("open.cedar") && run.out.contains("warning"),
        "{run}"
    );
    assert!(run.err.contains("`notes.txt` is no part of the bundle"), "{run}");
    assert_eq!(notegate(["validate", folder.root(), "--deny-warnings"]).status, 3);
}

#[test]
fn a_failing_case_shows_what_was_expected_and_what_came() {
    let folder = Folder::minimal();
    folder.write("tests/bad.json", CASES);
    let run = notegate(["test", folder.root()]);
    assert_eq!(run.status, 3, "{run}");
    for text in [
        "FAIL  tests/bad.json: ada may not \\u{1b}[31m",
        "decision: expected deny, got allow",
        "decided by members-log-in",
    ] {
        assert!(run.out.contains(text), "`{text}`: {run}");
    }
    run.harmless();
    let json =
        notegate(["test", folder.root(), "--filter", "ada may not", "--format", "json"]).json();
    assert_eq!((json["failed"].as_u64(), json["passed"].as_u64()), (Some(1), Some(0)), "{json}");
    assert!(json["left_out"].as_u64().unwrap() > 3, "{json}");
    let run = notegate(["test", folder.root(), "--filter", "no such case"]);
    run.refused(1, &["no test case contains `no such case`"]);
}

const CASES: &str = r##"[{"name": "ada may not \u001b[31m <&\"# log in", "decision": "deny", "reason": [], "num_errors": 0,
  "request": {"principal": "Notebook::User::\"ada\"", "action": "Notebook::Action::\"hub:login\"", "resource": "Notebook::Hub::\"main\"", "context": {"now": "2026-11-23T10:00:00Z"}}}]"##;

#[test]
fn policies_that_no_case_made_determining_are_named() {
    let folder = Folder::minimal();
    folder.write("never.cedar", "@id(\"never-asked\") permit (principal, action == Notebook::Action::\"hub:adminUI\", resource);");
    let run = notegate(["test", folder.root()]);
    assert!(run.status == 0 && run.out.contains("never determining:\n"), "{run}");
    let json = notegate(["test", folder.root(), "--format", "json"]).json();
    let ids: BTreeSet<&str> =
        json["undetermined"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert!(ids.contains("never-asked"), "{json}");
}

#[test]
fn a_bundle_without_cases_does_not_pass() {
    let folder = Folder::new(&[("a.cedar", "permit (principal, action, resource);")]);
    notegate(["test", folder.root()]).refused(1, &["there is no test case in it"]);
}

#[test]
fn junit_and_tap_are_well_formed() {
    let folder = Folder::minimal();
    folder.write("tests/bad.json", CASES);
    let run = notegate(["test", folder.root(), "--format", "junit"]);
    assert_eq!(run.status, 3, "{run}");
    run.harmless();
    well_formed(&run.out);
    assert!(run.out.contains("failures=\"1\"") && run.out.contains("&lt;&amp;"), "{run}");

    let run = notegate(["test", folder.root(), "--format", "tap"]);
    let plan =
        run.out.lines().nth(1).unwrap().strip_prefix("1..").unwrap().parse::<usize>().unwrap();
    let results =
        run.out.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok "));
    assert_eq!(results.count(), plan, "{run}");
    assert!(
        run.out.starts_with("TAP version 14\n") && run.out.contains("\\# log in\n  ---\n"),
        "{run}"
    );
}

/// Every element is closed by its own name, and no `<` or `&` stands bare.
fn well_formed(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml.split_once("?>").expect("a declaration").1;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(
            !text
                .replace("&lt;", "")
                .replace("&gt;", "")
                .replace("&amp;", "")
                .replace("&quot;", "")
                .replace("&apos;", "")
                .contains('&'),
            "{text}"
        );
        let (tag, after) = after.split_once('>').expect("a tag ends");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
        rest = after;
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn fmt_rewrites_and_check_only_tells() {
    let ugly = "permit(principal,action,resource)when{1==1};\n";
    let folder = Folder::new(&[("a.cedar", ugly), ("sub/b.cedar", ugly), ("c.txt", ugly)]);
    let run = notegate(["fmt", "--check", folder.root()]);
    assert_eq!((run.status, run.out.lines().count()), (3, 2), "{run}");
    assert_eq!(folder.read("a.cedar"), ugly);
    let run = notegate(["fmt", folder.root()]);
    assert_eq!((run.status, run.out.lines().count()), (0, 2), "{run}");
    assert_eq!(folder.read("a.cedar"), "permit (principal, action, resource)\nwhen { 1 == 1 };\n");
    assert_eq!(folder.read("c.txt"), ugly);
    let run = notegate(["fmt", "--check", folder.root(), "--format", "json"]);
    assert_eq!((run.status, run.json()["unchanged"].as_u64()), (0, Some(2)), "{run}");

    let run = notegate_with_input(["fmt", "-"], ugly.as_bytes());
    assert_eq!((run.status, run.out), (0, folder.read("a.cedar")));
    assert_eq!(notegate_with_input(["fmt", "--check", "-"], ugly.as_bytes()).status, 3);

    folder.write("a.cedar", "permit (");
    folder.write("sub/b.cedar", ugly);
    let run = notegate(["fmt", folder.root()]);
    run.refused(3, &["a.cedar"]);
    assert_ne!(folder.read("sub/b.cedar"), ugly, "the files after it are laid out all the same");
}

#[cfg(unix)]
#[test]
fn fmt_keeps_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = Folder::new(&[("real.cedar", "permit(principal,action,resource);")]);
    let mode =
        |name: &str| std::fs::metadata(folder.path(name)).unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(folder.path("real.cedar"), std::fs::Permissions::from_mode(0o640))
        .unwrap();
    symlink(folder.path("real.cedar"), folder.path("link.cedar")).unwrap();
    assert_eq!(notegate(["fmt", &folder.path("link.cedar")]).status, 0);
    assert_eq!(mode("real.cedar"), 0o640);
    assert!(std::fs::symlink_metadata(folder.path("link.cedar")).unwrap().is_symlink());
    assert_eq!(folder.read("real.cedar"), "permit (principal, action, resource);\n");
}

#[test]
fn the_schema_is_printed_and_listed() {
    let text = notegate(["schema"]);
    assert!(text.status == 0 && text.out.contains("namespace Notebook {"), "{text}");
    for (list, row) in [
        ("actions", "server:start"),
        ("context", "now"),
        ("groups", "execute"),
        ("types", "Notebook::Kernel"),
    ] {
        let run = notegate(["schema", "--list", list]);
        assert!(run.status == 0 && run.out.lines().any(|line| line.starts_with(row)), "{run}");
        let json = notegate(["schema", "--list", list, "--format", "json"]).json();
        assert!(json.as_array().is_some_and(|rows| rows.len() > 3), "{json}");
    }
}

#[test]
fn completions_are_there_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = notegate(["completions", shell]);
        assert!(run.status == 0 && run.out.contains("authorize"), "{run}");
    }
}

#[test]
fn the_demo_decides_a_day_and_a_change_turns_one_decision() {
    let folder = Folder::new(&[]);
    let dir = folder.path("kept");
    let run = notegate(["demo", "--dir", &dir]);
    assert_eq!(run.status, 0, "{run}");
    for text in ["ALLOW", "DENY", "p99", "closed-for-maintenance", "0 out of order, none lost"] {
        assert!(run.out.contains(text), "`{text}`: {run}");
    }
    let (policies, day) = (folder.path("kept/policies"), folder.path("kept/day.jsonl"));
    let again = notegate(["authorize", &policies, "--requests", &day]);
    assert_eq!((again.status, again.lines().len() > 200), (0, true), "{}", again.err);

    let json = notegate(["demo", "--format", "json"]).json();
    let change = &json["change"];
    assert_eq!(
        (&change["before"]["decision"], &change["after"]["decision"]),
        (&"allow".into(), &"deny".into())
    );
    assert_ne!(change["before"]["revision"], change["after"]["revision"]);
    let meanwhile = |name: &str| change["meanwhile"][name].as_u64().unwrap();
    assert!(
        meanwhile("by_the_old_revision") > 0 && meanwhile("by_the_new_revision") > 0,
        "{change}"
    );
    assert_eq!(meanwhile("out_of_order"), 0);
    assert_eq!(
        meanwhile("asked"),
        meanwhile("by_the_old_revision") + meanwhile("by_the_new_revision")
    );
}

#[test]
fn there_is_no_colour_where_there_is_no_terminal() {
    let folder = Folder::minimal();
    notegate(["test", folder.root(), "--verbose"]).harmless();
    notegate(["validate", "/no/such/bundle"]).harmless();
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_1() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = crate::support::program().args(["schema"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"));
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_ends_it_without_a_word() {
    let mut child = crate::support::program().args(["schema"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), b"".as_slice()));
}
