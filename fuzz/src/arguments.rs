use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::target::Property;

pub(crate) const HELP: &str = "\
Compares the library with the official one on generated input, and holds the filter of proxies against it.

Usage: notegate-fuzz [TARGET...] [OPTIONS]

Targets, all of them when none is named:
  decisions   every way to decide, against the official authorizer
  index       many scoped policies, against it and against scopes written as conditions
  loading     entities as JSON, whole and spoilt, against the official reader
  overlay     entities and attributes of requests, against the official store
  enumerate   who can and what can, against a decision for each stored entity
  filter      the filter of proxies on a host in memory, against hostile configurations, requests and servers

Options:
  --seconds N     how long each target runs [60]
  --cases N       how many cases each target runs instead, the same on any machine
  --seed N        where the cases come from; the same seed gives the same cases [1]
  --case N        only the case of this number, which a run that found a difference tells
  --input FILE    only the case that the bytes of this file make, for fuzzers that bring their own
  --print         print the case before it is compared; with --case or --input
  --grammar       count what the policies, scopes and requests are made of, and print a table
  --help          print this

Exit status: 0 no difference, 1 a difference, or something that never came up with --grammar.
A difference is made as small as it goes, printed, and its bytes are left in `found`.
";

#[derive(Debug)]
pub(crate) enum Wanted {
    Help,
    Run(Arguments),
}

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) targets: Vec<Property>,
    pub(crate) time: Duration,
    pub(crate) cases: Option<u64>,
    pub(crate) seed: u64,
    pub(crate) case: Option<u64>,
    pub(crate) input: Option<PathBuf>,
    pub(crate) print: bool,
    pub(crate) grammar: bool,
}

impl Arguments {
    /// # Errors
    /// Says which argument is wrong.
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Result<Wanted, String> {
        let mut arguments = Self {
            targets: Vec::new(),
            time: Duration::from_secs(60),
            cases: None,
            seed: 1,
            case: None,
            input: None,
            print: false,
            grammar: false,
        };
        while let Some(argument) = given.next() {
            let mut value = || given.next().ok_or(format!("`{argument}` wants a value"));
            match argument.as_str() {
                "--help" | "-h" => return Ok(Wanted::Help),
                "--seconds" => arguments.time = Duration::from_secs(number(&value()?)?),
                "--cases" => arguments.cases = Some(number(&value()?)?),
                "--seed" => arguments.seed = number(&value()?)?,
                "--case" => arguments.case = Some(number(&value()?)?),
                "--input" => arguments.input = Some(value()?.into()),
                "--print" => arguments.print = true,
                "--grammar" => arguments.grammar = true,
                name => {
                    let target = Property::all().find(|target| target.name() == name);
                    arguments.targets.push(target.ok_or(format!("`{name}` is no target"))?);
                }
            }
        }
        if arguments.targets.is_empty() {
            arguments.targets = Property::all().collect();
        }
        let single = arguments.case.is_some() || arguments.input.is_some();
        if single && arguments.targets.len() != 1 {
            return Err("`--case` and `--input` want one target".to_owned());
        }
        Ok(Wanted::Run(arguments))
    }
}

fn number(text: &str) -> Result<u64, String> {
    u64::from_str(text).map_err(|_| format!("`{text}` is not a whole number"))
}
