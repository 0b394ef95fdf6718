//! Medians that criterion left, each in a folder of its own.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use notegate_worlds::read;
use serde_json::Value;

/// Medians in nanoseconds, by group, function and value.
pub(crate) struct Estimates(BTreeMap<(String, String, u64), f64>);

impl Estimates {
    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut all = BTreeMap::new();
        for (group, path) in folders(folder) {
            for (function, path) in folders(&path) {
                for (value, path) in folders(&path) {
                    let (Ok(value), path) = (value.parse(), path.join("new/estimates.json")) else {
                        continue;
                    };
                    let estimates: Value = read(&path)?;
                    let median = estimates.pointer("/median/point_estimate");
                    let median =
                        median.and_then(Value::as_f64).ok_or("criterion tells a median")?;
                    all.insert((group.clone(), function.clone(), value), median);
                }
            }
        }
        Ok(Self(all))
    }

    /// Medians of a function of a group, by value.
    pub(crate) fn of(&self, group: &str, function: &str) -> impl Iterator<Item = (u64, f64)> {
        let key = |value| (group.to_owned(), function.to_owned(), value);
        self.0.range(key(0)..=key(u64::MAX)).map(|((.., value), median)| (*value, *median))
    }

    /// Medians of all functions of a group, by function and value.
    pub(crate) fn all_of(&self, group: &str) -> impl Iterator<Item = (&str, u64, f64)> {
        let own = self.0.iter().filter(move |((one, ..), _)| one == group);
        own.map(|((_, function, value), median)| (function.as_str(), *value, *median))
    }
}

fn folders(folder: &Path) -> Vec<(String, std::path::PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named =
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()));
    named.filter(|(_, path)| path.is_dir()).collect()
}
