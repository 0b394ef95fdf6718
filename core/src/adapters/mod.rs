//! Foreign words into a request.

pub mod json;
pub mod jupyter;
pub mod kubernetes;

#[cfg(test)]
#[path = "typescript_tests.rs"]
mod tests;
