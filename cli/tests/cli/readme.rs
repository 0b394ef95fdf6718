//! The documents do what they say, step by step.

use std::fs;
use std::path::Path;

use crate::support::{Folder, program};

#[test]
fn every_command_of_the_readme_ends_as_it_says() {
    let (ran, written) = follow("README.md");
    assert!(ran >= 6 && written >= 2, "{ran} commands ran, {written} files were written");
}

#[test]
fn every_command_about_bundles_ends_as_it_says() {
    let (ran, _) = follow("docs/bundles.md");
    assert!(ran >= 6, "{ran} commands ran");
}

/// Writes the files and runs the commands of a document in their order, and counts both.
fn follow(document: &str) -> (usize, usize) {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(document);
    let document = fs::read_to_string(document).unwrap();
    let folder = Folder::new(&[]);
    let (mut ran, mut written) = (0, 0);
    let mut parts = document.split("```");
    while let (Some(prose), Some(block)) = (parts.next(), parts.next()) {
        let (language, text) = block.split_once('\n').unwrap();
        match language {
            "console" => ran += run(text, &folder),
            "json" | "cedar" => {
                let named = prose.rsplit('`').nth(1).filter(|path| path.starts_with("my-hub/"));
                if let Some(path) = named {
                    folder.write(path, text);
                    written += 1;
                }
            }
            _ => {}
        }
    }
    (ran, written)
}

/// Runs the lines that start with `$ notegate`; `[exit N]` below one is the status it ends with.
fn run(text: &str, folder: &Folder) -> usize {
    let mut lines = text.lines().peekable();
    let mut ran = 0;
    while let Some(line) = lines.next() {
        let Some(args) = line.strip_prefix("$ notegate ") else { continue };
        let said = lines.peek().and_then(|line| line.strip_prefix("[exit ")?.strip_suffix(']'));
        let status: i32 = said.map_or(0, |status| status.parse().unwrap());
        // Words of a shell: quotes of one kind, and none inside another.
        let args: Vec<String> = args
            .split('\'')
            .enumerate()
            .flat_map(|(at, part)| match at % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
                _ => vec![part.to_owned()],
            })
            .collect();
        let output = program().args(&args).current_dir(folder.root()).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{line}\n{shown}");
        ran += 1;
    }
    ran
}
