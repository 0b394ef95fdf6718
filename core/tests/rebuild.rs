//! A snapshot built after another is the snapshot that would have been built alone.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what is wrong")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use notegate::engine::Options;
use notegate::model::Limits;
use notegate::{Bundle, Snapshot};

type Members = BTreeMap<String, String>;

fn shipped(name: &str) -> Members {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies").join(name);
    let mut members = Members::new();
    let mut waiting: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                waiting.push(path);
            } else if [".cedar", ".json", ".cedarschema"].iter().any(|end| inside.ends_with(end))
                && (!inside.contains('/') || inside.starts_with("tests/"))
            {
                members.insert(inside, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    members
}

fn bundle(members: &Members) -> Bundle {
    let bytes = members.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes()));
    Bundle::from_members(bytes, &Limits::default()).unwrap()
}

/// What can be told of a snapshot, or why there is none.
fn told(bundle: &Bundle, built: Result<&Snapshot, String>) -> String {
    let snapshot = match built {
        Ok(snapshot) => snapshot,
        Err(error) => return error,
    };
    let ids: Vec<String> = snapshot.policies().iter().map(|info| format!("{info:?}")).collect();
    let cases = match snapshot.run_cases(bundle, None) {
        Ok(report) => format!("{report:?}"),
        Err(error) => format!("{error:?}"),
    };
    let lints: Vec<_> = notegate::engine::lint(snapshot, bundle);
    format!(
        "{} {} {ids:?} {:?} {lints:?} {cases}",
        snapshot.revision(),
        snapshot.entity_count(),
        snapshot.warnings()
    )
}

/// Goes from one bundle to the next, and holds what each gives against what it gives alone.
fn walk(steps: &[Members]) {
    let mut last: Option<Snapshot> = None;
    for (at, members) in steps.iter().enumerate() {
        let bundle = bundle(members);
        let alone = Snapshot::build(&bundle, Options::default());
        let next = match &last {
            Some(last) => last.rebuild(&bundle),
            None => Snapshot::build(&bundle, Options::default()),
        };
        let text = |error: &notegate::model::LoadError| format!("{error:?}");
        let expected = told(&bundle, alone.as_ref().map_err(text));
        let found = told(&bundle, next.as_ref().map_err(text));
        if found != expected {
            panic!("step {at}:\nfound {found}\nexpected {expected}");
        }
        if let Ok(next) = next {
            last = Some(next);
        }
    }
}

fn with(members: &Members, name: &str, change: impl Fn(&str) -> String) -> Members {
    let mut changed = members.clone();
    let text = changed.get(name).cloned().unwrap_or_default();
    changed.insert(name.to_owned(), change(&text));
    changed
}

#[test]
fn going_through_the_shipped_bundles_gives_each_as_if_it_were_the_first() {
    let shipped =
        ["minimal", "baseline", "regulated", "classroom", "baseline", "minimal", "minimal"];
    walk(&shipped.map(shipped_members));
}

fn shipped_members(name: &str) -> Members {
    shipped(name)
}

#[test]
fn each_change_of_a_member_is_seen() {
    let base = shipped("regulated");
    let policy = base.keys().find(|name| name.ends_with(".cedar")).unwrap().clone();
    let open = "\n@id(\"more\") permit (principal is Notebook::User, action == \
                Notebook::Action::\"hub:login\", resource in Notebook::Group::\"nobody\");";
    let more = with(&base, &policy, |text| text.to_owned() + open);
    let broken = with(&base, &policy, |text| text.to_owned() + "\npermit (principal");
    let wrong =
        with(&base, &policy, |text| text.to_owned() + &open.replace("hub:login", "no:such"));
    let twice = with(&more, "other.cedar", |_| open.to_owned());
    let unnamed = with(&base, "0.cedar", |_| {
        "forbid (principal, action, resource is Notebook::Port);".into()
    });
    let nobody = with(&base, "entities.json", |_| "[]".to_owned());
    let cycle = with(&base, "entities.json", |_| {
        let group = |id: &str, parent: &str| {
            format!(
                r#"{{"uid": {{"type": "Notebook::Group", "id": "{id}"}}, "attrs": {{}},
                    "parents": [{{"type": "Notebook::Group", "id": "{parent}"}}]}}"#
            )
        };
        format!("[{}, {}]", group("a", "b"), group("b", "a"))
    });
    let own = with(&base, "schema.cedarschema", |text| {
        text.to_owned() + "\nnamespace Rebuilt { entity Robot in [Notebook::Group]; }"
    });
    let labels = with(&base, "manifest.json", |text| {
        let mut manifest: serde_json::Value = serde_json::from_str(text).unwrap();
        manifest["sensitivity"] = serde_json::json!(["open", "closed"]);
        manifest.to_string()
    });
    walk(&[
        base.clone(),
        more.clone(),
        broken,
        wrong,
        twice,
        base.clone(),
        unnamed,
        nobody,
        cycle,
        more,
        own,
        base.clone(),
        labels,
        base,
    ]);
}

#[test]
fn names_that_nothing_needs_any_more_do_not_gather() {
    let step = |at: usize| {
        let policies: String = (0..600)
            .map(|number| {
                format!(
                    "permit (principal == Notebook::User::\"{at}-{number}\", action == \
                     Notebook::Action::\"hub:login\", resource);\n"
                )
            })
            .collect();
        Members::from([("a.cedar".to_owned(), policies)])
    };
    let steps: Vec<Members> = (0..12).map(step).collect();
    walk(&steps);
}

#[test]
fn a_handle_is_right_with_every_snapshot() {
    use notegate::request::Question;
    let policy = |id: &str| {
        let text = format!(
            "permit (principal == Notebook::User::\"{id}\", action == \
             Notebook::Action::\"hub:login\", resource);"
        );
        bundle(&Members::from([("a.cedar".to_owned(), text)]))
    };
    let ada = Snapshot::build(&policy("ada"), Options::default()).unwrap();
    let (bob, again) = (ada.rebuild(&policy("bob")).unwrap(), ada.rebuild(&policy("ada")).unwrap());
    let other = Snapshot::build(&policy("bob"), Options::default()).unwrap();
    let snapshots = [&ada, &bob, &again, &other];
    for from in snapshots {
        for id in ["ada", "bob", "eve"] {
            let handle = from.handle("Notebook::User", id);
            let hub = from.handle("Notebook::Hub", "hub");
            let action = ("Notebook::Action", "hub:login");
            let asked = Question::new(&handle, action, &hub, &[]).unwrap();
            let written =
                Question::new(("Notebook::User", id), action, ("Notebook::Hub", "hub"), &[]);
            for snapshot in snapshots {
                let expected = snapshot.answer(written.as_ref().unwrap()).decision();
                assert_eq!(snapshot.answer(&asked).decision(), expected);
            }
        }
    }
}
