//! Writes worlds out, for authorizers of other languages: a folder for each number of policies.

use std::error::Error;
use std::path::PathBuf;

use notegate_worlds::{POLICIES, Spec, World, write};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("say into which folder")?;
    for policies in POLICIES {
        let (world, folder) =
            (World::new(Spec::of(policies)), PathBuf::from(&folder).join(policies.to_string()));
        write(&world, &folder)?;
        println!("{}: {policies} policies, {} questions", folder.display(), world.questions.len());
    }
    Ok(())
}
