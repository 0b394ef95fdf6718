/// Fewer bytes, and more zeros among them, of which `fails` still says yes.
///
/// Asks at most so many times.
pub(crate) fn shrink(
    mut bytes: Vec<u8>,
    mut asks: usize,
    fails: impl Fn(&[u8]) -> bool,
) -> Vec<u8> {
    let mut size = bytes.len().next_power_of_two() / 2;
    while size > 0 {
        let mut at = 0;
        while at < bytes.len() && asks > 0 {
            let end = bytes.len().min(at + size);
            let mut without = bytes.clone();
            without.drain(at..end);
            let mut zeroed = bytes.clone();
            zeroed[at..end].fill(0);
            asks -= 1;
            if fails(&without) {
                bytes = without;
                continue;
            }
            if zeroed != bytes && fails(&zeroed) {
                bytes = zeroed;
            }
            at = end;
        }
        size /= 2;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_left_out_or_zero() {
        let bytes: Vec<u8> = (1..200).collect();
        let fails = |bytes: &[u8]| bytes.len() > 20 && bytes.contains(&150);
        let shrunk = shrink(bytes, 10_000, fails);
        assert_eq!(shrunk.len(), 21);
        assert_eq!(shrunk.iter().filter(|byte| **byte != 0).count(), 1);
    }
}
