//! What a schema names, found by its name.

use super::names::Table;

/// What a schema names, found by its name.
///
/// The hash is a plain one: what is asked for comes from outside, but what is found was fixed by the schema, so nobody
/// makes a search longer than the schema does.
#[derive(Debug)]
pub(super) struct ByName<T> {
    places: Table,
    all: Vec<T>,
}

impl<T> ByName<T> {
    pub(super) fn new(all: Vec<T>, name: impl Fn(&T) -> &str) -> Self {
        let mut places = Table::default();
        for (one, place) in all.iter().zip(0..) {
            places.insert(hash(name(one)), place);
        }
        Self { places, all }
    }

    /// What is of this name: of those that could be, the one that `is`.
    #[inline]
    pub(super) fn find(&self, name: &str, is: impl Fn(&T) -> bool) -> Option<&T> {
        let is = |place: u32| self.all.get(place as usize).is_some_and(&is);
        let place = self.places.find(hash(name), is)?;
        self.all.get(place as usize)
    }
}

/// Made of a name's length, its beginning and its end, in which the names of a schema differ.
#[inline]
fn hash(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let (head, tail) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
        _ => match (bytes.first_chunk::<2>(), bytes.last_chunk::<2>()) {
            (Some(head), Some(tail)) => {
                (u16::from_le_bytes(*head).into(), u16::from_le_bytes(*tail).into())
            }
            _ => (bytes.first().copied().unwrap_or_default().into(), 0),
        },
    };
    let mixed = (head ^ tail.rotate_left(23) ^ (bytes.len() as u64)).wrapping_mul(ODD);
    u32::try_from(mixed >> 32).unwrap_or_default()
}

/// Spreads what it multiplies over the upper bits.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_one_hash_is_told_apart_and_what_is_not_there_is_not_found() {
        let names = [
            "",
            "a",
            "ab",
            "abc",
            "axbc",
            "12345678",
            "12345678-x-12345678",
            "12345678-y-12345678",
        ];
        assert_eq!(hash(names[6]), hash(names[7]));
        let found = ByName::new(names.to_vec(), |name| name);
        for name in names {
            assert_eq!(found.find(name, |one| *one == name), Some(&name));
        }
        for name in ["b", "abd", "12345678-z-12345678"] {
            assert_eq!(found.find(name, |one| *one == name), None);
        }
        assert_eq!(ByName::new(Vec::<&str>::new(), |name| name).find("a", |_| true), None);
    }
}
