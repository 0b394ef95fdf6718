//! The compiled evaluator gives the official authorizer's answers, on generated input.

mod generator;

use std::cell::Cell;

use generator::{Case, Compared, compare};
use proptest::prelude::{ProptestConfig, any};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

/// How many cases are generated; each asks a few questions of one bundle.
fn cases() -> u32 {
    std::env::var("ORACLE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(600)
}

fn runner() -> TestRunner {
    let config = ProptestConfig { cases: cases(), failure_persistence: None, ..Default::default() };
    let seed = std::env::var("ORACLE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7_u8);
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    TestRunner::new_with_rng(config, random)
}

#[test]
fn the_compiled_evaluator_agrees_with_the_official_authorizer() {
    let total = Cell::new(Compared::default());
    let bytes = proptest::collection::vec(any::<u8>(), 200..3_000);
    let outcome = runner().run(&bytes, |bytes| {
        let case = Case::generate(&bytes);
        let compared = compare(&case).map_err(|difference| {
            proptest::test_runner::TestCaseError::fail(format!(
                "{difference}\n{}\n{}\n{}",
                case.policies, case.links, case.entities
            ))
        })?;
        let mut sum = total.get();
        sum.add(compared);
        total.set(sum);
        Ok(())
    });
    println!("{:?}", total.get());
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let sum = total.get();
    assert!(sum.decisions > cases() as usize, "{sum:?}");
    assert!(sum.allowed * 20 > sum.decisions, "{sum:?}");
    assert!(sum.erring * 20 > sum.decisions, "{sum:?}");
    assert!(sum.overlaid * 20 > sum.decisions, "{sum:?}");
}
