//! Embeds the packs of `policies` in the binary, so that `init` and `demo` need nothing beside it.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../policies").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());
    let mut code = String::from("const PACKS: &[Pack] = &[\n");
    for folder in sorted(&root)? {
        let name = file_name(&folder)?;
        if !folder.is_dir() || !folder.join("manifest.json").is_file() {
            continue;
        }
        writeln!(code, "Pack {{ name: {name:?}, files: &[")?;
        embed(&folder, "", &mut code)?;
        writeln!(code, "] }},")?;
    }
    code.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("packs.rs"), code)?;
    Ok(())
}

fn embed(folder: &Path, prefix: &str, code: &mut String) -> Result<(), Box<dyn Error>> {
    for path in sorted(folder)? {
        let name = format!("{prefix}{}", file_name(&path)?);
        if path.is_dir() {
            embed(&path, &format!("{name}/"), code)?;
        } else {
            let path = path.to_str().ok_or("a path is not UTF-8")?;
            writeln!(code, "({name:?}, include_str!({path:?})),")?;
        }
    }
    Ok(())
}

/// What lies in a folder, by name, without hidden files.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !file_name(&path)?.starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

fn file_name(path: &Path) -> Result<String, Box<dyn Error>> {
    let name = path.file_name().and_then(|name| name.to_str());
    Ok(name.ok_or("a file name is not UTF-8")?.to_owned())
}
