//! Bundles packed, signed, verified and delivered.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Folder, Run, notegate, program};

/// A folder with a pair of keys, `ours`, and the minimal pack as `hub`.
fn workshop() -> Folder {
    let folder = Folder::new(&[]);
    let run = notegate(["init", &folder.path("hub")]);
    assert_eq!(run.status, 0, "{run}");
    keygen(&folder, "ours");
    folder
}

fn keygen(folder: &Folder, name: &str) -> String {
    let run =
        notegate(["bundle", "keygen", &folder.path(&format!("{name}.pem")), "--format", "json"]);
    assert_eq!(run.status, 0, "{run}");
    run.json()["key_id"].as_str().unwrap().to_owned()
}

/// Packs `hub` with these flags besides.
fn pack(folder: &Folder, output: &str, flags: &[&str]) -> Run {
    let (hub, output) = (folder.path("hub"), folder.path(output));
    let args = ["bundle", "pack", &hub, "-o", &output, "--format", "json"];
    notegate(args.iter().chain(flags))
}

/// Packs and signs `hub` in a sequence.
fn signed(folder: &Folder, output: &str, sequence: &str) {
    let key = folder.path("ours.pem");
    let run = pack(folder, output, &["--name", "hub", "--sequence", sequence, "--key", &key]);
    assert_eq!(run.status, 0, "{run}");
}

fn verify(folder: &Folder, bundle: &str, flags: &[&str]) -> Run {
    let (bundle, key) = (folder.path(bundle), folder.path("ours.pub.pem"));
    notegate(["bundle", "verify", &bundle, "--key", &key].iter().chain(flags))
}

fn push(folder: &Folder, bundle: &str, place: &str, flags: &[&str]) -> Run {
    notegate(
        ["bundle", "push", &folder.path(bundle), place, "--format", "json"].iter().chain(flags),
    )
}

#[test]
fn a_private_key_is_for_its_owner_and_no_key_is_ever_overwritten() {
    let folder = workshop();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path("ours.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let before = folder.read("ours.pem");
    notegate(["bundle", "keygen", &folder.path("ours.pem")]).refused(1, &["never overwritten"]);
    assert_eq!(folder.read("ours.pem"), before);
    // The public half is in the way: no private half is left without it.
    folder.write("next.pub.pem", "mine");
    notegate(["bundle", "keygen", &folder.path("next.pem")]).refused(1, &["next.pub.pem"]);
    assert!(fs::metadata(folder.path("next.pem")).is_err());
    assert_eq!(folder.read("next.pub.pem"), "mine");
    assert_ne!(keygen(&folder, "one"), keygen(&folder, "two"));
}

#[test]
fn the_same_folder_and_flags_pack_to_the_same_bytes() {
    let folder = workshop();
    let key = folder.path("ours.pem");
    let flags = ["--created", "2026-11-25T00:00:00Z", "--expires", "+30d", "--key", &key];
    assert_eq!(pack(&folder, "a.tar", &flags).status, 0);
    assert_eq!(pack(&folder, "b.tar", &flags).status, 0);
    let bytes = |name: &str| fs::read(folder.path(name)).unwrap();
    assert!(bytes("a.tar") == bytes("b.tar"));
    let summary = notegate(["bundle", "inspect", &folder.path("a.tar"), "--format", "json"]).json();
    assert_eq!(summary["expires"], "2026-12-25T00:00:00.000Z");

    // Packed anew from the file itself; the moment from the environment.
    let (packed, again) = (folder.path("a.tar"), folder.path("c.tar"));
    let output = program()
        .args(["bundle", "pack", &packed, "-o", &again, "--key", &key])
        .env("SOURCE_DATE_EPOCH", "1795651200")
        .output()
        .unwrap();
    assert!(output.status.success());
    let again = notegate(["bundle", "inspect", &again, "--format", "json"]).json();
    assert_eq!(again["created"], "2026-11-26T00:00:00.000Z");

    folder.write("hub/policies.cedar", folder.read("hub/policies.cedar") + "\n");
    assert_eq!(pack(&folder, "d.tar", &flags).status, 0);
    assert!(bytes("a.tar") != bytes("d.tar"));
}

#[test]
fn what_is_invalid_is_not_packed_and_what_was_there_stays() {
    let folder = workshop();
    signed(&folder, "hub.tar", "1");
    let before = fs::read(folder.path("hub.tar")).unwrap();
    for flags in [&["--name", "../x"][..], &["--sequence", "9007199254740992"]] {
        pack(&folder, "hub.tar", flags).refused(3, &["manifest.field"]);
    }
    pack(&folder, "hub.tar", &["--expires", "+1d"]).refused(1, &["--created now"]);
    pack(&folder, "hub.tar", &["--key", &folder.path("ours.pub.pem")])
        .refused(1, &["this is a public key"]);
    folder.write("hub/bad.cedar", "permit (principal, action, resource) when { resource.colour };");
    pack(&folder, "hub.tar", &[]).refused(3, &["bad.cedar"]);
    assert!(fs::read(folder.path("hub.tar")).unwrap() == before);
    let left: Vec<_> =
        fs::read_dir(folder.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn a_bundle_is_verified_by_a_key_that_signed_it_and_no_other() {
    let folder = workshop();
    let theirs = keygen(&folder, "theirs");
    assert_eq!(pack(&folder, "hub.tar", &["--name", "hub", "--sequence", "4"]).status, 0);
    verify(&folder, "hub.tar", &[]).refused(3, &["signature.missing", "notegate bundle sign"]);
    let sign = |key: &str| {
        notegate(["bundle", "sign", &folder.path("hub.tar"), "--key", &folder.path(key)])
    };
    assert_eq!(sign("theirs.pem").status, 0);
    verify(&folder, "hub.tar", &[]).refused(3, &["signature.unknown_key", &theirs]);
    assert_eq!(sign("ours.pem").status, 0);
    let run = verify(&folder, "hub.tar", &["--format", "json"]);
    assert_eq!((run.status, &run.json()["sequence"]), (0, &Value::from(4)), "{run}");
    assert_eq!(run.json()["signatures"].as_array().unwrap().len(), 2);
    assert_eq!(run.json()["verified"].as_array().unwrap().len(), 1);

    let limited = format!("other={}", folder.path("ours.pub.pem"));
    let by = |flag: &str, value: &str| {
        notegate(["bundle", "verify", &folder.path("hub.tar"), flag, value])
    };
    by("--key-for", &limited).refused(3, &["signature.not_for", "hub"]);
    assert_eq!(by("--key-for", &limited.replace("other=", "hub=")).status, 0);
    by("--key", &folder.path("ours.pem")).refused(1, &["this is a private key"]);
    by("--key", &folder.path("hub/policies.cedar")).refused(1, &["key.syntax"]);
    by("--key", &folder.path("none.pem")).refused(1, &["none.pem"]);
    notegate(["bundle", "verify", &folder.path("hub.tar")]).refused(1, &["bundle inspect"]);

    let mut bytes = fs::read(folder.path("hub.tar")).unwrap();
    let at = bytes.len() - 1_500;
    bytes[at] ^= 1;
    folder.write("hub.tar", &bytes);
    verify(&folder, "hub.tar", &[]).refused(3, &["help: "]);
}

#[test]
fn a_bundle_that_has_ended_or_is_of_the_future_is_not_verified() {
    let folder = workshop();
    let key = folder.path("ours.pem");
    let flags = ["--created", "2026-01-01T00:00:00Z", "--expires", "+12h", "--key", &key];
    assert_eq!(pack(&folder, "hub.tar", &flags).status, 0);
    for (at, status, said) in [
        ("2025-12-31T23:59:59Z", 3, "bundle.created"),
        ("2026-01-01T00:00:00Z", 0, ""),
        ("2026-01-01T11:59:59Z", 0, ""),
        ("2026-01-01T12:00:00Z", 3, "bundle.expired"),
    ] {
        let run = verify(&folder, "hub.tar", &["--at", at]);
        assert!(run.status == status && run.err.contains(said), "{at} {run}");
    }
    verify(&folder, "hub.tar", &[]).refused(3, &["bundle.expired"]);
}

#[test]
fn an_unpacked_bundle_is_signed_in_its_folder() {
    let folder = workshop();
    assert_eq!(pack(&folder, "hub.tar", &[]).status, 0);
    fs::create_dir(folder.path("unpacked")).unwrap();
    let unpacked = std::process::Command::new("tar")
        .args(["-xf", &folder.path("hub.tar"), "-C", &folder.path("unpacked")])
        .status()
        .expect("tar is missing: install it");
    assert!(unpacked.success());
    let run =
        notegate(["bundle", "sign", &folder.path("unpacked"), "--key", &folder.path("ours.pem")]);
    assert_eq!(run.status, 0, "{run}");
    assert_eq!(verify(&folder, "unpacked", &[]).status, 0);
    // A folder under development is not.
    let run = notegate(["bundle", "sign", &folder.path("hub"), "--key", &folder.path("ours.pem")]);
    run.refused(3, &["manifest.unsealed", "notegate bundle pack"]);
}

#[test]
fn every_command_takes_a_packed_bundle_and_refuses_one_that_the_key_did_not_sign() {
    let folder = workshop();
    signed(&folder, "hub.tar", "1");
    keygen(&folder, "theirs");
    let (hub, ours, theirs) =
        (folder.path("hub.tar"), folder.path("ours.pub.pem"), folder.path("theirs.pub.pem"));
    let ask = ["-l", "User::\"x\"", "-a", "hub:login", "-r", "Hub::\"hub\""];
    folder.write(
        "requests.jsonl",
        "{\"principal\": \"User::\\\"x\\\"\", \"action\": \"hub:login\", \"resource\": \"Hub::\\\"hub\\\"\"}\n",
    );
    let requests = folder.path("requests.jsonl");
    let commands: [(&str, &[&str], i32); 5] = [
        ("validate", &[], 0),
        ("test", &[], 0),
        ("authorize", &ask, 2),
        ("explain", &ask, 2),
        ("bench", &["--requests", &requests, "--seconds", "1"], 0),
    ];
    for (command, flags, status) in commands {
        let run = |key: &str| notegate([command, &hub, "--key", key].iter().chain(flags));
        let good = run(&ours);
        assert_eq!(good.status, status, "{command} {good}");
        run(&theirs).refused(3, &["signature.unknown_key"]);
    }
    assert_eq!(notegate(["schema", "--bundle", &hub]).status, 0);
    let loose = folder.path("hub/policies.cedar");
    notegate(["validate", "--policies", &loose, "--key", &ours])
        .refused(1, &["carry no signature"]);
}

#[test]
fn grants_alone_are_packed_and_verified() {
    let folder = workshop();
    folder.write("grants.json", "[]");
    let (grants, output, key) =
        (folder.path("grants.json"), folder.path("hub.grants.tar"), folder.path("ours.pem"));
    let args = ["bundle", "pack-grants", &grants, "--for", "hub", "--sequence", "9", "--key", &key];
    let run = notegate(args.iter().chain(&["-o", &output]));
    assert_eq!(run.status, 0, "{run}");
    let run = verify(&folder, "hub.grants.tar", &["--format", "json"]);
    assert_eq!((run.status, &run.json()["kind"]), (0, &Value::from("grants")), "{run}");
    notegate(["validate", &output]).refused(3, &["grants without policies"]);
    folder.write("grants.json", "[{}]");
    notegate(args.iter().chain(&["-o", &output])).refused(3, &["grants.syntax"]);
    assert_eq!(verify(&folder, "hub.grants.tar", &[]).status, 0);
}

#[test]
fn a_push_puts_the_bundle_into_a_folder_and_never_goes_back() {
    let folder = workshop();
    fs::create_dir(folder.path("out")).unwrap();
    let out = folder.path("out");
    for sequence in ["1", "2"] {
        signed(&folder, &format!("{sequence}.tar"), sequence);
    }
    let run = push(&folder, "1.tar", &out, &[]);
    assert_eq!((run.status, &run.json()["changed"]), (0, &Value::Bool(true)), "{run}");
    assert!(run.json()["place"].as_str().unwrap().ends_with("hub.tar"));
    assert_eq!(push(&folder, "1.tar", &out, &[]).json()["changed"], Value::Bool(false));
    let run = push(&folder, "2.tar", &out, &["--key", &folder.path("ours.pub.pem")]);
    assert_eq!(run.json()["replaced"], Value::from(1), "{run}");
    push(&folder, "1.tar", &out, &[]).refused(1, &["sequence 2, and this is 1", "--replace"]);
    assert_eq!(
        verify(&folder, "out/hub.tar", &["--format", "json"]).json()["sequence"],
        Value::from(2)
    );
    assert_eq!(push(&folder, "1.tar", &out, &["--replace"]).status, 0);

    folder.write("hub/policies.cedar", folder.read("hub/policies.cedar") + "\n");
    signed(&folder, "other.tar", "1");
    push(&folder, "other.tar", &out, &[]).refused(1, &["other contents", "--sequence"]);
    folder.write("out/taken.tar", "mine");
    let taken = folder.path("out/taken.tar");
    push(&folder, "1.tar", &taken, &[]).refused(1, &["no bundle"]);
    assert_eq!(folder.read("out/taken.tar"), "mine");
    assert_eq!(pack(&folder, "hub", &[]).status, 1, "a folder is not replaced by a file");

    assert_eq!(pack(&folder, "unsigned.tar", &["--name", "unsigned"]).status, 0);
    push(&folder, "unsigned.tar", &out, &[]).refused(1, &["nobody signed it"]);
    assert_eq!(push(&folder, "unsigned.tar", &out, &["--unsigned"]).status, 0);
    keygen(&folder, "theirs");
    push(&folder, "1.tar", &out, &["--key", &folder.path("theirs.pub.pem")])
        .refused(3, &["signature.unknown_key"]);
    push(&folder, "1.tar", &folder.path("nowhere/hub.tar"), &[]).refused(1, &["nowhere"]);
    push(&folder, "1.tar", "ftp://host/hub.tar", &[]).refused(1, &["push.address"]);
    push(&folder, "1.tar", "https://ada:hunter2@host/hub.tar", &[])
        .refused(1, &["may be a secret"]);
}

#[test]
fn every_command_explains_itself_with_examples() {
    for command in ["keygen", "pack", "pack-grants", "sign", "verify", "inspect", "push"] {
        let run = notegate(["bundle", command, "--help"]);
        assert!(run.status == 0 && run.out.contains("Examples:"), "{run}");
    }
    notegate(["bundle"]).refused(1, &["keygen", "push", "Examples:"]);
}

/// Members large enough that writing them takes a while.
fn large(folder: &Folder) {
    let filler = "// nothing is decided by this line, which only takes room\n".repeat(60_000);
    folder.write("hub/filler.cedar", filler);
}

#[test]
fn a_push_that_is_killed_leaves_the_old_bundle_or_the_new_one_whole() {
    let folder = workshop();
    large(&folder);
    fs::create_dir(folder.path("out")).unwrap();
    signed(&folder, "1.tar", "1");
    folder.write("hub/policies.cedar", folder.read("hub/policies.cedar") + "\n");
    signed(&folder, "2.tar", "2");
    let files = [fs::read(folder.path("1.tar")).unwrap(), fs::read(folder.path("2.tar")).unwrap()];
    let target = folder.path("out/hub.tar");
    let args = |number: usize| {
        let bundle = folder.path(&format!("{}.tar", number + 1));
        [bundle.as_str(), &target].map(str::to_owned)
    };
    let start = |number: usize| {
        program()
            .args(["bundle", "push", "--replace"])
            .args(args(number))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let started = Instant::now();
    assert!(start(0).wait().unwrap().success());
    let step = started.elapsed() / 40;
    let (mut killed, mut changed, mut held) = (0, 0, 0);
    // From killed at once to not killed at all, step by step, so that every part of a push is met
    // however fast this machine is just now.
    let mut patience = Duration::ZERO;
    while killed < 200 || changed < 10 {
        let mut child = start(1 - held);
        let begun = Instant::now();
        let ended = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if begun.elapsed() >= patience => break None,
                None => std::thread::sleep(Duration::from_micros(200)),
            }
        };
        if ended.is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
        }
        patience = if ended.is_none() { patience + step } else { Duration::ZERO };
        let seen = fs::read(&target).unwrap();
        let now = files.iter().position(|file| *file == seen).expect("a file that nobody pushed");
        changed += usize::from(now != held);
        held = now;
    }
    // The next one clears up.
    assert!(start(1 - held).wait().unwrap().success());
    let left = fs::read_dir(folder.path("out")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut left: Vec<_> = left.map(|name| name.into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [".hub.tar.lock", "hub.tar"]);
}

#[test]
fn pushes_at_once_to_one_place_come_one_after_the_other_and_the_highest_stays() {
    let folder = workshop();
    fs::create_dir(folder.path("out")).unwrap();
    let sequences: Vec<String> = (1..=12).map(|sequence: u32| sequence.to_string()).collect();
    sequences.iter().for_each(|sequence| signed(&folder, &format!("{sequence}.tar"), sequence));
    let start = |sequence: &String| {
        let bundle = folder.path(&format!("{sequence}.tar"));
        program().args(["bundle", "push", &bundle, &folder.path("out")]).spawn().unwrap()
    };
    let children: Vec<_> = sequences.iter().map(start).collect();
    for child in children {
        let run = child.wait_with_output().unwrap();
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(run.status.success() || said.contains("what is there has sequence"), "{said}");
    }
    let run = verify(&folder, "out/hub.tar", &["--format", "json"]);
    assert_eq!(run.json()["sequence"], Value::from(12), "{run}");
}
