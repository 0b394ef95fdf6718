//! Input that is wrong, hostile or too large: the right status, the place and the limit, no panic.

use std::fs::File;

use crate::support::{Folder, notegate, notegate_with_input};

const PERMIT: &str = "permit (principal, action, resource);";

/// `authorize` with loose parts: `(flag, file)` pairs, and an ordinary request.
fn decide(parts: &[(&str, &str)], extra: &[&str]) -> crate::support::Run {
    let parts = parts.iter().flat_map(|(flag, file)| [*flag, *file]);
    let request = ["-l", "U::\"a\"", "-a", "Action::\"go\"", "-r", "R::\"r\""];
    notegate(["authorize"].into_iter().chain(parts).chain(request).chain(extra.iter().copied()))
}

/// Entities as JSON: ids, each with the ids of its parents.
fn entities(all: &[(&str, &[&str])]) -> String {
    let uid = |id: &&str| serde_json::json!({"type": "G", "id": id});
    let all = all.iter().map(|(id, parents)| {
        let parents: Vec<_> = parents.iter().map(uid).collect();
        serde_json::json!({"uid": uid(id), "attrs": {}, "parents": parents})
    });
    serde_json::Value::Array(all.collect()).to_string()
}

#[test]
fn a_malformed_policy_is_3_with_its_place_underlined() {
    let folder = Folder::new(&[("p.cedar", "permit (principal, action, resource)\nwhen { 1 + };")]);
    let policies = folder.path("p.cedar");
    decide(&[("--policies", &policies)], &[]).refused(3, &["p.cedar:2:12", "when { 1 + };", "┬"]);
    let run = notegate(["validate", "--policies", &policies, "--format", "json"]);
    assert_eq!((run.status, run.json()["problems"][0]["line"].as_u64()), (3, Some(2)), "{run}");
    notegate(["fmt", &policies]).refused(3, &["p.cedar:2:12"]);
    notegate([
        "explain",
        "--policies",
        &policies,
        "-l",
        "U::\"a\"",
        "-a",
        "Action::\"go\"",
        "-r",
        "R::\"r\"",
    ])
    .refused(3, &["p.cedar:2:12"]);
}

#[test]
fn a_malformed_schema_or_entity_file_is_3_with_its_place() {
    let folder = Folder::new(&[
        ("p.cedar", PERMIT),
        ("s.cedarschema", "entity U;\nentity = ;"),
        ("e.json", "[{\"uid\": {\"type\": \"U\"}}]"),
        ("half.json", "[{"),
    ]);
    let policies = folder.path("p.cedar");
    let with =
        |flag, name: &str| decide(&[("--policies", &policies), (flag, &folder.path(name))], &[]);
    with("--schema", "s.cedarschema").refused(3, &["s.cedarschema:2:"]);
    with("--entities", "e.json").refused(3, &["e.json", "id"]);
    with("--entities", "half.json").refused(3, &["half.json", "line 1"]);
    with("--template-linked", "half.json").refused(3, &["half.json", "line 1"]);
}

#[test]
fn a_malformed_request_is_1_with_its_place() {
    let folder = Folder::minimal();
    let request = |text: &str| notegate(["authorize", folder.root(), "--request", text]);
    request("{\"principal\":\n nonsense}").refused(1, &["line 2 column"]);
    request("{}").refused(1, &["missing field `principal`"]);
    folder.write("request.txt", "[1]");
    request(&folder.path("request.txt")).refused(1, &["request.txt"]);
    request(&folder.path("absent.json")).refused(1, &["absent.json", "No such file"]);
    request(folder.root()).refused(1, &["directory"]);
    let run = notegate([
        "authorize",
        folder.root(),
        "-l",
        "ada",
        "-a",
        "hub:login",
        "-r",
        "Hub::\"main\"",
    ]);
    run.refused(1, &["principal: `ada` is not an entity uid", "help: write it as `Type::\"id\"`"]);
    let run = notegate(["authorize", folder.root(), "-l", "User::\"ada\""]);
    run.refused(1, &["--resource"]);
}

#[test]
fn an_unknown_action_or_a_wrong_principal_type_is_1() {
    let folder = Folder::minimal();
    let ask = |principal: &str, action: &str| {
        notegate(["authorize", folder.root(), "-l", principal, "-a", action, "-r", "Hub::\"main\""])
    };
    ask("User::\"ada\"", "hub:burn").refused(1, &["hub:burn"]);
    ask("Dataset::\"d\"", "hub:login").refused(1, &["Notebook::Dataset"]);
    let line = "{\"principal\":\"User::\\\"ada\\\"\",\"action\":\"hub:burn\",\"resource\":\"Hub::\\\"main\\\"\"}";
    let run = notegate_with_input(["authorize", folder.root(), "--requests", "-"], line.as_bytes());
    assert_eq!(run.status, 1, "{run}");
    assert_eq!(run.lines()[0]["error"]["line"], 1, "{run}");
}

#[test]
fn a_folder_that_is_absent_or_empty_is_refused() {
    let folder = Folder::new(&[("file", "x")]);
    let (absent, empty, file) = (folder.path("absent"), folder.path("empty"), folder.path("file"));
    std::fs::create_dir(&empty).unwrap();
    for command in ["validate", "test"] {
        notegate([command, &absent]).refused(1, &["absent", "No such file"]);
        notegate([command, &empty]).refused(3, &["there is no `*.cedar` file in it"]);
        notegate([command, &file])
            .refused(3, &["file: it is not a bundle in its single-file form"]);
    }
    decide(&[("--policies", &absent)], &[]).refused(1, &["absent", "No such file"]);
    decide(&[("--policies", &empty)], &[]).refused(3, &["empty", "no `*.cedar`"]);
    notegate(["fmt", &absent]).refused(1, &["absent"]);
    notegate(["schema", "--bundle", &absent]).refused(1, &["absent"]);
    notegate(["authorize", &absent, "--requests", "-"]).refused(1, &["absent"]);
    decide(&[("--policies", &folder.path("empty/../file"))], &[]).refused(3, &["file"]);
}

#[test]
fn a_file_that_is_not_utf8_is_1_with_its_place() {
    let folder = Folder::new(&[("p.cedar", PERMIT), ("b/manifest.json", "{}")]);
    folder.write("bad", b"[]\xff");
    folder.write("b/p.cedar", b"permit\xff");
    let (good, bad) = (folder.path("p.cedar"), folder.path("bad"));
    decide(&[("--policies", &bad)], &[])
        .refused(1, &["bad: it is not UTF-8 from byte 2 on", "save it as UTF-8"]);
    for flag in ["--entities", "--schema", "--template-linked"] {
        decide(&[("--policies", &good), (flag, &bad)], &[])
            .refused(1, &["not UTF-8 from byte 2 on"]);
    }
    decide(&[("--policies", &good)], &["--context", &bad])
        .refused(1, &["not UTF-8 from byte 2 on"]);
    notegate(["validate", &folder.path("b")])
        .refused(1, &["p.cedar: it is not UTF-8 from byte 6 on"]);
    notegate(["fmt", &bad]).refused(1, &["not UTF-8 from byte 2 on"]);
}

#[test]
fn a_file_of_100_mb_is_1_and_names_the_limit() {
    let folder = Folder::new(&[("p.cedar", PERMIT), ("b/p.cedar", "")]);
    for name in ["huge", "b/p.cedar"] {
        File::create(folder.path(name)).unwrap().set_len(100 << 20).unwrap();
    }
    let (good, huge) = (folder.path("p.cedar"), folder.path("huge"));
    let limit = "limit `member_bytes` is 67108864, found 104857600";
    decide(&[("--policies", &huge)], &[]).refused(1, &["huge", limit]);
    for flag in ["--entities", "--schema", "--template-linked"] {
        decide(&[("--policies", &good), (flag, &huge)], &[]).refused(1, &["huge", limit]);
    }
    decide(&[("--policies", &good)], &["--context", &huge])
        .refused(1, &["limit `request_bytes` is 1048576"]);
    notegate(["validate", &folder.path("b")]).refused(1, &["p.cedar", limit]);
    notegate(["test", &folder.path("b")]).refused(1, &["p.cedar", limit]);
    notegate(["fmt", "--check", &huge]).refused(1, &["huge", limit]);
    let run = notegate(["authorize", "--policies", &good, "--requests", &huge]);
    assert_eq!(run.status, 1, "{run}");
    assert_eq!(run.lines()[0]["error"]["code"], "request.limit", "{run}");
    let run = decide(&[("--policies", &good)], &["--limit", "member_bytes=9"]);
    run.refused(1, &["p.cedar", "limit `member_bytes` is 9, found 37"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_1_and_is_not_waited_for() {
    let folder = Folder::new(&[("p.cedar", PERMIT)]);
    let (good, pipe) = (folder.path("p.cedar"), folder.path("pipe"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    decide(&[("--policies", &pipe)], &[]).refused(1, &["pipe: it is not a regular file"]);
    decide(&[("--policies", "/dev/zero")], &[]).refused(1, &["it is not a regular file"]);
    decide(&[("--policies", &good), ("--entities", folder.root())], &[])
        .refused(1, &["it is not a regular file"]);
    notegate(["fmt", &pipe]).refused(1, &["it is not a regular file"]);
    notegate(["authorize", "--policies", &good, "--requests", folder.root()])
        .refused(1, &["it is a folder"]);
}

#[test]
fn json_that_nests_100_000_deep_is_refused_by_its_limit() {
    let deep = "[".repeat(100_000);
    let folder = Folder::new(&[
        ("p.cedar", PERMIT),
        ("deep", &deep),
        ("policies.json", &"{\"a\":".repeat(100_000)),
    ]);
    let (good, file) = (folder.path("p.cedar"), folder.path("deep"));
    let limit = "limit `json_nesting` is 32, found 33 at line 1";
    decide(&[("--policies", &good), ("--entities", &file)], &[]).refused(3, &["deep", limit]);
    let object = format!("{{\"a\":{deep}");
    decide(&[("--policies", &good)], &["--context", &object]).refused(1, &[limit]);
    notegate(["authorize", "--policies", &good, "--request", &object]).refused(1, &[limit]);
    let run = notegate_with_input(
        ["authorize", "--policies", &good, "--requests", "-"],
        object.as_bytes(),
    );
    assert!(run.status == 1 && run.out.contains(limit), "{run}");
    decide(&[("--policies", &folder.path("policies.json"))], &[])
        .refused(3, &["policies.json", "line 1"]);
    decide(&[("--policies", &good), ("--template-linked", &file)], &[])
        .refused(3, &["deep", "line 1"]);
    let schema = folder.path("policies.json");
    decide(&[("--policies", &good), ("--schema", &schema)], &[]).refused(3, &[limit]);
    folder.write("b/a.cedar", PERMIT);
    for name in ["manifest.json", "entities.json", "grants.json", "tests/a.json"] {
        folder.write(&format!("b/{name}"), &deep);
        notegate(["test", &folder.path("b")]).refused(3, &[name, limit]);
        std::fs::remove_file(folder.path(&format!("b/{name}"))).unwrap();
    }
}

#[test]
fn a_policy_that_nests_too_deep_is_refused_by_its_limit() {
    let brackets =
        format!("permit (principal, action, resource) when {{ {} }};", "(".repeat(100_000));
    let operators =
        format!("permit (principal, action, resource) when {{ {}true }};", "!".repeat(100_000));
    let folder = Folder::new(&[("a.cedar", &brackets), ("b.cedar", &operators)]);
    let of = |name: &str| decide(&[("--policies", &folder.path(name))], &[]);
    of("a.cedar").refused(3, &["a.cedar", "limit `policy_nesting` is "]);
    of("b.cedar").refused(3, &["b.cedar", "limit `policy_operators` is "]);
    notegate(["fmt", &folder.path("a.cedar")]).refused(3, &["limit `policy_nesting` is "]);
}

#[test]
fn a_cycle_or_a_repeated_entity_is_3_by_name() {
    let cycle = entities(&[("one", &["two"]), ("two", &["three"]), ("three", &["one"])]);
    let twice = entities(&[("one", &[]), ("one", &[])]);
    let folder =
        Folder::new(&[("p.cedar", PERMIT), ("cycle.json", &cycle), ("twice.json", &twice)]);
    let policies = folder.path("p.cedar");
    let of =
        |name: &str| decide(&[("--policies", &policies), ("--entities", &folder.path(name))], &[]);
    of("cycle.json").refused(3, &["cycle.json", "cycle"]);
    of("twice.json").refused(3, &["twice.json", "entity `G::\"one\"` is there twice"]);
}

#[test]
fn ids_that_could_deceive_are_shown_escaped() {
    let nasty = "x\" || true\n\0\u{1b}[31m\u{202e}\u{2066}\u{200f}\u{61c}";
    let policy =
        format!("@id({nasty:?}) @message({nasty:?}) forbid (principal, action, resource);");
    // Rust's escapes are the language's own but for the quote around it.
    let folder = Folder::new(&[("p.cedar", &policy)]);
    let uid = serde_json::json!({"type": "U", "id": nasty}).to_string();
    let policies = folder.path("p.cedar");
    // No argument can hold a NUL, so it comes in a file.
    folder.write(
        "request.json",
        format!("{{\"principal\":{uid},\"action\":\"Action::\\\"go\\\"\",\"resource\":{uid}}}"),
    );
    let request = folder.path("request.json");
    let args = ["--policies", &policies, "--request", &request];
    let run = notegate(["authorize"].into_iter().chain(args));
    assert_eq!(run.status, 2, "{run}");
    run.harmless();
    assert!(
        run.out.contains("x\" || true\\n\\0\\u{1b}[31m\\u{202e}\\u{2066}\\u{200f}\\u{61c}"),
        "{run}"
    );
    let run = notegate(["explain"].into_iter().chain(args));
    assert_eq!(run.status, 2, "{run}");
    run.harmless();

    // In errors about a request, a file name, and the text of a policy.
    let minimal = Folder::minimal();
    let nasty = nasty.replace('\0', "");
    let run = notegate([
        "authorize",
        minimal.root(),
        "-l",
        &nasty,
        "-a",
        "hub:login",
        "-r",
        "Hub::\"main\"",
    ]);
    run.refused(1, &["\\u{1b}[31m"]);
    notegate(["validate", "\u{1b}[31m\u{202e}nowhere"])
        .refused(1, &["\\u{1b}[31m\\u{202e}nowhere"]);
    folder.write(
        "bad.cedar",
        "permit (principal, action, resource) // \u{1b}[31m\u{202e}\nwhen { \u{1b} };",
    );
    notegate(["validate", "--policies", &folder.path("bad.cedar")]).refused(3, &["\\u{1b}"]);
    let twice = format!("@id({nasty:?}) permit (principal, action, resource);");
    folder.write("twice.cedar", [twice.as_str(), &twice].concat());
    notegate(["validate", "--policies", &folder.path("twice.cedar")])
        .refused(3, &["is there twice", "\\u{202e}"]);
}

#[test]
fn an_error_is_json_where_json_was_asked_for() {
    let run = notegate(["authorize", "/no/such", "--requests", "-", "--format", "json"]);
    assert_eq!((run.status, run.out.as_str()), (1, ""), "{run}");
    let error: serde_json::Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!(error["error"]["code"], "file.unreadable", "{run}");
}
