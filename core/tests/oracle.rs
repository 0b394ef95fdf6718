//! The library gives the official library's answers, on generated input.
//!
//! `ORACLE_CASES` is how many bundles each property is held against (30 at least), `ORACLE_SEED`
//! where they come from. The workspace in `fuzz` runs the same properties for longer.

#![expect(clippy::expect_used, reason = "a test stops at what is wrong")]

mod generator;

use std::cell::Cell;

use generator::{Compared, TARGETS, Target};
use proptest::prelude::{ProptestConfig, any};
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};

fn number<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Holds a property against so many cases, and says what was compared.
fn compared(name: &str, cases: u32) -> Compared {
    let cases = number("ORACLE_CASES", cases);
    let config = ProptestConfig { cases, failure_persistence: None, ..Default::default() };
    let seed = number("ORACLE_SEED", 7_u8);
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(config, random);
    let target: &Target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let total = Cell::new(Compared::default());
    let bytes = proptest::collection::vec(any::<u8>(), 200..6_000);
    let outcome = runner.run(&bytes, |bytes| {
        let case = (target.case)(&bytes);
        let compared = (target.compare)(&case)
            .map_err(|difference| TestCaseError::fail(format!("{difference}\n{case:#?}")))?;
        let mut sum = total.get();
        sum.add(compared);
        total.set(sum);
        Ok(())
    });
    println!("{name}: {}", total.get());
    let difference = outcome.err().map(|error| error.to_string());
    assert!(difference.is_none(), "{}", difference.unwrap_or_default());
    total.get()
}

#[test]
fn every_way_to_decide_agrees_with_the_official_authorizer() {
    let sum = compared("decisions", 60);
    assert!(sum.requests > 1_000, "{sum}");
    assert!(sum.allowed * 20 > sum.requests, "{sum}");
    assert!(sum.erring * 20 > sum.requests, "{sum}");
    assert!(sum.overlaid * 20 > sum.requests, "{sum}");
}

#[test]
fn the_index_narrows_and_changes_nothing() {
    let sum = compared("index", 25);
    assert!(sum.requests > 500, "{sum}");
    assert!(sum.allowed * 20 > sum.requests, "{sum}");
}

#[test]
fn entities_are_read_and_refused_as_by_the_official_reader() {
    let sum = compared("loading", 120);
    assert!(sum.requests > 5 && sum.refused > 5, "{sum}");
}

#[test]
fn what_a_request_says_of_entities_stands_over_what_is_stored() {
    let sum = compared("overlay", 30);
    assert!(sum.overlaid > 500 && sum.cyclic > 0, "{sum}");
}

#[test]
fn enumerations_list_what_decisions_allow() {
    let sum = compared("enumerate", 30);
    assert!(sum.requests > 500, "{sum}");
    assert!(sum.allowed * 20 > sum.requests, "{sum}");
}
