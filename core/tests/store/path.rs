//! Folders and files that are followed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notegate::Pdp;
use notegate::store::{Event, PathSource, Rules};
use tempfile::TempDir;

use crate::support::{
    Events, OPEN, SHUT, builder, clock, decides, last_error, made, replace, signed_rules,
};

/// So slow that nothing is found but by the system's notices.
const NEVER: Duration = Duration::from_secs(100_000);

fn follow(path: &Path, poll: Duration, rules: Rules) -> (Pdp, Events) {
    let (builder, events) = builder(&clock(), rules);
    let source = PathSource::new(path).poll(poll).settles(Duration::from_millis(20));
    let pdp = builder.follow(source).unwrap();
    events.wait("activated");
    (pdp, events)
}

fn folder(policy: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), policy);
    folder
}

fn write(folder: &Path, policy: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("policy.cedar"), policy).unwrap();
}

#[test]
#[cfg(feature = "watch")]
fn a_file_that_is_written_in_place_is_in_force_soon() {
    let folder = folder(OPEN);
    let (pdp, events) = follow(folder.path(), NEVER, Rules::default());
    for (policy, expected) in [(SHUT, "shut"), (OPEN, "open")] {
        write(folder.path(), policy);
        events.wait("activated");
        assert_eq!(decides(&pdp), expected);
    }
}

#[test]
#[cfg(feature = "watch")]
fn a_file_that_an_editor_renames_into_place_is_in_force_soon() {
    let folder = folder(OPEN);
    let (pdp, events) = follow(folder.path(), NEVER, Rules::default());
    let file = folder.path().join("policy.cedar");
    fs::rename(&file, folder.path().join("policy.cedar~")).unwrap();
    replace(&file, SHUT.as_bytes());
    events.wait("activated");
    assert_eq!(decides(&pdp), "shut");
}

#[test]
#[cfg(feature = "watch")]
fn a_whole_bundle_in_one_file_is_followed_when_it_is_replaced() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("hub.bundle");
    fs::write(&file, made(1, OPEN).bytes()).unwrap();
    let (pdp, events) = follow(&file, NEVER, signed_rules());
    replace(&file, &made(2, SHUT).bytes());
    events.wait("activated");
    assert_eq!((decides(&pdp).as_str(), pdp.status().sequence), ("shut", 2));
}

/// As the kubelet does: files link into `..data`, which links to a folder, and is replaced.
#[test]
#[cfg(all(feature = "watch", unix))]
fn a_config_map_is_followed_when_its_data_link_is_swapped() {
    use std::os::unix::fs::symlink;
    let mount = TempDir::new().unwrap();
    let swap = |stamp: &str, policy: &str| {
        write(&mount.path().join(stamp), policy);
        symlink(stamp, mount.path().join("..data_tmp")).unwrap();
        fs::rename(mount.path().join("..data_tmp"), mount.path().join("..data")).unwrap();
    };
    swap("..2026_11_25_09_00_00.1", OPEN);
    symlink("..data/policy.cedar", mount.path().join("policy.cedar")).unwrap();
    let (pdp, events) = follow(mount.path(), NEVER, Rules::default());
    assert_eq!(decides(&pdp), "open");
    for (stamp, policy, expected) in [("..2", SHUT, "shut"), ("..3", OPEN, "open")] {
        swap(stamp, policy);
        events.wait("activated");
        assert_eq!(decides(&pdp), expected);
    }
}

#[test]
#[cfg(feature = "watch")]
fn a_folder_that_is_deleted_and_made_again_is_followed_again() {
    let above = TempDir::new().unwrap();
    let folder = above.path().join("policies");
    write(&folder, OPEN);
    let (pdp, events) = follow(&folder, NEVER, Rules::default());
    for (policy, expected) in [(SHUT, "shut"), (OPEN, "open")] {
        fs::remove_dir_all(&folder).unwrap();
        events.wait_for("unreachable", |event| {
            // A look that comes while the folder is being deleted finds it without policies.
            matches!(event, Event::Unreachable { .. })
        });
        crate::support::until("the status says why", || last_error(&pdp).is_some());
        write(&folder, policy);
        events.wait("recovered");
        assert_eq!(decides(&pdp), expected);
    }
}

#[test]
#[cfg(all(feature = "watch", unix))]
fn a_link_to_a_folder_is_followed_when_it_is_turned_to_another() {
    use std::os::unix::fs::symlink;
    let above = TempDir::new().unwrap();
    let at = |name: &str| above.path().join(name);
    write(&at("v1"), OPEN);
    write(&at("v2"), SHUT);
    symlink("v1", at("current")).unwrap();
    let (pdp, events) = follow(&at("current"), NEVER, Rules::default());
    symlink("v2", at("next")).unwrap();
    fs::rename(at("next"), at("current")).unwrap();
    events.wait("activated");
    assert_eq!(decides(&pdp), "shut");
}

/// A link behind a link is turned, of which the system gives no notice; as on a network file system.
#[test]
#[cfg(unix)]
fn without_notices_a_change_is_found_by_looking_now_and_then() {
    use std::os::unix::fs::symlink;
    let (elsewhere, here) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let there = |name: &str| elsewhere.path().join(name);
    write(&there("v1"), OPEN);
    write(&there("v2"), SHUT);
    symlink("v1", there("link")).unwrap();
    symlink(there("link"), here.path().join("current")).unwrap();
    let current = here.path().join("current");
    let (pdp, events) = follow(&current, Duration::from_millis(30), Rules::default());
    symlink("v2", there("next")).unwrap();
    fs::rename(there("next"), there("link")).unwrap();
    events.wait("activated");
    assert_eq!(decides(&pdp), "shut");
}

#[test]
fn a_look_that_is_asked_for_finds_what_is_new() {
    let folder = folder(OPEN);
    let (pdp, events) = follow(folder.path(), NEVER, Rules::default());
    write(folder.path(), SHUT);
    pdp.look();
    events.wait("activated");
    assert_eq!(decides(&pdp), "shut");
}

#[test]
fn a_bad_policy_leaves_the_last_good_one_in_force_and_mending_it_recovers() {
    let folder = folder(OPEN);
    let (pdp, events) = follow(folder.path(), NEVER, Rules::default());
    write(folder.path(), "permit (principal, action");
    pdp.look();
    events.wait("refused");
    crate::support::until("the status says why", || last_error(&pdp) == Some("policy.syntax"));
    assert_eq!(decides(&pdp), "open");
    // Nothing new: it is still refused, and not read again.
    let failures = pdp.status().bundle.consecutive_failures;
    pdp.look();
    crate::support::until("it is looked at", || {
        pdp.status().bundle.consecutive_failures > failures
    });
    assert!(!events.codes().contains(&"refused"));
    write(folder.path(), SHUT);
    pdp.look();
    events.wait("recovered");
    assert_eq!(decides(&pdp), "shut");
}

/// Two files that belong together are written one after the other, again and again, faster than a
/// folder settles: no decision is ever made by the one without the other.
#[test]
#[cfg(feature = "watch")]
fn a_folder_that_is_half_written_is_never_in_force() {
    let folder = TempDir::new().unwrap();
    let policy = |name: &str, effect: &str, round: usize| {
        format!(
            "@id(\"{name}-{round}\")\n{effect} (principal, action == Notebook::Action::\"hub:login\", resource);"
        )
    };
    let write = |round: usize| {
        fs::write(folder.path().join("a.cedar"), policy("permit", "permit", round)).unwrap();
        fs::write(folder.path().join("b.cedar"), policy("forbid", "forbid", round)).unwrap();
    };
    write(0);
    let (builder, events) = builder(&clock(), Rules::default());
    let source = PathSource::new(folder.path()).poll(NEVER).settles(Duration::from_secs(1));
    let pdp = builder.follow(source).unwrap();
    events.wait("activated");
    for round in 1..300 {
        write(round);
        let ids: Vec<String> =
            pdp.snapshot().policies().iter().map(|policy| policy.id.to_string()).collect();
        let rounds: Vec<&str> = ids.iter().map(|id| id.rsplit('-').next().unwrap()).collect();
        assert!(rounds.len() == 2 && rounds[0] == rounds[1], "{ids:?}");
    }
    events.wait("activated");
    crate::support::until("the last round is in force", || {
        pdp.snapshot().policies().iter().all(|policy| policy.id.to_string().ends_with("-299"))
    });
}

/// However long the writer pauses: a signed bundle is whole or refused.
#[test]
fn a_signed_bundle_that_is_half_written_is_refused_however_long_it_stays_so() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("hub.bundle");
    fs::write(&file, made(1, OPEN).bytes()).unwrap();
    let (pdp, events) = follow(&file, NEVER, signed_rules());
    let next = made(2, SHUT).bytes();
    for length in [0, 1, 100, 512, 700, next.len() / 2, next.len() - 1_100] {
        fs::write(&file, &next[..length]).unwrap();
        pdp.look();
        events.wait("refused");
        assert_eq!(decides(&pdp), "open", "{length} of {} bytes", next.len());
    }
    fs::write(&file, &next).unwrap();
    pdp.look();
    events.wait("recovered");
    assert_eq!(decides(&pdp), "shut");
}

#[test]
fn the_thread_ends_when_the_decision_point_is_dropped() {
    let folder = folder(OPEN);
    let clock = clock();
    let (builder, _events) = builder(&clock, Rules::default());
    let pdp = builder.follow(PathSource::new(folder.path()).poll(NEVER)).unwrap();
    assert!(clock.holders() > 0);
    drop(pdp);
    assert_eq!(clock.holders(), 0, "whoever followed holds nothing any more");
}

/// What is told last may be what makes the host let everything go.
#[test]
fn a_decision_point_may_be_dropped_by_whoever_is_told_of_an_event() {
    use std::sync::{Arc, Mutex, mpsc::channel};
    let folder = folder(OPEN);
    let held: Arc<Mutex<Option<Pdp>>> = Arc::default();
    let (dropped, done) = channel();
    let let_go = Arc::clone(&held);
    let builder = Pdp::builder(clock(), 7).observer(move |_: &Event| {
        if let Some(pdp) = let_go.lock().unwrap().take() {
            drop(pdp);
            dropped.send(()).unwrap();
        }
    });
    let pdp = builder.follow(PathSource::new(folder.path()).poll(NEVER)).unwrap();
    *held.lock().unwrap() = Some(pdp);
    write(folder.path(), SHUT);
    if let Some(pdp) = held.lock().unwrap().as_ref() {
        pdp.look();
    }
    done.recv_timeout(Duration::from_secs(60)).unwrap();
}

#[test]
fn a_folder_that_is_not_there_at_the_start_is_refused_with_its_name() {
    let missing = PathBuf::from("/nowhere/policies");
    let (builder, events) = builder(&clock(), Rules::default());
    let error = builder.follow(PathSource::new(missing)).err().unwrap();
    assert!(error.to_string().contains("/nowhere/policies"), "{error}");
    assert_eq!(events.codes(), ["unreachable"]);
}
