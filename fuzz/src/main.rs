//! Compares the library with the official one on generated input, and holds the filter of proxies against it.

#[path = "../../core/tests/generator/mod.rs"]
mod generator;

mod arguments;
mod filter;
mod grammar;
mod random;
mod run;
mod shrink;
mod target;

use std::process::ExitCode;

use arguments::{Arguments, Wanted};

fn main() -> ExitCode {
    match Arguments::read(std::env::args().skip(1)) {
        Ok(Wanted::Help) => {
            print!("{}", arguments::HELP);
            ExitCode::SUCCESS
        }
        Ok(Wanted::Run(arguments)) => run::run(&arguments),
        Err(message) => {
            eprintln!("error: {message}\n\n{}", arguments::HELP);
            ExitCode::FAILURE
        }
    }
}
