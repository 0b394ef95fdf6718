//! The program `notegate`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(notegate_cli::run(std::env::args_os()))
}
