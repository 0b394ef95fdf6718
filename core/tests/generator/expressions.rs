use super::{ACTIONS, ATTRIBUTES, Choices, IDS, KINDS, Kind, TYPES, quoted};

const TEXTS: [&str; 8] = ["a", "b", "", "n", "s", "10.0.0.1", "aab", "é*"];
const PATTERNS: [&str; 8] = ["*", "a*", "*b", "a*b", "", "\\*", "*é*", "a**b*"];
const LONGS: [&str; 8] =
    ["0", "1", "2", "-1", "100", "9223372036854775807", "-9223372036854775808", "3"];
const ADDRESSES: [&str; 9] = [
    "10.0.0.1",
    "10.0.0.0/8",
    "127.0.0.1",
    "::1",
    "ff02::1/16",
    "0.0.0.0/0",
    "224.0.0.1/3",
    "::ffff:a00:1/120",
    "127.0.0.0/7",
];
const DECIMALS: [&str; 6] =
    ["0.0", "1.5", "-1.25", "922337203685477.5807", "-922337203685477.5808", "1.50"];
const MOMENTS: [&str; 6] = [
    "1970-01-01",
    "2024-10-15T11:35:00Z",
    "1969-12-31T23:59:59.999Z",
    "2024-10-15",
    "9999-12-31T00:00:00Z",
    "0000-01-01",
];
const DURATIONS: [&str; 6] =
    ["1h", "-1d", "0ms", "9223372036854775807ms", "-9223372036854775808ms", "90m"];
const BAD: [&str; 6] = ["", "1.2.3.4/33", "1.23456", "2024-13-01", "1x", "10.0.0.01"];

/// An expression that is meant to be of a kind.
pub(crate) fn expression(choices: &mut Choices<'_>, kind: Kind, depth: usize) -> String {
    if depth == 0 || choices.is_empty() {
        return leaf(choices, kind);
    }
    let kind = if choices.chance(4) { KINDS[choices.below(KINDS.len())] } else { kind };
    let below = depth - 1;
    match choices.below(12) {
        0 | 1 => return leaf(choices, kind),
        2 | 3 => return attribute(choices, kind, below),
        4 => {
            let test = expression(choices, Kind::Bool, below);
            let (then, otherwise) =
                (expression(choices, kind, below), expression(choices, kind, below));
            return format!("(if {test} then {then} else {otherwise})");
        }
        _ => {}
    }
    match kind {
        Kind::Bool => boolean(choices, below),
        Kind::Long => long(choices, below),
        Kind::Text | Kind::Entity => match choices.below(3) {
            0 => {
                let of = entity(choices, below);
                format!("{of}.getTag({})", text(choices, below))
            }
            _ => attribute(choices, kind, below),
        },
        Kind::Record => {
            let mut fields = Vec::new();
            for _ in 0..choices.below(4) {
                let (name, kind) = ATTRIBUTES[choices.below(ATTRIBUTES.len())];
                if fields.iter().all(|(other, _)| *other != name) {
                    fields.push((name, expression(choices, kind, below)));
                }
            }
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{}: {value}", quoted(name))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Kind::Texts => set(choices, Kind::Text, below),
        Kind::Entities => set(choices, Kind::Entity, below),
        Kind::Mixed => {
            let kind = KINDS[choices.below(KINDS.len())];
            let one = set(choices, kind, below);
            if choices.chance(50) {
                return one;
            }
            let two = KINDS[choices.below(KINDS.len())];
            format!("[{}, {one}, {}]", expression(choices, two, below), leaf(choices, two))
        }
        Kind::Address => made(choices, "ip", &ADDRESSES, below),
        Kind::Decimal => made(choices, "decimal", &DECIMALS, below),
        Kind::Moment => match choices.below(3) {
            0 => made(choices, "datetime", &MOMENTS, below),
            1 => format!("{}.toDate()", expression(choices, kind, below)),
            _ => format!(
                "{}.offset({})",
                expression(choices, Kind::Moment, below),
                expression(choices, Kind::Duration, below)
            ),
        },
        Kind::Duration => match choices.below(3) {
            0 => made(choices, "duration", &DURATIONS, below),
            1 => format!("{}.toTime()", expression(choices, Kind::Moment, below)),
            _ => format!(
                "{}.durationSince({})",
                expression(choices, Kind::Moment, below),
                expression(choices, Kind::Moment, below)
            ),
        },
    }
}

fn boolean(choices: &mut Choices<'_>, below: usize) -> String {
    let any = KINDS[choices.below(KINDS.len())];
    let compared = [Kind::Long, Kind::Moment, Kind::Duration][choices.below(3)];
    match choices.below(21) {
        0 => format!("({} && {})", boolean_of(choices, below), boolean_of(choices, below)),
        1 => format!("({} || {})", boolean_of(choices, below), boolean_of(choices, below)),
        2 => format!("!({})", boolean_of(choices, below)),
        3 | 4 => {
            let operator = choices.one(&["==", "!="]);
            let (one, two) = (expression(choices, any, below), expression(choices, any, below));
            format!("({one} {operator} {two})")
        }
        5 | 6 => {
            let operator = choices.one(&["<", "<=", ">", ">="]);
            let one = expression(choices, compared, below);
            format!("({one} {operator} {})", expression(choices, compared, below))
        }
        7 => format!("({} in {})", entity(choices, below), entity(choices, below)),
        8 => {
            let set = expression(choices, Kind::Entities, below);
            format!("({} in {set})", entity(choices, below))
        }
        9 => format!("({} is {})", entity(choices, below), choices.one(&TYPES)),
        10 => {
            let (one, name) = (entity(choices, below), choices.one(&TYPES));
            format!("({one} is {name} in {})", entity(choices, below))
        }
        11 | 12 => {
            let kind = [Kind::Entity, Kind::Record][choices.below(2)];
            let of = expression(choices, kind, below);
            if choices.chance(40) {
                let steps = ["owner.n", "rec.n", "rec.inner.n", "owner.owner.rec", "n.n"];
                return format!("({of} has {})", choices.one(&steps));
            }
            let (name, _) = ATTRIBUTES[choices.below(ATTRIBUTES.len())];
            format!("({of} has {})", quoted(name))
        }
        13 => format!("({} like \"{}\")", text(choices, below), choices.one(&PATTERNS)),
        14 => {
            let (set, kind) = match choices.below(3) {
                0 => (Kind::Texts, Kind::Text),
                1 => (Kind::Entities, Kind::Entity),
                _ => (Kind::Mixed, any),
            };
            let set = expression(choices, set, below);
            format!("{set}.contains({})", expression(choices, kind, below))
        }
        15 | 16 => {
            let method = choices.one(&["containsAll", "containsAny"]);
            let kinds = [Kind::Texts, Kind::Entities, Kind::Mixed];
            let (one, two) = (choices.below(3), choices.below(6));
            let set = expression(choices, kinds[one], below);
            let other = kinds.get(two).copied().unwrap_or(kinds[one]);
            format!("{set}.{method}({})", expression(choices, other, below))
        }
        17 => {
            let kind = [Kind::Texts, Kind::Mixed][choices.below(2)];
            format!("{}.isEmpty()", expression(choices, kind, below))
        }
        18 => format!("{}.hasTag({})", entity(choices, below), text(choices, below)),
        19 => {
            let one = expression(choices, Kind::Address, below);
            match choices.below(5) {
                0 => format!("{one}.isIpv4()"),
                1 => format!("{one}.isIpv6()"),
                2 => format!("{one}.isLoopback()"),
                3 => format!("{one}.isMulticast()"),
                _ => format!("{one}.isInRange({})", expression(choices, Kind::Address, below)),
            }
        }
        _ => {
            let methods = ["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"];
            let method = choices.one(&methods);
            let one = expression(choices, Kind::Decimal, below);
            format!("{one}.{method}({})", expression(choices, Kind::Decimal, below))
        }
    }
}

fn boolean_of(choices: &mut Choices<'_>, below: usize) -> String {
    expression(choices, Kind::Bool, below)
}

fn entity(choices: &mut Choices<'_>, below: usize) -> String {
    expression(choices, Kind::Entity, below)
}

fn text(choices: &mut Choices<'_>, below: usize) -> String {
    expression(choices, Kind::Text, below)
}

fn long(choices: &mut Choices<'_>, below: usize) -> String {
    match choices.below(4) {
        0 => format!("(-({}))", expression(choices, Kind::Long, below)),
        1 => {
            let units = ["toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays"];
            let unit = choices.one(&units);
            format!("{}.{unit}()", expression(choices, Kind::Duration, below))
        }
        _ => {
            let operator = choices.one(&["+", "-", "*"]);
            let one = expression(choices, Kind::Long, below);
            format!("({one} {operator} {})", expression(choices, Kind::Long, below))
        }
    }
}

fn set(choices: &mut Choices<'_>, of: Kind, below: usize) -> String {
    let count = if choices.chance(10) { 12 } else { choices.below(4) };
    let elements: Vec<String> = (0..count).map(|_| expression(choices, of, below.min(1))).collect();
    format!("[{}]", elements.join(", "))
}

fn attribute(choices: &mut Choices<'_>, kind: Kind, below: usize) -> String {
    let of = if choices.chance(65) { Kind::Entity } else { Kind::Record };
    let of = expression(choices, of, below);
    let of_kind: Vec<&str> =
        ATTRIBUTES.iter().filter(|(_, other)| *other == kind).map(|(name, _)| *name).collect();
    match of_kind.as_slice() {
        [] => leaf(choices, kind),
        names => format!("{of}[{}]", quoted(choices.one(names))),
    }
}

fn made(choices: &mut Choices<'_>, name: &str, texts: &[&str], below: usize) -> String {
    match choices.below(6) {
        0 => format!("{name}({})", text(choices, below)),
        1 => format!("{name}({})", quoted(choices.one(&BAD))),
        _ => format!("{name}({})", quoted(choices.one(texts))),
    }
}

fn leaf(choices: &mut Choices<'_>, kind: Kind) -> String {
    match kind {
        Kind::Bool => choices.one(&["true", "false", "context.b", "principal.b"]).to_owned(),
        Kind::Long => match choices.below(10) {
            8 => "context.n".to_owned(),
            9 => "resource.n".to_owned(),
            at => LONGS[at].to_owned(),
        },
        Kind::Text => match choices.below(10) {
            8 => "context.s".to_owned(),
            9 => "principal.s".to_owned(),
            at => quoted(TEXTS[at]),
        },
        Kind::Entity => match choices.below(8) {
            0 | 1 => "principal".to_owned(),
            2 | 3 => "resource".to_owned(),
            4 => "action".to_owned(),
            5 => "context.owner".to_owned(),
            6 => format!("Action::{}", quoted(choices.one(&ACTIONS))),
            _ => uid(choices),
        },
        Kind::Record => {
            choices.one(&["context", "context.rec", "principal.rec", "{}", "{n: 1}"]).to_owned()
        }
        Kind::Texts => {
            let sets =
                ["context.names", "resource.names", "[]", "[\"a\", \"b\"]", "principal.names"];
            choices.one(&sets).to_owned()
        }
        Kind::Entities => {
            let sets = ["context.friends", "principal.friends", "[]", "[principal, resource]"];
            choices.one(&sets).to_owned()
        }
        Kind::Mixed => {
            let sets = ["context.mixed", "[1, \"a\", true]", "[[1], {n: 1}]", "resource.mixed"];
            choices.one(&sets).to_owned()
        }
        Kind::Address => match choices.below(4) {
            0 => choices.one(&["context.ip", "principal.ip"]).to_owned(),
            _ => format!("ip({})", quoted(choices.one(&ADDRESSES))),
        },
        Kind::Decimal => match choices.below(4) {
            0 => choices.one(&["context.dec", "principal.dec"]).to_owned(),
            _ => format!("decimal({})", quoted(choices.one(&DECIMALS))),
        },
        Kind::Moment => match choices.below(4) {
            0 => choices.one(&["context.when", "principal.when"]).to_owned(),
            _ => format!("datetime({})", quoted(choices.one(&MOMENTS))),
        },
        Kind::Duration => match choices.below(4) {
            0 => choices.one(&["context[\"for\"]", "principal[\"for\"]"]).to_owned(),
            _ => format!("duration({})", quoted(choices.one(&DURATIONS))),
        },
    }
}

/// A uid as it is written in a policy.
pub(crate) fn uid(choices: &mut Choices<'_>) -> String {
    let (name, id) = (choices.one(&TYPES), choices.one(&IDS));
    format!("{name}::{}", quoted(id))
}

/// A value of a kind, as JSON of entities and contexts.
pub(crate) fn value(
    choices: &mut Choices<'_>,
    kind: Kind,
    strict: bool,
    depth: usize,
) -> serde_json::Value {
    use serde_json::json;
    let made = |name: &str, text: &str| json!({"__extn": {"fn": name, "arg": text}});
    match kind {
        Kind::Bool => json!(choices.below(2) == 0),
        Kind::Long => json!([0, 1, 2, -1, i64::MAX, i64::MIN, 3][choices.below(7)]),
        Kind::Text => json!(TEXTS[choices.below(TEXTS.len())]),
        Kind::Entity if strict => json!({"__entity": {"type": "User", "id": choices.one(&IDS)}}),
        Kind::Entity => {
            let (name, id) = (choices.one(&TYPES), choices.one(&IDS));
            json!({"__entity": {"type": name, "id": id}})
        }
        Kind::Record => {
            let mut fields = serde_json::Map::new();
            for _ in 0..choices.below(4) {
                let (name, kind) = ATTRIBUTES[choices.below(ATTRIBUTES.len())];
                if depth > 0 {
                    fields.insert(name.to_owned(), value(choices, kind, strict, depth - 1));
                }
            }
            fields.into()
        }
        Kind::Texts | Kind::Entities => {
            let of = if kind == Kind::Texts { Kind::Text } else { Kind::Entity };
            let count = if choices.chance(10) { 14 } else { choices.below(4) };
            (0..count).map(|_| value(choices, of, strict, 0)).collect()
        }
        Kind::Mixed => (0..choices.below(5))
            .map(|_| {
                let of = KINDS[choices.below(KINDS.len())];
                value(choices, of, strict, depth.saturating_sub(1).min(1))
            })
            .collect(),
        Kind::Address => made("ip", choices.one(&ADDRESSES)),
        Kind::Decimal => made("decimal", choices.one(&DECIMALS)),
        Kind::Moment => made("datetime", choices.one(&MOMENTS)),
        Kind::Duration => made("duration", choices.one(&DURATIONS)),
    }
}
