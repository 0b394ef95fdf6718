//! Every bundle, every case.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use std::fs;
use std::path::PathBuf;

use notegate::adapters::json::RequestJson;
use notegate::engine::{CrossCheck, Options, format, lint};
use notegate::model::{Limits, Timestamp};
use notegate::pdp::FixedClock;
use notegate::{Bundle, Pdp, Snapshot};

fn bundles() -> Vec<(String, Bundle)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    let bundles = folders.iter().map(|folder| {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        (name, Bundle::from_folder(folder, &Limits::default()).unwrap())
    });
    let bundles: Vec<_> = bundles.collect();
    let names: Vec<&str> = bundles.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["baseline", "classroom", "minimal", "regulated"]);
    bundles
}

#[test]
fn every_case_of_every_bundle_passes_and_every_policy_decides_one() {
    for (name, bundle) in bundles() {
        assert_eq!(bundle.manifest().name, name);
        let snapshot = Snapshot::build(&bundle, Options::default()).unwrap();
        let report = snapshot.run_cases(&bundle, None).unwrap();
        assert!(report.results.len() > 10, "{name} has {} cases", report.results.len());
        let failed: Vec<_> = report.results.iter().filter(|result| !result.passed()).collect();
        assert!(failed.is_empty(), "{name}: {failed:#?}");
        // A grant that a forbid beats is worth a case, and decides none.
        let undetermined = report.undetermined.iter().map(ToString::to_string);
        let undetermined: Vec<_> = undetermined.filter(|id| !id.starts_with("grant:")).collect();
        assert!(undetermined.is_empty(), "{name}: {undetermined:?}");
    }
}

#[test]
fn nothing_in_a_shipped_bundle_is_warned_of() {
    for (name, bundle) in bundles() {
        let snapshot = Snapshot::build(&bundle, Options::default()).unwrap();
        assert!(snapshot.warnings().is_empty(), "{name}: {:?}", snapshot.warnings());
        let lints = lint(&snapshot, &bundle);
        assert!(lints.is_empty(), "{name}: {lints:#?}");
    }
}

#[test]
fn every_policy_of_a_shipped_bundle_has_an_id_of_its_own_making() {
    for (name, bundle) in bundles() {
        let snapshot = Snapshot::build(&bundle, Options::default()).unwrap();
        for policy in snapshot.policies() {
            let id = policy.id.to_string();
            let number = id.strip_prefix("policy").and_then(|rest| rest.parse::<usize>().ok());
            assert!(number.is_none(), "{name}: {} has no `@id`", policy.place.file);
        }
    }
}

#[test]
fn the_policies_of_a_shipped_bundle_are_laid_out_by_the_formatter() {
    // `minimal` is ten lines to read first, and the formatter would make them twenty-five.
    for (name, bundle) in bundles().into_iter().filter(|(name, _)| name != "minimal") {
        for member in bundle.policies() {
            let formatted = format(member, &Limits::default()).unwrap();
            assert!(*formatted == *member.text, "{name}/{}: run `notegate fmt`", member.name);
        }
    }
}

#[test]
fn a_day_of_the_baseline_hub_is_decided_without_errors_and_alike_by_both_evaluators() {
    let (_, bundle) = bundles().swap_remove(0);
    let options = Options { cross_check: CrossCheck::Always, ..Options::default() };
    let clock = FixedClock(Timestamp::from_millis(0).unwrap());
    let pdp = Pdp::builder(clock, 0).options(options).open(&bundle).unwrap();
    let day = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policies/day.jsonl");
    let (mut allowed, mut denied) = (0, 0);
    for line in fs::read_to_string(day).unwrap().lines() {
        let request = RequestJson::read(line, &pdp.shape()).unwrap();
        let response = pdp.authorize(&request);
        assert!(response.errors().is_empty(), "{line}: {:?}", response.errors());
        *if response.allowed() { &mut allowed } else { &mut denied } += 1;
    }
    assert_eq!((allowed, denied, pdp.mismatches()), (255, 145, 0));
}
