//! What survives a restart, and what happens when it is damaged.

use std::fs;
use std::path::Path;
use std::process::Command;

use notegate::model::{LoadError, LoadErrorKind};
use notegate::store::{Event, Origin, Part, PathSource};
use notegate::{Bundle, Pdp};
use tempfile::TempDir;

use crate::support::{
    Events, Made, OPEN, SHUT, at, builder, clock, decides, last_error, made, replace, signed_rules,
    until,
};

/// A place for a bundle, and a state folder.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn bundle(&self) -> std::path::PathBuf {
        self.0.path().join("bundle")
    }

    fn state(&self) -> std::path::PathBuf {
        self.0.path().join("state")
    }

    fn put(&self, made: &Made) {
        replace(&self.bundle(), &made.bytes());
    }

    fn start(&self) -> Result<(Pdp, Events), LoadError> {
        let (builder, events) = builder(&clock(), signed_rules());
        let builder = builder.state_folder(self.state());
        Ok((builder.follow(PathSource::new(self.bundle()))?, events))
    }

    /// The decision point starts with this bundle, and is stopped again.
    fn ran_with(self, made: &Made) -> Self {
        self.put(made);
        drop(self.start().unwrap());
        self
    }

    /// The copy of the last good bundle.
    fn copy(&self) -> std::path::PathBuf {
        let entries = fs::read_dir(self.state()).unwrap().map(|entry| entry.unwrap().path());
        let copies = entries.filter(|path| path.to_string_lossy().contains("/bundle-"));
        let copies: Vec<_> = copies.collect();
        assert_eq!(copies.len(), 1, "{copies:?}");
        copies.into_iter().next().unwrap()
    }
}

fn damage(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_older_bundle_is_refused_after_a_restart_too() {
    let home = Home::new().ran_with(&made(5, OPEN));
    home.put(&made(4, SHUT));
    let (pdp, events) = home.start().unwrap();
    assert_eq!((decides(&pdp).as_str(), pdp.status().sequence), ("open", 5));
    assert_eq!(pdp.status().origin, Origin::LastGood);
    assert_eq!(last_error(&pdp), Some("sequence.older"));
    assert_eq!(events.codes(), ["refused", "activated"]);
    home.put(&made(6, SHUT));
    pdp.look();
    events.wait("recovered");
    assert_eq!(decides(&pdp), "shut");
}

#[test]
fn the_same_sequence_with_other_contents_is_refused_after_a_restart_too() {
    let home = Home::new().ran_with(&made(5, OPEN));
    home.put(&made(5, SHUT));
    let (pdp, _) = home.start().unwrap();
    assert_eq!(
        (decides(&pdp).as_str(), last_error(&pdp)),
        ("open", Some("sequence.other_contents"))
    );
}

#[test]
fn without_its_source_the_last_good_bundle_starts_says_so_and_recovers_by_itself() {
    let home = Home::new().ran_with(&made(5, OPEN));
    fs::remove_file(home.bundle()).unwrap();
    let (pdp, events) = home.start().unwrap();
    let status = pdp.status();
    assert_eq!((decides(&pdp).as_str(), status.origin), ("open", Origin::LastGood));
    assert!(status.stale && status.bundle.consecutive_failures == 1);
    assert_eq!(last_error(&pdp), Some("file.unreadable"));
    assert_eq!(events.codes(), ["unreachable", "activated"]);

    home.put(&made(5, OPEN));
    pdp.look();
    events.wait("recovered");
    let status = pdp.status();
    assert!(!status.stale && status.bundle.consecutive_failures == 0);
    assert_eq!(decides(&pdp), "open");
}

#[test]
fn without_a_source_and_without_a_copy_there_is_no_decision_point() {
    let error = Home::new().start().err().unwrap();
    assert_eq!(error.kind(), LoadErrorKind::Unreadable);
    let home = Home::new();
    fs::write(home.bundle(), b"nonsense").unwrap();
    assert!(home.start().is_err());
}

#[test]
fn a_copy_that_a_key_no_longer_trusts_does_not_start() {
    let home = Home::new().ran_with(&made(5, OPEN));
    fs::remove_file(home.bundle()).unwrap();
    let other = notegate::bundle::Trust::keys([crate::support::key(2).public().clone()]);
    let rules = notegate::store::Rules { trust: other, ..signed_rules() };
    let (builder, events) = builder(&clock(), rules);
    let builder = builder.state_folder(home.state());
    assert!(builder.follow(PathSource::new(home.bundle())).is_err());
    assert!(events.codes().contains(&"state_damaged"));
}

#[test]
fn a_last_good_bundle_that_has_expired_since_starts_and_says_so() {
    let home = Home::new();
    let ends = Made { expires: Some(at("2026-11-25T09:30:00Z")), ..made(5, OPEN) };
    let home = home.ran_with(&ends);
    let late = crate::support::TurnedClock::new("2026-11-25T11:00:00Z");
    let (builder, events) = builder(&late, signed_rules());
    let pdp = builder.state_folder(home.state()).follow(PathSource::new(home.bundle())).unwrap();
    assert!(pdp.authorize(&crate::support::login(&pdp)).expired());
    assert_eq!((decides(&pdp).as_str(), pdp.status().origin), ("open", Origin::LastGood));
    events.wait("expired");
}

/// Whatever becomes of the state file, the copy says how far it was: it is signed.
#[test]
fn a_damaged_state_file_is_told_and_what_it_said_is_read_from_the_copy() {
    let original = Home::new().ran_with(&made(5, OPEN));
    let text = fs::read(original.state().join("state.json")).unwrap();
    let mut damages: Vec<Vec<u8>> = vec![Vec::new(), vec![0; text.len()], b"{}".to_vec()];
    damages.extend((0..text.len()).step_by(7).map(|length| text[..length].to_vec()));
    damages.extend((0..text.len()).step_by(5).map(|at| {
        let mut flipped = text.clone();
        flipped[at] ^= 1;
        flipped
    }));
    original.put(&made(4, SHUT));
    for damaged in damages {
        fs::write(original.state().join("state.json"), &damaged).unwrap();
        let (pdp, events) = original.start().unwrap();
        let shown = String::from_utf8_lossy(&damaged).into_owned();
        assert_eq!((decides(&pdp).as_str(), pdp.status().sequence), ("open", 5), "{shown}");
        // A bit that only changes white space between the fields changes nothing.
        let told = events.codes();
        assert!(told.contains(&"state_damaged") || damaged.len() == text.len(), "{shown}");
        drop(pdp);
        // The next good one writes a whole file again; for the next round there is none.
        fs::write(original.state().join("state.json"), &text).unwrap();
    }
}

#[test]
fn a_good_bundle_mends_a_damaged_state_file() {
    let home = Home::new().ran_with(&made(5, OPEN));
    fs::write(home.state().join("state.json"), "{").unwrap();
    home.put(&made(6, SHUT));
    drop(home.start().unwrap());
    home.put(&made(5, OPEN));
    let (pdp, events) = home.start().unwrap();
    assert_eq!((decides(&pdp).as_str(), last_error(&pdp)), ("shut", Some("sequence.older")));
    assert!(!events.codes().contains(&"state_damaged"));
}

#[test]
fn a_damaged_copy_is_told_and_never_decides() {
    let home = Home::new().ran_with(&made(5, OPEN));
    let copy = home.copy();
    let length = fs::read(&copy).unwrap().len();
    fs::remove_file(home.bundle()).unwrap();
    let whole = fs::read(&copy).unwrap();
    // The header of the archive, and the middle: what is in its padding changes no contents.
    for at in [0, 1, 600] {
        damage(&copy, at.min(length - 1));
        let (builder, events) = builder(&clock(), signed_rules());
        let builder = builder.state_folder(home.state());
        assert!(builder.follow(PathSource::new(home.bundle())).is_err(), "{at}");
        assert!(events.codes().contains(&"state_damaged"), "{at}");
        fs::write(&copy, &whole).unwrap();
    }
    fs::write(&copy, &whole[..length / 2]).unwrap();
    assert!(home.start().is_err());
    // What it said of the sequence still counts.
    home.put(&made(4, SHUT));
    assert!(home.start().is_err());
    home.put(&made(5, OPEN));
    assert_eq!(decides(&home.start().unwrap().0), "open");
}

#[test]
fn a_state_folder_that_is_removed_while_running_is_made_again() {
    let home = Home::new();
    home.put(&made(5, OPEN));
    let (pdp, events) = home.start().unwrap();
    fs::remove_dir_all(home.state()).unwrap();
    home.put(&made(6, SHUT));
    pdp.look();
    events.wait_for("sequence 6", |event| event.to_string().contains("sequence 6"));
    drop(pdp);
    fs::remove_file(home.bundle()).unwrap();
    assert_eq!(decides(&home.start().unwrap().0), "shut");
}

#[test]
fn older_copies_and_what_was_left_half_written_are_swept_away() {
    let home = Home::new().ran_with(&made(5, OPEN));
    fs::write(home.state().join(".new-left"), "half").unwrap();
    let home = home.ran_with(&made(6, SHUT));
    home.copy();
    assert!(!home.state().join(".new-left").exists());
}

#[test]
#[cfg(unix)]
fn state_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new().ran_with(&made(5, OPEN));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077;
    assert_eq!(mode(&home.state()), 0);
    for entry in fs::read_dir(home.state()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0, "{}", path.display());
    }
}

#[test]
fn one_state_folder_holds_one_name() {
    let home = Home::new().ran_with(&made(5, OPEN));
    home.put(&Made { name: "other", ..made(9, SHUT) });
    let (pdp, _) = home.start().unwrap();
    assert_eq!((decides(&pdp).as_str(), last_error(&pdp)), ("open", Some("sequence.name")));
}

/// Two decision points share a state folder: neither goes back behind the other.
#[test]
fn two_decision_points_with_one_state_folder_never_go_back_behind_each_other() {
    let home = Home::new();
    let open = |bundle: &Bundle| {
        let (builder, _) = builder(&clock(), signed_rules());
        let bytes = bundle.to_bytes().unwrap();
        builder.state_folder(home.state()).open_bytes(&bytes)
    };
    let signed = |made: Made| {
        let mut bundle = made.bundle();
        bundle.sign(&crate::support::key(1)).unwrap();
        bundle
    };
    let (one, other) =
        (open(&signed(made(5, OPEN))).unwrap(), open(&signed(made(5, OPEN))).unwrap());
    one.deliver(Part::Bundle, &made(7, SHUT).bytes()).unwrap();
    let error = other.deliver(Part::Bundle, &made(6, OPEN).bytes()).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Sequence, "{error}");
    let error = other.deliver(Part::Bundle, &made(7, OPEN).bytes()).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Sequence, "{error}");
    assert_eq!(decides(&other), "open", "the last good one");
    other.deliver(Part::Bundle, &made(7, SHUT).bytes()).unwrap();
    assert_eq!(decides(&other), "shut");
    assert!(open(&signed(made(6, OPEN))).is_err());
}

/// A file system of its own, so small that it is soon full.
struct Small(TempDir);

impl Small {
    fn mounted() -> Self {
        let folder = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=128k", "notegate-test"]).arg(folder.path());
        let mounted = mount.status().is_ok_and(|status| status.success());
        assert!(
            mounted,
            "a full disk is tested on a small tmpfs: run the tests as root, with `mount` allowed"
        );
        Self(folder)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn on_a_full_disk_the_last_good_bundle_decides_and_with_room_again_it_recovers_by_itself() {
    let small = Small::mounted();
    let home = Home::new();
    home.put(&made(5, OPEN));
    let state = small.0.path().join("state");
    let (builder, events) = builder(&clock(), signed_rules());
    let source = PathSource::new(home.bundle()).poll(std::time::Duration::from_millis(20));
    let pdp = builder.state_folder(&state).follow(source).unwrap();

    let filler = small.0.path().join("filler");
    // Writes until there is no room; the last write fails.
    _ = fs::write(&filler, vec![1; 1 << 20]);
    home.put(&made(6, SHUT));
    let refused = events.wait("refused");
    assert!(
        matches!(refused, Event::Refused { ref error, .. } if error.kind() == LoadErrorKind::State)
    );
    until("the status says why", || last_error(&pdp) == Some("state.failed"));
    assert_eq!((decides(&pdp).as_str(), pdp.status().sequence), ("open", 5));

    fs::remove_file(&filler).unwrap();
    events.wait("recovered");
    assert_eq!((decides(&pdp).as_str(), pdp.status().sequence), ("shut", 6));
    drop(pdp);
    fs::remove_file(home.bundle()).unwrap();
    let (builder, _) = crate::support::builder(&clock(), signed_rules());
    let pdp = builder.state_folder(&state).follow(PathSource::new(home.bundle())).unwrap();
    assert_eq!(decides(&pdp), "shut", "nothing was lost");
}
