//! The digest that names a bundle's contents.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The SHA-256 digest that names a bundle's contents.
///
/// It covers every member: its name, its length and its bytes, in the order of names. Two bundles
/// with one revision have the same contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision([u8; 32]);

impl Revision {
    /// The revision of these members, given in the order of their names.
    pub fn of<'a>(members: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut digest = Sha256::new();
        for (name, bytes) in members {
            digest.update(name.len().to_be_bytes());
            digest.update(name);
            digest.update(bytes.len().to_be_bytes());
            digest.update(bytes);
        }
        Self(digest.finalize().into())
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_byte_between_name_and_content_changes_the_revision() {
        let one = Revision::of([("ab", b"c".as_slice())]);
        let other = Revision::of([("a", b"bc".as_slice())]);
        assert_ne!(one, other);
        assert_eq!(one.to_string().len(), "sha256:".len() + 64);
    }
}
