//! Writes `docs/performance.md`, its plots and the table of the README from what was measured; in
//! quick mode into the folder of results instead, since quick figures are rough.

mod criterion;
mod found;
mod page;
mod plot;
mod readme;
mod text;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use notegate_worlds::{folder, quick};

use self::found::Found;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = Found::read(&folder())?;
    let docs: PathBuf = if quick() { folder().join("docs") } else { root.join("docs") };
    fs::create_dir_all(&docs)?;
    plot::draw(&found, &docs)?;
    fs::write(docs.join("performance.md"), page::write(&found))?;
    if !quick() {
        let path = root.join("README.md");
        fs::write(&path, readme::with_figures(&fs::read_to_string(&path)?, &found)?)?;
    }
    println!("{}", docs.join("performance.md").display());
    Ok(())
}
