//! A world as files, for authorizers of other languages.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use crate::world::World;
use crate::{casbin, cedar};

/// Writes a world into a folder: `policies.json` and `entities.json` in Cedar's shapes,
/// `casbin.conf` and `casbin.csv`, and `questions.json` with what has to come out.
///
/// # Errors
/// When a file cannot be written.
pub fn write(world: &World, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let questions: Vec<Value> = world
        .questions
        .iter()
        .map(|question| {
            json!({
                "request": serde_json::from_str::<Value>(&cedar::request(question)).ok(),
                "casbin": casbin::request(world, question),
                "allowed": world.allows(question),
            })
        })
        .collect();
    fs::write(folder.join("policies.json"), cedar::policies(world))?;
    fs::write(folder.join("entities.json"), cedar::entities(world))?;
    fs::write(folder.join("casbin.conf"), casbin::MODEL)?;
    fs::write(folder.join("casbin.csv"), casbin::lines(world))?;
    fs::write(folder.join("questions.json"), Value::Array(questions).to_string())
}
