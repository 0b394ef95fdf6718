use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::arguments::Arguments;
use crate::generator::Compared;
use crate::grammar::Grammar;
use crate::random;
use crate::shrink::shrink;
use crate::target::Property;

/// How often a target says how far it is.
const PROGRESS: Duration = Duration::from_secs(10);

/// How many smaller cases are tried when one shows a difference.
const SMALLER: usize = 3_000;

/// Runs the targets, one after the other.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let mut grammar = Grammar::default();
    let mut sum = Compared::default();
    let mut found = false;
    for target in arguments.targets.iter().copied() {
        let outcome = match one_case(arguments) {
            Ok(None) => many(target, arguments, &mut grammar),
            Ok(Some(bytes)) => one(target, &bytes, arguments, &mut grammar),
            Err(message) => {
                eprintln!("error: {message}");
                return ExitCode::FAILURE;
            }
        };
        match outcome {
            Ok(compared) => sum.add(compared),
            Err(report) => {
                println!("{report}");
                found = true;
            }
        }
    }
    println!("in all: {sum}");
    if arguments.grammar {
        print!("{grammar}");
        found = found || grammar.missing().next().is_some();
    }
    if found { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn one_case(arguments: &Arguments) -> Result<Option<Vec<u8>>, String> {
    if let Some(file) = &arguments.input {
        let read = fs::read(file).map_err(|error| format!("`{}`: {error}", file.display()));
        return read.map(Some);
    }
    Ok(arguments.case.map(|case| random::bytes(arguments.seed, case)))
}

fn one(
    target: Property,
    bytes: &[u8],
    arguments: &Arguments,
    grammar: &mut Grammar,
) -> Result<Compared, String> {
    let name = target.name();
    if arguments.print {
        println!("{}", target.written(bytes));
    }
    if arguments.grammar
        && let Some(case) = target.case(bytes)
    {
        grammar.count(&case);
    }
    let compared = check(target, bytes).map_err(|difference| format!("{name}: {difference}"))?;
    println!("{name}: {compared}, no difference");
    Ok(compared)
}

fn many(
    target: Property,
    arguments: &Arguments,
    grammar: &mut Grammar,
) -> Result<Compared, String> {
    let (seed, started) = (arguments.seed, Instant::now());
    let (mut sum, mut cases, mut told) = (Compared::default(), 0_u64, started);
    let goes_on = |cases: u64| match arguments.cases {
        Some(most) => cases < most,
        None => started.elapsed() < arguments.time,
    };
    while goes_on(cases) {
        let bytes = random::bytes(seed, cases);
        if arguments.grammar
            && let Some(case) = target.case(&bytes)
        {
            grammar.count(&case);
        }
        match check(target, &bytes) {
            Ok(compared) => sum.add(compared),
            Err(_) => return Err(report(target, seed, cases, bytes)),
        }
        cases += 1;
        if told.elapsed() > PROGRESS {
            told = Instant::now();
            eprintln!("{}: {cases} cases, {} requests so far", target.name(), sum.requests);
        }
    }
    let seconds = started.elapsed().as_secs_f64().max(f64::EPSILON);
    let rate = sum.requests as f64 / seconds;
    println!(
        "{}: seed {seed}, {cases} cases in {seconds:.0} s: {sum}; {rate:.0} requests a second; no difference",
        target.name()
    );
    Ok(sum)
}

/// As the target does; a panic is a difference too.
fn check(target: Property, bytes: &[u8]) -> Result<Compared, String> {
    panic::catch_unwind(AssertUnwindSafe(|| target.check(bytes)))
        .unwrap_or_else(|_| Err("it panicked".to_owned()))
}

fn report(target: Property, seed: u64, number: u64, bytes: Vec<u8>) -> String {
    let name = target.name();
    eprintln!("{name}: case {number} of seed {seed} shows a difference; making it smaller");
    let bytes = shrink(bytes, SMALLER, |bytes| check(target, bytes).is_err());
    let difference = check(target, &bytes).err().unwrap_or_default();
    let file = Path::new("found").join(format!("{name}-{seed}-{number}"));
    let kept = fs::create_dir_all("found").and_then(|()| fs::write(&file, &bytes));
    let kept = match kept {
        Ok(()) => format!("again with: {name} --input {}", file.display()),
        Err(error) => {
            format!("again with: {name} --seed {seed} --case {number} (not kept: {error})")
        }
    };
    let written = target.written(&bytes);
    format!("{name}: case {number} of seed {seed}\n{difference}\n{written}\n{kept}")
}
