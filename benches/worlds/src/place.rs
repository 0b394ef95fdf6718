//! Where results are left, and found.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Where results are left.
#[must_use]
pub fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join("target/bench").join(if quick() { "quick" } else { "full" })
}

/// Whether it is only to be seen that everything works.
#[must_use]
pub fn quick() -> bool {
    std::env::var_os("QUICK").is_some_and(|value| !value.is_empty())
}

/// Leaves a result.
///
/// # Errors
/// When the file cannot be written.
pub fn save<T: Serialize>(path: &Path, value: &T) -> Result<(), Box<dyn Error>> {
    path.parent().map(fs::create_dir_all).transpose()?;
    Ok(fs::write(path, serde_json::to_vec_pretty(value)?)?)
}

/// Finds a result.
///
/// # Errors
/// When there is none, or it has another shape.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Box<dyn Error>> {
    let text =
        fs::read_to_string(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}
