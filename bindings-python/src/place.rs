//! Where in what was given something stands.

use std::fmt;

/// Where in what was given something stands, such as `context.requestedResources["a b"][2]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'p> {
    above: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    At(usize),
}

impl<'p> Place<'p> {
    /// A place that others are in.
    pub(crate) fn named(name: &'p str) -> Self {
        Self { above: None, step: Step::Key(name) }
    }

    /// What stands there under a key.
    pub(crate) fn key(&'p self, key: &'p str) -> Self {
        Self { above: Some(self), step: Step::Key(key) }
    }

    /// What stands there at a position.
    pub(crate) fn at(&'p self, position: usize) -> Self {
        Self { above: Some(self), step: Step::At(position) }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            above.fmt(f)?;
        }
        let is_name = |key: &str| {
            key.chars().all(|char| char.is_ascii_alphanumeric() || char == '_') && !key.is_empty()
        };
        match (self.step, self.above) {
            (Step::Key(key), None) => f.write_str(key),
            (Step::Key(key), Some(_)) if is_name(key) => write!(f, ".{key}"),
            (Step::Key(key), Some(_)) => {
                let shown: String = key.chars().take(200).collect();
                write!(f, "[\"{}\"]", shown.escape_debug())
            }
            (Step::At(position), _) => write!(f, "[{position}]"),
        }
    }
}
