/// The bytes of a case: the same for the same seed and number, everywhere.
pub(crate) fn bytes(seed: u64, case: u64) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(0xa076_1d64_78bd_642f) ^ case);
    random.next();
    // Short ones run out early, which makes small cases.
    let most = [600, 2_000, 9_000, 9_000][(random.next() % 4) as usize];
    let length = 50 + random.next() % most;
    let bytes = (0..length.div_ceil(8)).flat_map(|_| random.next().to_le_bytes());
    bytes.collect()
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
