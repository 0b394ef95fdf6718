//! What is delivered and what is trusted: every fault of form, signature and content is refused.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what is wrong")]

use std::collections::BTreeMap;

use notegate::Bundle;
use notegate::bundle::{
    Delivered, Delivery, GrantsDelivery, GrantsManifest, KeyId, Manifest, PrivateKey, Trust,
};
use notegate::model::{Limits, LoadError, LoadErrorKind, Timestamp};

/// Files of an archive, with their names.
type Files = Vec<(String, Vec<u8>)>;

const POLICY: &str = r#"@id("p") permit (principal, action, resource);"#;

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn trust(seed: u8) -> Trust {
    Trust::keys([key(seed).public().clone()])
}

fn sealed_as(name: &str) -> Bundle {
    let members = [
        ("a.cedar".to_owned(), POLICY.into()),
        ("tests/cases.json".to_owned(), b"[]".to_vec()),
        ("grants.json".to_owned(), b"[]".to_vec()),
    ];
    let manifest = Manifest { name: name.to_owned(), sequence: 3, ..Manifest::default() };
    let limits = Limits::default();
    Bundle::from_members(members, &limits).unwrap().seal(manifest, &limits).unwrap()
}

fn signed(seed: u8) -> Vec<u8> {
    let mut bundle = sealed_as("hub");
    bundle.sign(&key(seed)).unwrap();
    bundle.to_bytes().unwrap()
}

fn read(bytes: &[u8], trust: &Trust) -> Result<Bundle, LoadError> {
    Delivery::from_bytes(bytes, &Limits::default())?.bundle(trust)
}

fn code(refused: Result<Bundle, LoadError>) -> &'static str {
    refused.unwrap_err().problems()[0].code
}

/// An archive of any files, whatever they are.
fn archive(files: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, content) in files {
        builder.append(&header(name, *kind, content.len() as u64), *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn header(name: &str, kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_device_major(0).unwrap();
    header.set_device_minor(0).unwrap();
    header.set_size(size);
    header.set_cksum();
    let sum = format!("{:06o}\0 ", header.cksum().unwrap());
    header.as_old_mut().cksum.copy_from_slice(sum.as_bytes());
    header
}

/// The files of an archive in their order.
fn files(bytes: &[u8]) -> Files {
    let mut archive = tar::Archive::new(bytes);
    let entry = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), content)
    };
    archive.entries().unwrap().map(entry).collect()
}

fn of_files(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let regular = |(name, content): &(String, Vec<u8>)| {
        (name.clone(), tar::EntryType::Regular, content.clone())
    };
    let files: Vec<_> = files.iter().map(regular).collect();
    let files: Vec<_> = files.iter().map(|(name, kind, text)| (&**name, *kind, &**text)).collect();
    archive(&files)
}

#[test]
fn a_signed_bundle_is_what_was_packed_and_says_by_whom() {
    let bundle = read(&signed(1), &trust(1)).unwrap();
    assert_eq!(bundle.signed_by(), [key(1).public().id()]);
    assert_eq!((bundle.manifest().name.as_str(), bundle.manifest().sequence), ("hub", 3));
    assert_eq!(&*bundle.policies()[0].text, POLICY);
    assert_eq!(bundle.revision(), sealed_as("hub").revision());
    assert_eq!(bundle.to_bytes().unwrap(), signed(1));
    assert!(Bundle::from_bytes(&signed(1), &Limits::default()).unwrap().signed_by().is_empty());
}

#[test]
fn the_same_contents_are_the_same_bytes_in_the_order_of_their_names() {
    assert_eq!(signed(1), signed(1));
    let names: Vec<_> = files(&signed(1)).into_iter().map(|(name, _)| name).collect();
    let signature = format!("manifest.{}.sig", key(1).public().id());
    let expected = ["manifest.json", &signature, "a.cedar", "grants.json", "tests/cases.json"];
    assert_eq!(names, expected);
    assert_eq!(of_files(&files(&signed(1))), signed(1));
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let (bytes, trust) = (signed(1), trust(1));
    for at in 0..bytes.len() {
        for change in [1 << (at % 8), 0x80 >> (at / 8 % 8), 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= change;
            assert!(read(&flipped, &trust).is_err(), "{change:#x} at byte {at}");
        }
    }
}

#[test]
fn every_truncation_and_every_addition_is_refused() {
    let (bytes, trust) = (signed(1), trust(1));
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length], &trust).is_err(), "{length} bytes");
    }
    for tail in [1, 512, 10_240] {
        let longer = [&*bytes, &vec![0; tail]].concat();
        assert_eq!(code(read(&longer, &trust)), "archive.form");
    }
    for zeros in [0, 1, 512, 1_024, bytes.len()] {
        assert!(read(&vec![0; zeros], &Trust::unsigned()).is_err(), "{zeros} zeros");
    }
    assert_eq!(code(read(b"hello", &trust)), "archive.form");
}

#[test]
fn an_unsigned_bundle_is_refused_where_keys_are_configured() {
    let unsigned = sealed_as("hub").to_bytes().unwrap();
    assert!(read(&unsigned, &Trust::unsigned()).is_ok());
    assert_eq!(code(read(&unsigned, &trust(1))), "signature.missing");
    assert_eq!(code(read(&signed(1), &Trust::keys([]))), "signature.unknown_key");
    let loose = [("a.cedar".to_owned(), POLICY.into())];
    let limits = Limits::default();
    let refused = Delivery::from_members(loose, &limits).unwrap().bundle(&trust(1));
    assert_eq!(code(refused), "signature.missing");
}

#[test]
fn a_wrong_key_and_the_signature_of_another_bundle_are_refused() {
    assert_eq!(code(read(&signed(2), &trust(1))), "signature.unknown_key");
    let named = key(1).public().id().signature_name();
    // By another key under the accepted key's name, and by the accepted key over another manifest.
    let mut other = sealed_as("other");
    other.sign(&key(1)).unwrap();
    let replaced = [key(2).sign(&files(&signed(1))[0].1), *other.signatures().next().unwrap().1];
    for signature in replaced {
        let mut parts = files(&signed(1));
        let at = parts.iter().position(|(name, _)| *name == named).unwrap();
        parts[at].1 = signature.to_vec();
        assert_eq!(code(read(&of_files(&parts), &trust(1))), "signature.wrong");
    }
}

#[test]
fn either_of_two_keys_is_enough_while_one_takes_the_place_of_the_other() {
    let both = trust(1).and(trust(2));
    for seed in [1, 2] {
        let bundle = read(&signed(seed), &both).unwrap();
        assert_eq!(bundle.signed_by(), [key(seed).public().id()]);
    }
    let mut bundle = sealed_as("hub");
    bundle.sign(&key(1)).unwrap();
    bundle.sign(&key(2)).unwrap();
    let bytes = bundle.to_bytes().unwrap();
    assert_eq!(read(&bytes, &both).unwrap().signed_by().len(), 2);
    for seed in [1, 2] {
        assert_eq!(read(&bytes, &trust(seed)).unwrap().signed_by(), [key(seed).public().id()]);
    }
    assert_eq!(read(&bytes, &trust(1)).unwrap().revision(), sealed_as("hub").revision());
}

#[test]
fn a_wrong_signature_by_an_accepted_key_is_not_made_good_by_another() {
    let mut bundle = sealed_as("hub");
    bundle.sign(&key(1)).unwrap();
    bundle.sign(&key(2)).unwrap();
    let mut parts = files(&bundle.to_bytes().unwrap());
    let wrong = format!("manifest.{}.sig", key(2).public().id());
    parts.iter_mut().find(|(name, _)| *name == wrong).unwrap().1[0] ^= 1;
    assert_eq!(code(read(&of_files(&parts), &trust(1).and(trust(2)))), "signature.wrong");
    assert!(read(&of_files(&parts), &trust(1)).is_ok());
}

#[test]
fn a_key_that_is_limited_to_names_signs_no_other_bundle() {
    let limited = trust(1).only_for(["other"]);
    assert_eq!(code(read(&signed(1), &limited)), "signature.not_for");
    assert!(read(&signed(1), &trust(1).only_for(["hub", "other"])).is_ok());
    assert!(read(&signed(1), &limited.clone().and(trust(1).only_for(["hub"]))).is_ok());
    // A signature that counts for nothing does not lend its bundle to one that does not count here.
    let mut bundle = sealed_as("hub");
    bundle.sign(&key(1)).unwrap();
    bundle.sign(&key(2)).unwrap();
    let read = read(&bundle.to_bytes().unwrap(), &limited.and(trust(2))).unwrap();
    assert_eq!(read.signed_by(), [key(2).public().id()]);
}

#[test]
fn members_that_are_missing_extra_changed_or_there_twice_are_refused() {
    let parts = files(&signed(1));
    let with = |change: &dyn Fn(&mut Files)| {
        let mut changed = parts.clone();
        change(&mut changed);
        read(&of_files(&changed), &trust(1))
    };
    let extra = |name: &str| (name.to_owned(), POLICY.into());
    assert_eq!(code(with(&|parts| _ = parts.remove(2))), "member.missing");
    assert_eq!(code(with(&|parts| parts.insert(3, extra("b.cedar")))), "member.extra");
    assert_eq!(code(with(&|parts| parts[2].1.push(b'\n'))), "member.digest");
    assert_eq!(code(with(&|parts| parts.insert(3, parts[2].clone()))), "bundle.layout");
    assert_eq!(code(with(&|parts| parts.insert(1, parts[0].clone()))), "bundle.layout");
    assert_eq!(code(with(&|parts| parts.insert(2, parts[1].clone()))), "bundle.layout");
    assert_eq!(code(with(&|parts| parts.push(parts[0].clone()))), "archive.form");
    assert_eq!(code(with(&|parts| parts.swap(2, 3))), "archive.form");
    assert_eq!(code(with(&|parts| parts.swap(0, 1))), "archive.form");
    assert_eq!(code(with(&|parts| _ = parts.remove(0))), "bundle.layout");
}

#[test]
fn names_that_lead_elsewhere_are_no_members() {
    for name in
        ["../a.cedar", "/a.cedar", "tests/../../a.json", "./a.cedar", "tests/", "a\\b.cedar"]
    {
        let mut parts = files(&signed(1));
        parts.insert(2, (name.to_owned(), POLICY.into()));
        let error = read(&of_files(&parts), &trust(1)).unwrap_err();
        assert_eq!(error.problems()[0].code, "bundle.member", "{name}: {error}");
        // Unsigned, with the very manifest listing it.
        let manifest = format!(
            r#"{{"name": "x", "sequence": 1, "members": {{{}: "sha256:{}"}}}}"#,
            serde_json::to_string(name).unwrap(),
            "0".repeat(64)
        );
        let refused =
            read(&of_files(&[("manifest.json".to_owned(), manifest.into())]), &Trust::unsigned());
        assert_eq!(code(refused), "manifest.syntax", "{name}");
    }
}

#[test]
fn what_is_no_regular_file_is_no_member() {
    use tar::EntryType;
    let kinds = [
        (EntryType::Link, "a hard link"),
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Directory, "a folder"),
        (EntryType::Fifo, "a pipe"),
        (EntryType::GNUSparse, "a file with holes"),
        (EntryType::Continuous, "an extension"),
        (EntryType::XHeader, "an extension"),
        (EntryType::XGlobalHeader, "an extension"),
        (EntryType::GNULongName, "an extension"),
        (EntryType::GNULongLink, "an extension"),
    ];
    for (kind, what) in kinds {
        for name in ["manifest.json", "a.cedar"] {
            let first = files(&signed(1)).remove(0).1;
            let mut parts = vec![("manifest.json", EntryType::Regular, &*first), (name, kind, &[])];
            parts.drain(..usize::from(name == "manifest.json"));
            let error = read(&archive(&parts), &Trust::unsigned()).unwrap_err();
            assert_eq!(error.problems()[0].code, "archive.kind", "{error}");
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}

#[test]
fn a_header_that_promises_more_than_there_is_costs_nothing() {
    // The largest sizes that a header can state, in octal and in binary, and one just too large.
    for size in [u64::MAX, 0o777_7777_7777, 1 << 40, 65 << 20] {
        for name in ["manifest.json", "a.cedar"] {
            let mut bytes = header(name, tar::EntryType::Regular, size).as_bytes().to_vec();
            bytes.resize(4_096, 0);
            let error = Delivery::from_bytes(&bytes, &Limits::default()).unwrap_err();
            assert_eq!(error.kind(), LoadErrorKind::Limit, "{error}");
        }
    }
    let limits = Limits { bundle_bytes: 1_000, ..Limits::default() };
    let error = Delivery::from_bytes(&signed(1), &limits).unwrap_err();
    assert_eq!(error.problems()[0].code, "limit.bundle_bytes");
}

#[test]
fn nothing_behind_a_wrong_signature_is_looked_at() {
    let mut bytes = signed(2);
    // What stands behind the first member is not even an archive.
    let length = |at: usize| 512 + files(&bytes)[at].1.len().next_multiple_of(512);
    let rest = length(0) + length(1) + length(2);
    bytes[rest..].fill(0xff);
    assert_eq!(code(read(&bytes, &trust(1))), "signature.unknown_key");
    // A manifest that is no JSON at all.
    let parts = [("manifest.json".to_owned(), b"{".to_vec())];
    assert_eq!(code(read(&of_files(&parts), &trust(1))), "signature.missing");
}

#[test]
fn manifests_that_are_odd_are_refused_with_their_place() {
    let members = || [("a.cedar".to_owned(), POLICY.into())];
    let limits = Limits::default();
    let load = |text: &str| {
        let manifest = ("manifest.json".to_owned(), text.as_bytes().to_vec());
        Bundle::from_members(members().into_iter().chain([manifest]), &limits)
    };
    assert!(load(r#"{"name": "a.b_c-1", "sequence": 9007199254740991}"#).is_ok());
    let deep = format!(r#"{{"members": {}{}}}"#, "[".repeat(100), "]".repeat(100));
    let long = format!(r#"{{"name": "{}"}}"#, "a".repeat(129));
    let labels = format!(r#"{{"sensitivity": [{}"x"]}}"#, "\"y\",".repeat(64));
    for (text, code) in [
        ("", "manifest.syntax"),
        ("null", "manifest.syntax"),
        ("[]", "manifest.syntax"),
        ("{} {}", "manifest.syntax"),
        (r#"{"nmae": "x"}"#, "manifest.syntax"),
        (r#"{"name": null}"#, "manifest.syntax"),
        (r#"{"name": "x", "name": "y"}"#, "manifest.syntax"),
        (r#"{"sequence": 18446744073709551616}"#, "manifest.syntax"),
        (r#"{"sequence": 1e400}"#, "manifest.syntax"),
        (r#"{"sequence": -1}"#, "manifest.syntax"),
        (r#"{"sequence": 1.5}"#, "manifest.syntax"),
        (r#"{"sequence": 9007199254740992}"#, "manifest.field"),
        (r#"{"grants": {"approvers": 65}}"#, "manifest.field"),
        (r#"{"grants": {"approvers": 1, "approvers": 0}}"#, "manifest.syntax"),
        (r#"{"name": ""}"#, "manifest.field"),
        (r#"{"name": "../x"}"#, "manifest.field"),
        (r#"{"name": ".x"}"#, "manifest.field"),
        (r#"{"name": "é"}"#, "manifest.field"),
        (&long, "manifest.field"),
        (&labels, "manifest.sensitivity"),
        (r#"{"created": "yesterday"}"#, "manifest.syntax"),
        (
            r#"{"created": "2026-01-02T00:00:00Z", "expires": "2026-01-01T00:00:00Z"}"#,
            "manifest.field",
        ),
        (r#"{"members": {}}"#, "manifest.field"),
        (r#"{"members": {"a.cedar": "sha256:00"}}"#, "manifest.syntax"),
        (r#"{"members": {"manifest.json": "sha256:00"}}"#, "manifest.syntax"),
        (r#"{"model": "notebook/2"}"#, "manifest.syntax"),
        (&deep, "limit.json_nesting"),
        (&format!("{{{}}}", " ".repeat(1 << 20)), "limit.manifest_bytes"),
    ] {
        let error = load(text).unwrap_err();
        let problem = &error.problems()[0];
        assert_eq!(problem.code, code, "{error}");
        assert_eq!(&*problem.place.as_ref().unwrap().file, "manifest.json", "{error}");
    }
    let digest = notegate::bundle::Digest::of(POLICY.as_bytes());
    let twice = format!(
        r#"{{"name": "x", "sequence": 1, "members": {{"a.cedar": "{digest}", "a.cedar": "{digest}"}}}}"#
    );
    let error = load(&twice).unwrap_err();
    assert!(error.to_string().contains("`a.cedar` is there twice"), "{error}");
    assert!(load(&twice.replacen(&format!(r#""a.cedar": "{digest}", "#), "", 1)).is_ok());
}

#[test]
fn more_signatures_than_the_limit_are_refused() {
    let mut bundle = sealed_as("hub");
    (1..=17).for_each(|seed| bundle.sign(&key(seed)).unwrap());
    assert_eq!(code(read(&bundle.to_bytes().unwrap(), &trust(1))), "limit.signatures");
}

#[test]
fn what_is_not_sealed_is_neither_signed_nor_packed_nor_trusted() {
    let limits = Limits::default();
    let manifest = br#"{"name": "hub", "sequence": 1}"#.to_vec();
    let parts =
        [("manifest.json".to_owned(), manifest.clone()), ("a.cedar".to_owned(), POLICY.into())];
    let mut bundle = Bundle::from_members(parts.clone(), &limits).unwrap();
    assert_eq!(bundle.sign(&key(1)).unwrap_err().problems()[0].code, "manifest.unsealed");
    assert_eq!(bundle.to_bytes().unwrap_err().problems()[0].code, "manifest.unsealed");
    assert_eq!(code(read(&of_files(&parts), &Trust::unsigned())), "manifest.unsealed");
    let signature =
        (format!("manifest.{}.sig", key(1).public().id()), key(1).sign(&manifest).to_vec());
    let all = parts.into_iter().chain([signature]);
    let refused = Delivery::from_members(all, &limits).unwrap().bundle(&trust(1));
    assert_eq!(code(refused), "manifest.unsealed");
}

#[test]
fn signatures_of_the_wrong_length_are_refused() {
    for length in [0, 63, 65, 6_400] {
        let mut parts = files(&signed(1));
        parts[1].1.resize(length, 0);
        assert_eq!(code(read(&of_files(&parts), &trust(1))), "signature.length");
    }
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn grant(expires: &str, approved_by: &str) -> String {
    format!(
        r#"[{{"id": "g", "principal": {{"type": "Notebook::User", "id": "ada"}}, "action": "hub:login",
            "resource": {{"type": "Notebook::Hub", "id": "hub"}}, "expires": "{expires}",
            "reason": "r", "approved_by": [{approved_by}]}}]"#
    )
}

fn grants_for(bundle: &str, text: &str) -> GrantsDelivery {
    let manifest = GrantsManifest {
        bundle: bundle.to_owned(),
        sequence: 5,
        created: None,
        expires: Some(moment("2026-06-01T00:00:00Z")),
    };
    GrantsDelivery::new(&manifest, text.as_bytes(), &Limits::default()).unwrap()
}

#[test]
fn grants_alone_are_signed_like_a_bundle_and_take_the_place_of_its_own() {
    let mut grants = grants_for("hub", &grant("2027-01-01T00:00:00Z", r#""grace""#));
    grants.sign(&key(1));
    let bytes = grants.to_bytes().unwrap();
    let open =
        |trust: &Trust| Delivery::from_bytes(&bytes, &Limits::default()).unwrap().grants(trust);
    let read = open(&trust(1)).unwrap();
    assert_eq!(
        (read.manifest(), read.signed_by()),
        (grants.manifest(), &[key(1).public().id()][..])
    );
    assert_eq!(read.to_bytes().unwrap(), bytes);
    // A grant ends with its delivery.
    assert_eq!(read.grants()[0].expires, moment("2026-06-01T00:00:00Z"));
    assert_eq!(open(&trust(2)).unwrap_err().problems()[0].code, "signature.unknown_key");
    let limited = trust(1).only_for(["other"]);
    assert_eq!(open(&limited).unwrap_err().problems()[0].code, "signature.not_for");

    let bundle = Bundle::from_bytes(&signed(1), &Limits::default()).unwrap();
    let with = bundle.with_grants(&read).unwrap();
    assert_eq!((bundle.grants().len(), with.grants().len()), (0, 1));
    assert_ne!(bundle.revision(), with.revision());
    assert_eq!(with.to_bytes().unwrap(), signed(1), "it is packed as it came");
    let other =
        Bundle::from_bytes(&sealed_as("other").to_bytes().unwrap(), &Limits::default()).unwrap();
    assert_eq!(code(other.with_grants(&read)), "grants.bundle");
}

#[test]
fn grants_pass_for_no_bundle_and_a_bundle_for_no_grants() {
    let mut grants = grants_for("hub", "[]");
    grants.sign(&key(1));
    let limits = Limits::default();
    let grants = grants.to_bytes().unwrap();
    assert_eq!(code(read(&grants, &trust(1))), "bundle.layout");
    let bundle = signed(1);
    let refused = Delivery::from_bytes(&bundle, &limits).unwrap().grants(&trust(1)).unwrap_err();
    assert_eq!(refused.problems()[0].code, "bundle.layout");
    let read = |bytes| Delivery::from_bytes(bytes, &limits).unwrap().read(&trust(1)).unwrap();
    assert!(matches!(read(&grants), Delivered::Grants(_)));
    assert!(matches!(read(&bundle), Delivered::Bundle(_)));
}

#[test]
fn a_flipped_bit_anywhere_in_grants_is_refused() {
    let mut grants = grants_for("hub", &grant("2027-01-01T00:00:00Z", r#""grace""#));
    grants.sign(&key(1));
    let bytes = grants.to_bytes().unwrap();
    let trust = trust(1);
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let read =
            Delivery::from_bytes(&flipped, &Limits::default()).and_then(|one| one.grants(&trust));
        assert!(read.is_err(), "byte {at}");
    }
}

#[test]
fn delivered_grants_are_held_to_the_terms_of_the_bundle() {
    let limits = Limits::default();
    let terms = br#"{"name": "hub", "grants": {"approvers": 2}}"#.to_vec();
    let members = [("manifest.json".to_owned(), terms), ("a.cedar".to_owned(), POLICY.into())];
    let bundle = Bundle::from_members(members, &limits).unwrap();
    let one = grants_for("hub", &grant("2027-01-01T00:00:00Z", r#""grace""#));
    let two = grants_for("hub", &grant("2027-01-01T00:00:00Z", r#""grace", "edsger""#));
    assert_eq!(code(bundle.with_grants(&one)), "grants.terms");
    assert!(bundle.with_grants(&two).is_ok());
    let own = grant("2027-01-01T00:00:00Z", r#""ada""#);
    let manifest = grants_for("hub", "[]").manifest().clone();
    assert!(GrantsDelivery::new(&manifest, own.as_bytes(), &limits).is_err());
}

#[test]
fn sealing_anew_gives_a_changed_folder_new_digests() {
    let limits = Limits::default();
    let mut parts = files(&signed(1));
    parts[2].1.extend_from_slice(b"\n// changed\n");
    let changed = || Delivery::from_members(parts.clone(), &limits).unwrap();
    assert_eq!(code(changed().bundle(&Trust::unsigned())), "member.digest");
    let bundle = changed().unsealed().unwrap();
    let manifest = Manifest { sequence: 4, ..bundle.manifest().clone() };
    let bundle = bundle.seal(manifest, &limits).unwrap();
    assert_eq!(bundle.signatures().count(), 0);
    let listed: BTreeMap<_, _> = bundle.manifest().members.clone().unwrap();
    assert_eq!(listed.keys().collect::<Vec<_>>(), ["a.cedar", "grants.json", "tests/cases.json"]);
    assert!(read(&bundle.to_bytes().unwrap(), &Trust::unsigned()).is_ok());
}

#[test]
fn key_ids_have_one_spelling() {
    let id = key(1).public().id();
    assert_eq!(KeyId::parse(&id.to_string()), Some(id));
    assert_eq!(KeyId::parse(&id.to_string().to_uppercase()), None);
}
