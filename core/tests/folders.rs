//! Bundles in folders, as people and platforms lay them out.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what is wrong")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use notegate::Bundle;
use notegate::bundle::{Delivery, Manifest, PrivateKey, PublicKey, Trust};
use notegate::model::{Limits, LoadErrorKind};

/// A folder of one test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Unpacks a single file by the system's `tar`.
    fn unpack(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let (file, folder) = (self.write("bundle.tar", bytes), self.0.join(name));
        fs::create_dir_all(&folder).unwrap();
        run(Command::new("tar").arg("-xf").arg(file).arg("-C").arg(&folder));
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn run(command: &mut Command) -> String {
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; install it"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

const POLICY: &str = r#"@id("p") permit (principal, action, resource);"#;

fn signed(key: &PrivateKey) -> Bundle {
    let limits = Limits::default();
    let members = [
        ("a.cedar".to_owned(), POLICY.into()),
        ("tests/cases.json".to_owned(), b"[]".to_vec()),
        ("entities.json".to_owned(), b"[]".to_vec()),
    ];
    let manifest = Manifest { name: "hub".to_owned(), sequence: 1, ..Manifest::default() };
    let bundle = Bundle::from_members(members, &limits).unwrap();
    let mut bundle = bundle.seal(manifest, &limits).unwrap();
    bundle.sign(key).unwrap();
    bundle
}

fn open(path: &Path, trust: &Trust) -> Result<Bundle, notegate::model::LoadError> {
    Delivery::open(path, &Limits::default())?.bundle(trust)
}

fn ours() -> PrivateKey {
    PrivateKey::from_seed(&[1; 32]).unwrap()
}

fn trust(key: &PrivateKey) -> Trust {
    Trust::keys([key.public().clone()])
}

#[test]
fn a_single_file_unpacks_to_a_folder_that_is_the_same_bundle() {
    let (folder, bundle) = (Folder::new("unpack"), signed(&ours()));
    let unpacked = folder.unpack("hub", &bundle.to_bytes().unwrap());
    let read = open(&unpacked, &trust(&ours())).unwrap();
    assert_eq!(read.revision(), bundle.revision());
    assert_eq!(read.signed_by(), [ours().public().id()]);
    assert_eq!(read.to_bytes().unwrap(), bundle.to_bytes().unwrap());
    let file = open(&folder.0.join("bundle.tar"), &trust(&ours())).unwrap();
    assert_eq!(file.revision(), bundle.revision());
}

#[test]
fn the_tar_of_other_people_can_write_the_single_file_form() {
    let (folder, bundle) = (Folder::new("tar"), signed(&ours()));
    let bytes = bundle.to_bytes().unwrap();
    let unpacked = folder.unpack("hub", &bytes);
    let signature = format!("manifest.{}.sig", ours().public().id());
    let out = folder.0.join("other.tar");
    run(Command::new("tar")
        .args(["--format=ustar", "--blocking-factor=1", "--mtime=@0", "--mode=0644"])
        .args(["--owner=0", "--group=0", "--numeric-owner", "-cf"])
        .args([out.as_os_str(), "-C".as_ref(), unpacked.as_os_str()])
        .args(["manifest.json", &signature, "a.cedar", "entities.json", "tests/cases.json"]));
    assert!(fs::read(out).unwrap() == bytes);
}

#[test]
fn a_signed_folder_that_was_changed_is_refused_and_a_foreign_file_in_it_is_not_read() {
    let folder = Folder::new("changed");
    let unpacked = folder.unpack("hub", &signed(&ours()).to_bytes().unwrap());
    let refused = || open(&unpacked, &trust(&ours())).unwrap_err().problems()[0].code;
    folder.write("hub/NOTES.txt", "a note");
    folder.write("hub/.editor.cedar", "not to be read");
    assert_eq!(open(&unpacked, &trust(&ours())).unwrap().ignored(), ["NOTES.txt"]);
    folder.write("hub/b.cedar", POLICY);
    assert_eq!(refused(), "member.extra");
    fs::remove_file(unpacked.join("b.cedar")).unwrap();
    folder.write("hub/tests/more/deep.json", "[]");
    assert_eq!(refused(), "member.extra");
    fs::remove_dir_all(unpacked.join("tests/more")).unwrap();
    folder.write("hub/a.cedar", "");
    assert_eq!(refused(), "member.digest");
    fs::remove_file(unpacked.join("a.cedar")).unwrap();
    assert_eq!(refused(), "member.missing");
    fs::remove_file(unpacked.join("manifest.json")).unwrap();
    assert_eq!(refused(), "signature.missing");
}

/// A ConfigMap as it is mounted: files are links through `..data`, which is a link itself.
fn mount(folder: &Folder, version: &str, files: &[(&str, &str)]) {
    for (name, text) in files {
        folder.write(&format!("map/..{version}/{name}"), text);
        let link = folder.0.join("map").join(name.split('/').next().unwrap());
        let target = Path::new("..data").join(name.split('/').next().unwrap());
        _ = symlink(target, link);
    }
    let swapped = folder.0.join("map/..data_tmp");
    symlink(format!("..{version}"), &swapped).unwrap();
    fs::rename(swapped, folder.0.join("map/..data")).unwrap();
}

#[test]
fn a_mounted_config_map_is_read_in_the_version_that_is_in_force() {
    let folder = Folder::new("map");
    let map = folder.0.join("map");
    mount(&folder, "1", &[("a.cedar", "// one"), ("entities.json", "[]"), ("tests/x.json", "[]")]);
    let one = Bundle::from_folder(&map, &Limits::default()).unwrap();
    assert_eq!((&*one.policies()[0].text, one.tests().len()), ("// one", 1));
    assert!(one.entities().is_some() && one.ignored().is_empty());
    mount(&folder, "2", &[("a.cedar", "// two"), ("entities.json", "[]")]);
    let two = Bundle::from_folder(&map, &Limits::default()).unwrap();
    assert_eq!((&*two.policies()[0].text, two.tests().len()), ("// two", 0));
}

#[test]
fn a_member_may_be_a_link_inside_the_folder_and_none_that_leads_out_of_it() {
    let folder = Folder::new("links");
    let bundle = folder.0.join("bundle");
    folder.write("bundle/a.cedar", POLICY);
    folder.write("bundle/.shared/entities.json", "[]");
    folder.write("outside/secret.json", "[]");
    symlink(".shared/entities.json", bundle.join("entities.json")).unwrap();
    let read = || Bundle::from_folder(&bundle, &Limits::default());
    assert!(read().unwrap().entities().is_some());
    // From elsewhere to the folder itself, too.
    symlink(&bundle, folder.0.join("link")).unwrap();
    assert!(Bundle::from_folder(&folder.0.join("link"), &Limits::default()).is_ok());

    for (name, target) in [
        ("grants.json", "../outside/secret.json"),
        ("grants.json", folder.0.join("outside/secret.json").to_str().unwrap()),
        ("grants.json", "/dev/zero"),
        ("manifest.json", "../outside/secret.json"),
        ("tests", "../outside"),
        ("tests", "/"),
        ("grants.json", ".shared/../../outside/secret.json"),
    ] {
        let link = bundle.join(name);
        symlink(target, &link).unwrap();
        let error = read().unwrap_err();
        assert_eq!(error.problems()[0].code, "file.outside", "{target}: {error}");
        assert_eq!(error.kind(), LoadErrorKind::Unreadable);
        fs::remove_file(link).unwrap();
    }
    assert!(read().is_ok());
}

#[test]
fn links_that_go_round_or_nowhere_pipes_and_folders_are_no_members() {
    let folder = Folder::new("odd");
    let bundle = folder.0.join("bundle");
    folder.write("bundle/a.cedar", POLICY);
    let read = || Bundle::from_folder(&bundle, &Limits::default());
    let odd = |name: &str| {
        let error = read().unwrap_err();
        assert!(
            matches!(error.kind(), LoadErrorKind::Unreadable | LoadErrorKind::Limit),
            "{error}"
        );
        let path = bundle.join(name);
        fs::remove_file(&path).unwrap();
    };
    symlink("entities.json", bundle.join("entities.json")).unwrap();
    odd("entities.json");
    symlink("nowhere", bundle.join("entities.json")).unwrap();
    odd("entities.json");
    run(Command::new("mkfifo").arg(bundle.join("entities.json")));
    odd("entities.json");
    symlink(".", bundle.join("tests")).unwrap();
    let error = read().unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Limit, "{error}");
    fs::remove_file(bundle.join("tests")).unwrap();
    fs::create_dir(bundle.join("manifest.json")).unwrap();
    assert_eq!(read().unwrap_err().kind(), LoadErrorKind::Unreadable);
}

#[test]
fn a_file_over_its_limit_is_refused_by_its_size() {
    let folder = Folder::new("sizes");
    folder.write("bundle/a.cedar", POLICY);
    for (name, limit) in [("entities.json", "member_bytes"), ("manifest.json", "manifest_bytes")] {
        // With holes: it takes no room, and would take long to read.
        let file = fs::File::create(folder.0.join("bundle").join(name)).unwrap();
        file.set_len(1 << 40).unwrap();
        let error = Bundle::from_folder(&folder.0.join("bundle"), &Limits::default()).unwrap_err();
        assert_eq!(error.problems()[0].code, format!("limit.{limit}"), "{error}");
        fs::remove_file(folder.0.join("bundle").join(name)).unwrap();
    }
    fs::File::create(folder.0.join("bundle.tar")).unwrap().set_len(1 << 40).unwrap();
    let error = open(&folder.0.join("bundle.tar"), &Trust::unsigned()).unwrap_err();
    assert_eq!(error.problems()[0].code, "limit.bundle_bytes");
}

#[test]
fn openssl_verifies_our_signatures_and_reads_our_keys() {
    let (folder, key) = (Folder::new("verify"), ours());
    let unpacked = folder.unpack("hub", &signed(&key).to_bytes().unwrap());
    let public = folder.write("key.pub.pem", key.public().to_pem().unwrap());
    let private = folder.write("key.pem", key.to_pem().unwrap());
    let signature = unpacked.join(format!("manifest.{}.sig", key.public().id()));
    run(Command::new("openssl")
        .args(["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey"])
        .args([public.as_os_str(), "-sigfile".as_ref(), signature.as_os_str(), "-in".as_ref()])
        .arg(unpacked.join("manifest.json")));
    let derived = run(Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(private));
    assert_eq!(derived, key.public().to_pem().unwrap());
    // The id of a key, as its documentation says.
    let script = "openssl pkey -pubin -in \"$0\" -outform DER | sha256sum | cut -c 1-32";
    let id = run(Command::new("sh").arg("-c").arg(script).arg(public));
    assert_eq!(id.trim(), key.public().id().to_string());
}

#[test]
fn openssl_makes_keys_and_signatures_that_are_accepted() {
    let folder = Folder::new("sign");
    let (private, public) = (folder.0.join("key.pem"), folder.0.join("key.pub.pem"));
    run(Command::new("openssl").args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(&private));
    run(Command::new("openssl")
        .args(["pkey", "-pubout", "-in"])
        .arg(&private)
        .arg("-out")
        .arg(&public));
    let key = PrivateKey::from_pem(&fs::read_to_string(&private).unwrap()).unwrap();
    let public = PublicKey::from_pem(&fs::read_to_string(&public).unwrap()).unwrap();
    assert_eq!(key.public(), &public);
    assert_eq!(key.to_pem().unwrap().as_ref(), fs::read(&private).unwrap());

    let unpacked = folder.unpack("hub", &signed(&ours()).to_bytes().unwrap());
    assert!(open(&unpacked, &trust(&key)).is_err());
    run(Command::new("openssl")
        .args(["pkeyutl", "-sign", "-rawin", "-inkey"])
        .args([private.as_os_str(), "-in".as_ref(), unpacked.join("manifest.json").as_os_str()])
        .arg("-out")
        .arg(unpacked.join(format!("manifest.{}.sig", public.id()))));
    assert_eq!(open(&unpacked, &trust(&key)).unwrap().signed_by(), [public.id()]);
}

#[test]
fn keys_of_another_kind_are_refused() {
    let folder = Folder::new("kinds");
    for (algorithm, options) in
        [("X25519", &[][..]), ("EC", &["-pkeyopt", "ec_paramgen_curve:P-256"])]
    {
        let private = folder.0.join("other.pem");
        let mut made = Command::new("openssl");
        run(made
            .args(["genpkey", "-algorithm", algorithm])
            .args(options)
            .arg("-out")
            .arg(&private));
        let public = run(Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&private));
        let private = fs::read_to_string(private).unwrap();
        assert!(PrivateKey::from_pem(&private).is_err(), "{algorithm}");
        assert!(PublicKey::from_pem(&public).is_err(), "{algorithm}");
    }
    let (public, private) = (ours().public().to_pem().unwrap(), ours().to_pem().unwrap());
    let private = str::from_utf8(private.as_ref()).unwrap().to_owned();
    assert!(PrivateKey::from_pem(&public).is_err() && PublicKey::from_pem(&private).is_err());
    // The neutral point, by which one signature fits almost everything.
    let weak = "-----BEGIN PUBLIC KEY-----\n\
                MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
                -----END PUBLIC KEY-----\n";
    assert_eq!(PublicKey::from_pem(weak).unwrap_err().code(), "key.weak");
    for text in ["", "-----BEGIN PUBLIC KEY-----", &"x".repeat(10_000)] {
        assert_eq!(PublicKey::from_pem(text).unwrap_err().code(), "key.syntax");
    }
}
