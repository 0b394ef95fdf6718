use super::*;
use crate::bundle::Loose;
use crate::engine::{Options, Validation};
use crate::model::{Limits, Severity};

fn lints(files: &[(&str, &str)]) -> Vec<Problem> {
    let members = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
    lint(&Snapshot::build(&bundle, Options::default()).unwrap(), &bundle)
}

/// What one policy file is told of: codes and lines.
fn told(policies: &str) -> Vec<(&'static str, usize)> {
    let line = |problem: &Problem| problem.place.as_ref().unwrap().line_and_column().unwrap().0;
    lints(&[("a.cedar", policies)]).iter().map(|problem| (problem.code, line(problem))).collect()
}

#[test]
fn a_policy_without_scope_is_told_and_one_part_is_enough() {
    let guard = "forbid (principal, action, resource) unless { context has mfa };";
    assert_eq!(told(guard), [("lint.no_scope", 1)]);
    let scoped =
        "forbid (principal is Notebook::User, action, resource) unless { context has mfa };";
    assert_eq!(told(scoped), []);
}

#[test]
fn a_permit_without_condition_is_told_where_it_reaches_what_changes_something() {
    let permit = |action: &str| {
        format!("permit (principal in Notebook::Group::\"staff\", {action}, resource);")
    };
    for changing in [
        "action",
        "action in Notebook::Action::\"write\"",
        "action == Notebook::Action::\"contents:write\"",
        "action == Notebook::Action::\"contents:delete\"",
        "action in [Notebook::Action::\"contents:read\", Notebook::Action::\"group:delete\"]",
    ] {
        assert_eq!(told(&permit(changing)), [("lint.unconditional_permit", 1)], "{changing}");
        let conditional = permit(changing).replace(';', " when { context has mfa };");
        assert_eq!(told(&conditional), [], "{conditional}");
        let always = permit(changing).replace(';', " when { true };");
        assert!(!told(&always).is_empty(), "{always}");
        assert_eq!(told(&permit(changing).replace("permit", "forbid")), []);
    }
    assert_eq!(told(&permit("action in Notebook::Action::\"read\"")), []);
    assert_eq!(told(&permit("action == Notebook::Action::\"server:start\"")), []);
}

#[test]
fn a_forbid_that_can_error_is_told_at_what_can() {
    let forbid = |when: &str| {
        format!(
            "forbid (principal is Notebook::User, action == Notebook::Action::\"server:start\", \
             resource is Notebook::Server)\nwhen {{\n{when}\n}};"
        )
    };
    for risky in [
        "context has serverCount && context.serverCount + 1 > 3",
        "context has serverCount && -context.serverCount > 3",
        "context has server && context.server.owner == principal",
        "resource has profile && resource.profile has sensitivity && context has server && context.server.owner.admin",
    ] {
        let risky = risky.replace("context.server.owner.admin", "context.server.owner has admin");
        assert_eq!(told(&forbid(&risky)), [("lint.erroring_forbid", 3)], "{risky}");
        let permit = forbid(&risky).replacen("forbid", "permit", 1);
        assert_eq!(told(&permit), [], "an erroring permit only fails to permit");
    }
    for fine in [
        "context has serverCount && context.serverCount > 1 + 2",
        "resource.owner != principal",
        "context has server && context.server has owner && context.server.owner == principal",
        "context has server.owner && context.server.owner == principal",
        "principal has clearance && principal.clearance.rank > 1",
        "context.now > datetime(\"2026-01-01\")",
    ] {
        assert_eq!(told(&forbid(fine)), [], "{fine}");
    }
}

#[test]
fn without_a_schema_extension_values_and_tags_are_told() {
    let text = "forbid (principal == U::\"a\", action, resource) when { ip(context.a).isLoopback() };\n\
                forbid (principal == U::\"a\", action, resource) when { principal.getTag(\"x\") == 1 };\n\
                forbid (principal == U::\"a\", action, resource) when { principal.hasTag(\"x\") && principal.getTag(\"x\") == 1 };\n\
                forbid (principal == U::\"a\", action, resource) when { ip(\"127.0.0.1\").isLoopback() };";
    let policies = vec![("a.cedar".to_owned(), text.as_bytes().to_vec())];
    let bundle =
        Bundle::from_loose(Loose { policies, ..Loose::default() }, &Limits::default()).unwrap();
    let options = Options { validation: Validation::None, ..Options::default() };
    let problems = lint(&Snapshot::build(&bundle, options).unwrap(), &bundle);
    let ids: Vec<&str> = problems.iter().filter_map(|one| one.message.split('`').nth(1)).collect();
    assert_eq!(ids, ["policy0", "policy1"], "{problems:?}");
}

#[test]
fn ids_that_look_alike_are_told_and_others_are_not() {
    let policies = |one: &str, other: &str| {
        let policy =
            |id| format!("@id({id:?}) forbid (principal is Notebook::User, action, resource);\n");
        [policy(one), policy(other)].concat()
    };
    for (one, other) in [
        ("own-server", "Own-Server"),
        ("own-server", "own_server"),
        ("rule-l", "rule-1"),
        ("Intro", "intro"),
        ("Intro", "lntro"),
        ("policy-o", "policy-0"),
        ("admin", "аdmin"),
        ("admin", "ad\u{200b}min"),
    ] {
        assert_eq!(told(&policies(one, other)), [("lint.repeated_id", 2)], "{one} {other}");
    }
    for (one, other) in [("policy1", "policy2"), ("own-server", "own-servers"), ("mail", "mall")] {
        assert_eq!(told(&policies(one, other)), [], "{one} {other}");
    }
}

const POLICY: &str = "forbid (principal is Lab::Robot, action == Lab::Action::\"weld\", resource)\n\
                      unless { principal in Notebook::Group::\"staff\" || context has part };";
const SCHEMA: &str = "namespace Lab {\n\
    entity Robot in [Notebook::Group];\n\
    // The Idle type is unused.\n\
    entity Idle;\n\
    entity Part = { maker?: Set<Maker> };\n\
    entity Maker;\n\
    action \"make\", \"break\";\n\
    action \"weld\" in [\"make\"] appliesTo { principal: [Robot], resource: [Notebook::Server], context: { part?: Part } };\n\
    }";

#[test]
fn types_and_groups_that_nothing_can_name_are_told_where_they_are_declared() {
    let entities = r#"[
{"uid": {"type": "Notebook::Group", "id": "staff"}, "attrs": {}, "parents": []},
{"uid": {"type": "Notebook::Group", "id": "night-staff"}, "attrs": {}, "parents": [{"type": "Notebook::Group", "id": "staff"}]},
{"uid": {"type": "Notebook::Group", "id": "readers"}, "attrs": {}, "parents": []},
{"uid": {"type": "Notebook::User", "id": "ada"}, "attrs": {}, "parents": [{"type": "Notebook::Group", "id": "nobody"}]},
{"uid": {"type": "Notebook::Group", "id": "nobody"}, "attrs": {}, "parents": []},
{"uid": {"type": "Notebook::Profile", "id": "gpu"}, "attrs": {"groups": [{"type": "Notebook::Group", "id": "readers"}]}, "parents": []}
]"#;
    let problems =
        lints(&[("a.cedar", POLICY), ("schema.cedarschema", SCHEMA), ("entities.json", entities)]);
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "schema.cedarschema:4:8: entity type `Lab::Idle` is declared and never used",
            "entities.json:6:43: no policy and no entity uses group `Notebook::Group::\"nobody\"`",
            "schema.cedarschema:7:9: no policy uses action group `Lab::Action::\"make\"`",
        ]
    );
}

#[test]
fn many_of_a_kind_are_counted() {
    let group = |at: usize| {
        format!(
            r#"{{"uid": {{"type": "Notebook::Group", "id": "g{at}"}}, "attrs": {{}}, "parents": []}}"#
        )
    };
    let entities = format!("[{}]", (0..30).map(group).collect::<Vec<_>>().join(","));
    let problems = lints(&[("a.cedar", ""), ("entities.json", &entities)]);
    assert_eq!(problems.len(), MOST + 1);
    assert_eq!(problems[MOST].message, "and 10 more groups that nothing uses");
}

#[test]
fn a_template_that_is_never_linked_is_told() {
    let template = "\n@id(\"t\")\nforbid (principal == ?principal, action, resource);";
    let text = lints(&[("a.cedar", template)])[0].to_string();
    assert_eq!(text, "a.cedar:2:1: template `t` is never linked");
    let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let link = r#"[{"template_id": "t", "link_id": "l", "args": {"?principal": "U::\"a\""}}]"#;
    let policies = vec![file("a.cedar", template)];
    let loose = Loose { policies, links: Some(file("l.json", link)), ..Loose::default() };
    let bundle = Bundle::from_loose(loose, &Limits::default()).unwrap();
    assert_eq!(lint(&Snapshot::build(&bundle, Options::default()).unwrap(), &bundle), []);
}

#[test]
fn a_file_that_is_no_part_of_a_bundle_is_told() {
    let folder = std::env::temp_dir().join(format!("notegate-lint-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.cedar"), "").unwrap();
    std::fs::write(folder.join("b.ceder"), "").unwrap();
    let bundle = Bundle::from_folder(&folder, &Limits::default());
    std::fs::remove_dir_all(&folder).unwrap();
    let bundle = bundle.unwrap();
    let problems = lint(&Snapshot::build(&bundle, Options::default()).unwrap(), &bundle);
    assert_eq!((problems.len(), problems[0].code), (1, "lint.ignored_file"));
    assert!(problems.iter().all(|one| one.severity == Severity::Warning && one.help.is_some()));
}
