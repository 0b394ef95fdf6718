//! Quantities: `500m`, `1.5`, `4Gi`, `1e3`, as integers.

use serde_json::Value;

use super::error::ManifestError;
use super::node::Node;

/// What a quantity is counted in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    /// Thousandths, for cpu.
    Thousandths,
    /// Whole ones, for bytes and devices.
    Whole,
}

const LONGEST: usize = 64;
const SUFFIXES: [(&str, u32, i32); 16] = [
    ("", 10, 0),
    ("n", 10, -9),
    ("u", 10, -6),
    ("m", 10, -3),
    ("k", 10, 3),
    ("M", 10, 6),
    ("G", 10, 9),
    ("T", 10, 12),
    ("P", 10, 15),
    ("E", 10, 18),
    ("Ki", 2, 10),
    ("Mi", 2, 20),
    ("Gi", 2, 30),
    ("Ti", 2, 40),
    ("Pi", 2, 50),
    ("Ei", 2, 60),
];

impl Unit {
    /// Reads a quantity, be it text or a number; what is less than one unit counts as one.
    pub(super) fn read(self, node: &Node<'_>) -> Result<i64, ManifestError> {
        let written = match node.value() {
            Value::String(text) => text.clone(),
            // The shortest text that gives the same number: `0.1` is a tenth.
            Value::Number(number) => number.to_string(),
            _ => return Err(node.not("a quantity")),
        };
        self.parse(&written).map_err(|message| node.refuse(message))
    }

    pub(super) fn parse(self, text: &str) -> Result<i64, String> {
        let shown = || text.chars().take(LONGEST).collect::<String>().escape_debug().to_string();
        let wrong = || format!("`{}` is not a quantity such as `500m`, `2` or `4Gi`", shown());
        let absurd = || format!("quantity `{}` is too large or too fine", shown());
        if text.len() > LONGEST {
            return Err(absurd());
        }
        if text.starts_with('-') {
            return Err(format!("quantity `{}` is less than nothing", shown()));
        }
        let unsigned = text.strip_prefix('+').unwrap_or(text);
        let end = unsigned.find(|char: char| !char.is_ascii_digit() && char != '.');
        let (number, suffix) = unsigned.split_at(end.unwrap_or(unsigned.len()));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
            return Err(wrong());
        }
        let (base, exponent) = scale(suffix).ok_or_else(wrong)?;
        let fraction = fraction.trim_end_matches('0');
        let digits: String = [whole, fraction].concat();
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(0);
        }
        let mantissa: u128 = digits.parse().map_err(|_| absurd())?;
        let places = i32::try_from(fraction.len()).map_err(|_| absurd())?;
        self.scaled(mantissa, places, base, exponent).ok_or_else(absurd)
    }

    /// `mantissa` × `base`^`exponent` ÷ 10^`places` in this unit, rounded up.
    fn scaled(self, mantissa: u128, places: i32, base: u32, exponent: i32) -> Option<i64> {
        let thousand = match self {
            Self::Thousandths => 3,
            Self::Whole => 0,
        };
        let (binary, decimal) = if base == 2 { (exponent, 0) } else { (0, exponent) };
        let decimal = decimal.checked_add(thousand)?.checked_sub(places)?;
        let doubled = mantissa.checked_mul(2_u128.checked_pow(u32::try_from(binary).ok()?)?)?;
        let power = 10_u128.checked_pow(decimal.unsigned_abs());
        let scaled = match power {
            Some(power) if decimal >= 0 => doubled.checked_mul(power)?,
            Some(power) => doubled.div_ceil(power),
            None if decimal >= 0 => return None,
            // Less than one of any unit.
            None => 1,
        };
        i64::try_from(scaled).ok()
    }
}

fn scale(suffix: &str) -> Option<(u32, i32)> {
    if let Some((_, base, exponent)) = SUFFIXES.iter().find(|(name, _, _)| *name == suffix) {
        return Some((*base, *exponent));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Longer exponents have no quantity that fits, so the largest kind of them stands for all.
    let exponent = || exponent.parse().map(|exponent: i32| exponent.clamp(-9_999, 9_999)).ok();
    plain.then(exponent).flatten().map(|exponent| (10, exponent))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_way_to_write_a_quantity_is_read_and_rounded_up() {
        let table = [
            ("0", 0, 0),
            ("1", 1_000, 1),
            ("+1.", 1_000, 1),
            (".5", 500, 1),
            ("1.0001", 1_001, 2),
            ("100m", 100, 1),
            ("1u", 1, 1),
            ("1n", 1, 1),
            ("1500000n", 2, 1),
            ("2k", 2_000_000, 2_000),
            ("1Ki", 1_024_000, 1_024),
            ("1.5Gi", 1_610_612_736_000, 1_610_612_736),
            ("4G", 4_000_000_000_000, 4_000_000_000),
            ("1e3", 1_000_000, 1_000),
            ("1E3", 1_000_000, 1_000),
            ("12e-1", 1_200, 2),
            ("1E+2", 100_000, 100),
            ("1e-99999", 1, 1),
            ("0e99999", 0, 0),
            ("0.000000000000000000000000000000000001", 1, 1),
            ("0001.500", 1_500, 2),
        ];
        for (text, thousandths, whole) in table {
            assert_eq!(Unit::Thousandths.parse(text), Ok(thousandths), "{text}");
            assert_eq!(Unit::Whole.parse(text), Ok(whole), "{text}");
        }
        assert_eq!(Unit::Whole.parse("1E"), Ok(1_000_000_000_000_000_000));
        assert_eq!(Unit::Whole.parse("7Ei"), Ok(8_070_450_532_247_928_832));
        assert_eq!(Unit::Whole.parse("9223372036854775807"), Ok(i64::MAX));
    }

    #[test]
    fn what_is_no_quantity_or_does_not_fit_is_refused() {
        let long = "0".repeat(65);
        let bad = [
            "",
            ".",
            "m",
            "1 Gi",
            " 1",
            "1 ",
            "1gi",
            "1K",
            "1KI",
            "1Gi1",
            "1.2.3",
            "1e",
            "1e+",
            "1e1.5",
            "1ee1",
            "0x10",
            "١",
            "NaN",
            "inf",
            "-0",
            "-1",
            "+-1",
            "1,5",
            "1e99999999999",
            "8Ei",
            "9223372036854775808",
            "1e19",
            "99999999999999999999999999999999999999999E",
            &long,
        ];
        for text in bad {
            assert!(Unit::Whole.parse(text).is_err(), "{text:?}");
        }
        assert!(Unit::Thousandths.parse("9223372036854775807").is_err());
    }

    proptest! {
        #[test]
        fn a_finer_unit_says_the_same(amount in 0_i64..1_000_000_000, fraction in 0_i64..1_000) {
            let decimal = format!("{amount}.{fraction:03}");
            let fine = format!("{}", amount * 1_000 + fraction);
            prop_assert_eq!(Unit::Thousandths.parse(&decimal), Unit::Whole.parse(&fine));
            prop_assert_eq!(Unit::Whole.parse(&decimal), Unit::Whole.parse(&format!("{fine}m")));
            prop_assert_eq!(Unit::Whole.parse(&format!("{decimal}e3")), Unit::Whole.parse(&fine));
            prop_assert_eq!(Unit::Whole.parse(&format!("{decimal}k")), Unit::Whole.parse(&fine));
        }

        #[test]
        fn more_is_never_read_as_less(one in 0_u32.., two in 0_u32.., suffix in 0_usize..16) {
            let (name, _, _) = SUFFIXES[suffix];
            let read = |amount: u32| Unit::Thousandths.parse(&format!("{amount}{name}"));
            if let (Ok(small), Ok(large)) = (read(one.min(two)), read(one.max(two))) {
                prop_assert!(small <= large);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            _ = Unit::Whole.parse(&text);
            _ = Unit::Thousandths.parse(&text);
        }
    }
}
