//! Numbers as people read them.

/// A time in nanoseconds, three digits of it.
pub(crate) fn time(nanos: f64) -> String {
    let (value, unit) = match nanos {
        _ if nanos < 1e3 => (nanos, "ns"),
        _ if nanos < 1e6 => (nanos / 1e3, "µs"),
        _ if nanos < 1e9 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    };
    let digits = if value >= 99.95 || unit == "ns" { 0 } else { 1 };
    format!("{value:.digits$} {unit}")
}

/// Absent where too few were timed.
pub(crate) fn perhaps(nanos: Option<f64>) -> String {
    nanos.map_or_else(|| "–".to_owned(), time)
}

/// A ratio, to two digits below ten and to whole ones above.
pub(crate) fn ratio(ratio: f64) -> String {
    if ratio < 9.95 { format!("{ratio:.1} ×") } else { format!("{} ×", grouped(ratio)) }
}

/// A whole number with its thousands apart.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at) % 3 == 0 {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// The same for a count.
pub(crate) fn count(number: usize) -> String {
    grouped(number as f64)
}

/// A row of a table.
pub(crate) fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The head of a table, and the line below it.
pub(crate) fn head(names: &[&str]) -> String {
    let line: String = names.iter().map(|_| "|---").collect();
    format!("| {} |\n{line}|\n", names.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_their_thousands_stand_apart() {
        let times = [3.4, 999.0, 1_250.0, 99_960.0, 18_100_000.0, 2.5e9].map(time);
        assert_eq!(times, ["3 ns", "999 ns", "1.2 µs", "100 µs", "18.1 ms", "2.5 s"]);
        assert_eq!([1.04, 9.96, 75_432.1].map(ratio), ["1.0 ×", "10 ×", "75\u{a0}432 ×"]);
        assert_eq!([7, 1_000, 1_234_567].map(count).concat(), "71\u{a0}0001\u{a0}234\u{a0}567");
    }
}
