//! Several processes, some of them killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use notegate::store::{Part, PathSource};
use tempfile::TempDir;

use crate::support::{OPEN, SHUT, builder, clock, decides, made, signed_rules, until};

const FOLDER: &str = "NOTEGATE_TEST_STATE_FOLDER";
const FIRST: &str = "NOTEGATE_TEST_FIRST_SEQUENCE";

/// What the other process does when it is started as one; by itself, nothing.
///
/// It puts bundles of rising sequence in force and says each sequence once that is done.
#[test]
fn as_another_process_put_bundles_in_force_without_end() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    // Another process may have been further already when this one starts.
    let open = |sequence| {
        let (builder, _) = builder(&clock(), signed_rules());
        let bytes = made(sequence, policy(sequence)).bytes();
        Some((builder.state_folder(&folder).open_bytes(&bytes).ok()?, sequence))
    };
    let (pdp, first) = (first..first + 10_000).find_map(open).unwrap();
    for sequence in first.. {
        let delivered = pdp.deliver(Part::Bundle, &made(sequence, policy(sequence)).bytes());
        if delivered.is_ok() {
            println!("\nsequence {sequence}");
        }
    }
}

fn policy(sequence: u64) -> &'static str {
    if sequence.is_multiple_of(2) { OPEN } else { SHUT }
}

fn start(folder: &Path, first: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::as_another_process_put_bundles_in_force_without_end"])
        .arg("--nocapture")
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The sequences that the process says, one after the other.
fn sequences(child: &mut Child) -> impl Iterator<Item = u64> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("sequence ")?.parse().ok())
}

/// What is found in the state folder at the next start: its sequence, and that it decides right.
fn found(folder: &Path) -> u64 {
    let (builder, events) = builder(&clock(), signed_rules());
    let nowhere = folder.join("no-bundle-here");
    let pdp = builder.state_folder(folder).follow(PathSource::new(nowhere)).unwrap();
    let sequence = pdp.status().sequence;
    let expected = if policy(sequence) == OPEN { "open" } else { "shut" };
    assert_eq!(decides(&pdp), expected);
    assert_eq!(events.codes(), ["unreachable", "activated"], "nothing is damaged");
    sequence
}

/// Whether a file was on its way: not yet in its place, or in it and not yet named.
fn is_half_written(folder: &Path) -> bool {
    let names = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    let copies = names.iter().filter(|name| name.starts_with("bundle-")).count();
    copies > 1 || names.iter().any(|name| name.starts_with(".new-"))
}

/// Kills the writing process again and again, at no chosen moment: what it said was in force is in
/// force after the next start, or something newer, and never half of anything.
#[test]
fn killed_at_any_moment_of_writing_nothing_that_was_in_force_is_lost() {
    let folder = TempDir::new().unwrap();
    let mut random = fastrand::Rng::with_seed(20_261_125);
    let (mut next, mut while_writing) = (1, 0);
    for round in 0..200 {
        let mut child = start(folder.path(), next);
        let mut said = sequences(&mut child);
        let mut last = said.next().unwrap();
        for _ in 0..random.u32(0..3) {
            last = said.next().unwrap();
        }
        if round % 4 > 0 {
            // Writing takes a moment among many: this one is when a file is on its way.
            until("a file is written", || is_half_written(folder.path()));
        }
        // Not a wait for anything, but the moment at which it is hit.
        let most = [2_000, 0, 60, 300][round % 4];
        std::thread::park_timeout(Duration::from_micros(random.u64(0..=most)));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it was killed counts.
        last = said.last().unwrap_or(last);
        while_writing += usize::from(is_half_written(folder.path()));
        let found = found(folder.path());
        assert!(found == last || found == last + 1, "round {round}: said {last}, found {found}");
        next = found + 1;
    }
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert!(left < 10, "what killed processes leave is swept away: {left} files");
    // Otherwise the moments were none of writing.
    assert!(while_writing > 0);
    println!("killed 200 times, {while_writing} of them with a file half-way into its place");
}

/// Three processes write at once: what is found in the end is the highest that any of them had.
#[test]
fn processes_that_share_a_state_folder_agree_on_the_highest_sequence() {
    let folder = TempDir::new().unwrap();
    let mut children: Vec<Child> = (0..3).map(|_| start(folder.path(), 1)).collect();
    let readers: Vec<_> = children.iter_mut().map(sequences).collect();
    let readers: Vec<_> = readers
        .into_iter()
        .map(|mut said| {
            std::thread::spawn(move || {
                let reached = said.find(|sequence| *sequence >= 60);
                (reached, said)
            })
        })
        .collect();
    let mut rest = Vec::new();
    for reader in readers {
        let (reached, said) = reader.join().unwrap();
        assert!(reached.is_some(), "every process gets its turn");
        rest.push(said);
    }
    children.iter_mut().for_each(|child| child.kill().unwrap());
    children.iter_mut().for_each(|child| _ = child.wait().unwrap());
    let highest = rest.into_iter().filter_map(Iterator::last).max().unwrap_or(60);
    let found = found(folder.path());
    assert!(found >= highest, "said {highest}, found {found}");
}
