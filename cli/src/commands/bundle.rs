//! `notegate bundle`

mod grants;
mod inspect;
mod keygen;
mod pack;
mod push;
mod sign;
mod times;
mod verify;
mod written;

use clap::{Args, Subcommand};

use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Pack, sign, verify and deliver bundles
///
/// A delivered bundle is one file, whose manifest lists every member with its digest, and which
/// carries Ed25519 signatures of that manifest. Enforcement points that are given a public key take
/// nothing that it did not sign.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        notegate bundle keygen hub.pem\n  \
        notegate bundle pack my-policies --sequence 7 --expires +30d --key hub.pem -o hub.tar\n  \
        notegate bundle verify hub.tar --key hub.pub.pem\n  \
        notegate bundle push hub.tar s3://policies/hub.tar"
)]
pub(crate) struct Bundle {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Keygen(keygen::Keygen),
    Pack(pack::Pack),
    PackGrants(grants::PackGrants),
    Sign(sign::Sign),
    Verify(verify::Verify),
    Inspect(inspect::Inspect),
    Push(push::Push),
}

impl Bundle {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        match self.command {
            Command::Keygen(keygen) => keygen.run(console),
            Command::Pack(pack) => pack.run(console),
            Command::PackGrants(grants) => grants.run(console),
            Command::Sign(sign) => sign.run(console),
            Command::Verify(verify) => verify.run(console),
            Command::Inspect(inspect) => inspect.run(console),
            Command::Push(push) => push.run(console),
        }
    }
}
