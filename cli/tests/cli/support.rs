//! Runs the program, and folders for it to work on.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What a run of the program left.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Standard output, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Standard output, one JSON value per line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Panics unless it ended with this status, said each of these on standard error, and nothing
    /// in its words could move a cursor or the reading order.
    #[track_caller]
    pub(crate) fn refused(&self, status: i32, said: &[&str]) {
        assert_eq!(self.status, status, "{self}");
        for text in said {
            assert!(self.err.contains(text), "`{text}` is not said: {self}");
        }
        self.harmless();
    }

    #[track_caller]
    pub(crate) fn harmless(&self) {
        let text = [&*self.out, &*self.err].concat();
        let harmful = text.chars().find(|char| {
            (char.is_control() && *char != '\n')
                || matches!(char, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(harmful, None, "{self}");
        assert!(!self.err.contains("panicked"), "{self}");
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}\n{}\n{}", self.status, self.out, self.err)
    }
}

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_notegate"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn notegate<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Run {
    ran(program().args(args).output().unwrap())
}

pub(crate) fn notegate_with_input<S: AsRef<OsStr>>(
    args: impl IntoIterator<Item = S>,
    input: &[u8],
) -> Run {
    let mut child = program().args(args).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that refuses early does not read it all.
        _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    ran(output)
}

pub(crate) fn ran(output: std::process::Output) -> Run {
    Run {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder of files for one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().unwrap());
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    /// The minimal pack, as `init` writes it.
    pub(crate) fn minimal() -> Self {
        let folder = Self::new(&[]);
        let run = notegate(["init".as_ref(), folder.0.path()]);
        assert_eq!(run.status, 0, "{run}");
        folder
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn root(&self) -> &str {
        self.0.path().to_str().unwrap()
    }
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The flags that name the parts of an example.
pub(crate) fn loose(folder: &Path) -> Vec<String> {
    let parts = [
        ("--policies", "policies.cedar"),
        ("--entities", "entities.json"),
        ("--schema", "schema.cedarschema"),
        ("--template-linked", "links.json"),
    ];
    let parts = parts.into_iter().filter(|(_, name)| folder.join(name).exists());
    let text = |(flag, name): (&str, &str)| {
        [flag.to_owned(), folder.join(name).to_str().unwrap().to_owned()]
    };
    parts.flat_map(text).collect()
}

/// The requests of an example, with what the stock command line answers.
pub(crate) fn cases(folder: &Path) -> Vec<Value> {
    serde_json::from_str(&fs::read_to_string(folder.join("cases.json")).unwrap()).unwrap()
}

/// What is shipped as data.
pub(crate) fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}
