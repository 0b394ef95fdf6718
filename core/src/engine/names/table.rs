//! Numbers found by the hash of what they stand for.

/// An open-addressed table of numbers, at most half full, so that most look-ups read one place.
///
/// It holds part of each hash and the number; what a number stands for is the caller's to compare.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Table {
    slots: Box<[Slot]>,
    count: usize,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    hash: u32,
    number: u32,
}

/// INVARIANT: never the number of anything, since names are counted below it.
const FREE: u32 = u32::MAX;

impl Table {
    /// The number with this hash that `is` what is looked for.
    #[inline]
    pub(in crate::engine) fn find(&self, hash: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        // INVARIANT: half of the slots are free, so this ends.
        while let Some(slot) = self.slots.get(at).filter(|slot| slot.number != FREE) {
            if slot.hash == hash && is(slot.number) {
                return Some(slot.number);
            }
            at = at.wrapping_add(1) & mask;
        }
        None
    }

    /// Adds a number that is not in it.
    pub(in crate::engine) fn insert(&mut self, hash: u32, number: u32) {
        if self.count.saturating_mul(2) >= self.slots.len() {
            self.grow();
        }
        place(&mut self.slots, Slot { hash, number });
        self.count = self.count.saturating_add(1);
    }

    fn grow(&mut self) {
        let free = Slot { hash: 0, number: FREE };
        let length = self.slots.len().saturating_mul(2).max(16);
        let mut slots = vec![free; length].into_boxed_slice();
        for slot in self.slots.iter().filter(|slot| slot.number != FREE) {
            place(&mut slots, *slot);
        }
        self.slots = slots;
    }
}

fn place(slots: &mut [Slot], new: Slot) {
    let Some(mask) = slots.len().checked_sub(1) else { return };
    let mut at = new.hash as usize & mask;
    while let Some(slot) = slots.get_mut(at) {
        if slot.number == FREE {
            *slot = new;
            return;
        }
        at = at.wrapping_add(1) & mask;
    }
}

/// Whether two texts are the same; for short ones without a call, as a few numbers.
#[inline]
pub(in crate::engine) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match one.len() {
        8..=16 => {
            one.first_chunk::<8>() == other.first_chunk()
                && one.last_chunk::<8>() == other.last_chunk()
        }
        17..=32 => {
            one.first_chunk::<16>() == other.first_chunk()
                && one.last_chunk::<16>() == other.last_chunk()
        }
        4..=7 => {
            one.first_chunk::<4>() == other.first_chunk()
                && one.last_chunk::<4>() == other.last_chunk()
        }
        2..=3 => {
            one.first_chunk::<2>() == other.first_chunk()
                && one.last_chunk::<2>() == other.last_chunk()
        }
        0..=1 => one.first() == other.first(),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_differ_by_any_one_byte() {
        for length in 0..80_usize {
            let text: Vec<u8> = (0_u8..).take(length).collect();
            assert!(same(&text, &text.clone()));
            assert!(!same(&text, &[&text[..], b"x"].concat()));
            for at in 0..length {
                let mut other = text.clone();
                other[at] ^= 1;
                assert!(!same(&text, &other), "{length} bytes, at {at}");
            }
        }
    }

    #[test]
    fn numbers_of_one_hash_are_told_apart_by_what_they_stand_for() {
        let mut table = Table::default();
        for number in 0..1_000 {
            table.insert(number % 7, number);
        }
        for number in 0..1_000 {
            assert_eq!(table.find(number % 7, |found| found == number), Some(number));
        }
        assert_eq!(table.find(3, |found| found == 1), None);
        assert_eq!(Table::default().find(3, |_| true), None);
    }
}
