//! A request target into segments that mean one thing to whoever reads them.
//!
//! What two readers could take for different paths is refused: what is decided has to be what is served.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::refused;
use crate::model::{Exceeded, RequestError};

/// The longest target, in bytes.
const BYTES: usize = 16 << 10;
/// The most segments of a path, and the most parameters of a query.
const PARTS: usize = 256;

/// A request target that was read: its path in decoded segments, and its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target<'t> {
    /// Without empty ones.
    pub(super) segments: Segments<'t>,
    /// Whether the path ends in `/`.
    pub(super) slash: bool,
    /// The path, when nothing in it could be written in another way but `:`.
    plain: Option<&'t str>,
    query: Vec<Pair<'t>>,
}

/// Mostly what is written is what is meant.
pub(super) type Segments<'t> = Vec<Cow<'t, str>>;

/// A name and its value.
pub(super) type Pair<'t> = (Cow<'t, str>, Cow<'t, str>);

impl<'t> Target<'t> {
    pub(super) fn read(target: &'t str) -> Result<Self, RequestError> {
        Exceeded::check("target_bytes", BYTES, target.len())?;
        let (whole, query) = target.split_once('?').unwrap_or((target, ""));
        let Some(path) = whole.strip_prefix('/') else {
            return Err(refused("the target does not begin with `/`"));
        };
        let (path, slash) = match path.strip_suffix('/') {
            Some(path) => (path, true),
            None => (path, path.is_empty()),
        };
        let plain = path.bytes().all(is_plain).then_some(whole);
        let segments = match path {
            "" if slash && target.starts_with("//") => {
                Err(refused("a segment of the path is empty"))
            }
            "" => Ok(Segments::new()),
            path if plain.is_some() => plain_segments(path),
            path => path.split('/').map(segment).collect(),
        }?;
        Exceeded::check("target_segments", PARTS, segments.len())?;
        let query = parameters(query)?;
        Ok(Self { segments, slash, plain, query })
    }

    /// The path with every segment written in one way. Reading it gives the same segments.
    ///
    /// The first `names` segments are written as the hub writes names. Behind them `:` stays as it is, for a
    /// server takes `host:port` only when it is not encoded.
    pub(super) fn canonical(&self, names: usize) -> String {
        let named = self.segments.iter().take(names);
        match self.plain {
            Some(path) if named.into_iter().all(|name| !name.contains(':')) => path.to_owned(),
            _ => self.written(names),
        }
    }

    fn written(&self, names: usize) -> String {
        let mut path = String::with_capacity(self.length());
        for (place, segment) in self.segments.iter().enumerate() {
            path.push('/');
            encode(segment, place >= names, &mut path);
        }
        if self.slash {
            path.push('/');
        }
        path
    }

    /// How many bytes the path has when nothing in it is encoded.
    fn length(&self) -> usize {
        let each = self.segments.iter().map(|segment| segment.len().saturating_add(1));
        each.fold(1, usize::saturating_add)
    }

    /// The one value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Result<Option<&str>, RequestError> {
        one(&self.query, name)
    }

    /// Whether there are parameters at all.
    pub(super) fn has_query(&self) -> bool {
        !self.query.is_empty()
    }
}

/// The one value of a name among pairs; two would be read differently by different readers.
pub(super) fn one<'p>(pairs: &'p [Pair<'_>], name: &str) -> Result<Option<&'p str>, RequestError> {
    let mut values = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| &**value);
    let value = values.next();
    match values.next() {
        Some(_) => Err(refused(&format!("parameter `{name}` is there twice"))),
        None => Ok(value),
    }
}

/// Pairs as a query or a form has them.
pub(super) fn parameters(text: &str) -> Result<Vec<Pair<'_>>, RequestError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if text.bytes().any(|byte| !(b'!'..=b'~').contains(&byte) || byte == b'#') {
        return Err(refused("the query holds a character that is not encoded"));
    }
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs: Vec<Pair<'_>> = pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((spaced(name)?, spaced(value)?))
        })
        .collect::<Result<_, RequestError>>()?;
    Exceeded::check("target_parameters", PARTS, pairs.len())?;
    Ok(pairs)
}

/// A part of a query or a form, decoded once.
fn spaced(written: &str) -> Result<Cow<'_, str>, RequestError> {
    match written.contains('+') {
        true => decode(&written.replace('+', " ")).map(|decoded| Cow::Owned(decoded.into_owned())),
        false => decode(written),
    }
}

/// The segments of a path in which nothing is encoded.
fn plain_segments(path: &str) -> Result<Segments<'_>, RequestError> {
    let mut segments = Segments::with_capacity(8);
    let mut rest = Some(path);
    while let Some(path) = rest {
        let end = path.bytes().position(|byte| byte == b'/');
        let (one, after) = match end.and_then(|end| path.split_at_checked(end)) {
            Some((one, after)) => (one, after.strip_prefix('/')),
            None => (path, None),
        };
        segments.push(plain(one)?);
        rest = after;
    }
    Ok(segments)
}

/// Whether it means itself wherever it stands in a path.
#[inline(always)]
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'_' | b'-' | b'.' | b'~' | b'@' | b':')
}

/// One segment in which nothing is encoded.
fn plain(written: &str) -> Result<Cow<'_, str>, RequestError> {
    match written {
        "" | "." | ".." => segment(written),
        written => Ok(Cow::Borrowed(written)),
    }
}

/// One segment, decoded once.
fn segment(written: &str) -> Result<Cow<'_, str>, RequestError> {
    if written.is_empty() {
        return Err(refused("a segment of the path is empty"));
    }
    if written.bytes().any(|byte| !(b'!'..=b'~').contains(&byte)) {
        return Err(refused("the path holds a character that is not encoded"));
    }
    if written.contains(['\\', ';', '#']) {
        return Err(refused("the path holds a `\\`, `;` or `#` that is not encoded"));
    }
    let decoded = decode(written)?;
    if is_encoded_needlessly(written) {
        return Err(refused("the path holds an encoded letter, digit, `-`, `_` or `.`")
            .help("write it as it is: servers look for their routes in what is written"));
    }
    if decoded == "." || decoded == ".." {
        return Err(refused("the path holds a `.` or `..` segment"));
    }
    if decoded.contains(['/', '\\']) || decoded.chars().any(char::is_control) {
        return Err(refused("a segment of the path holds a separator or a control character"));
    }
    if is_encoded(&decoded) {
        return Err(refused("a segment of the path is encoded twice"));
    }
    Ok(decoded)
}

/// Whether something is still percent-encoded in it.
fn is_encoded(text: &str) -> bool {
    escapes(text).next().is_some()
}

/// Whether what routes are made of is encoded: a server that looks for them in what is written takes another
/// route than one that decodes first, and nobody else needs it.
fn is_encoded_needlessly(written: &str) -> bool {
    escapes(written).any(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// The bytes that are percent-encoded in it.
fn escapes(text: &str) -> impl Iterator<Item = u8> {
    text.as_bytes().windows(3).filter_map(|three| match *three {
        [b'%', high, low] => byte(Some(high), Some(low)),
        _ => None,
    })
}

fn byte(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)?.saturating_mul(16).saturating_add(digit(low)?)).ok()
}

pub(super) fn decode(text: &str) -> Result<Cow<'_, str>, RequestError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(next) = bytes.next() {
        if next != b'%' {
            decoded.push(next);
            continue;
        }
        match byte(bytes.next(), bytes.next()) {
            Some(byte) => decoded.push(byte),
            None => return Err(refused("a `%` is not followed by two hexadecimal digits")),
        }
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| refused("what is encoded is not UTF-8"))
}

/// As the hub writes a name into a path: letters, digits and `_.-~@` as they are; and `:` where it is to.
fn encode(segment: &str, colon: bool, path: &mut String) {
    let as_it_is = |byte: u8| is_plain(byte) && byte != b'/' && (colon || byte != b':');
    if segment.bytes().all(as_it_is) {
        return path.push_str(segment);
    }
    for byte in segment.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' | b'@' => {
                path.push(char::from(byte));
            }
            b':' if colon => path.push(':'),
            _ => _ = write!(path, "%{byte:02X}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(target: &str) -> Vec<Cow<'_, str>> {
        Target::read(target).unwrap().segments
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for target in [
            "",
            "user/ada",
            "*",
            "http://hub/user/ada",
            "hub:443",
            "//hub/user/ada",
            "//",
            "/a//b",
            "/a//",
            "/user/ada/../bob",
            "/user/ada/%2e%2e/bob",
            "/user/ada/.%2E/bob",
            "/a/./b",
            "/..",
            "/a%2Fb",
            "/a%2fb",
            "/a%5Cb",
            "/a\\b",
            "/a;b=c/d",
            "/a#b",
            "/a b",
            "/a%00b",
            "/a%0ab",
            "/a%7Fb",
            "/a%C2%85b",
            "/a%252Fb",
            "/a%252e%252e",
            "/%66iles",
            "/a%2Db",
            "/a%5fb",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%+1",
            "/%C0%AF",
            "/%FF",
            "/caf\u{e9}",
            "/a?x=%zz",
            "/a?x=#",
            "/a?x=%FF",
        ] {
            assert!(Target::read(target).is_err(), "{target}");
        }
        assert!(Target::read(&format!("/{}", "a".repeat(BYTES))).is_err());
        assert!(Target::read(&"/a".repeat(PARTS + 1)).is_err());
    }

    #[test]
    fn a_name_is_decoded_once_whatever_it_holds() {
        assert_eq!(segments("/user/o%27neil/a%20b.txt"), ["user", "o'neil", "a b.txt"]);
        assert_eq!(segments("/user/alice@x.org/"), ["user", "alice@x.org"]);
        assert_eq!(segments("/files/100%25.txt"), ["files", "100%.txt"]);
        assert_eq!(segments("/files/%E2%98%83/%23.%3B"), ["files", "\u{2603}", "#.;"]);
        assert_eq!(segments("/"), Vec::<String>::new());
        // What is as it is written is not copied.
        assert!(segments("/user/ada").iter().all(|one| matches!(one, Cow::Borrowed(_))));
    }

    #[test]
    fn what_is_written_canonically_is_read_as_the_same() {
        for target in ["/", "/a", "/a/", "/user/o'neil/a%20b", "/%7E/%e2%98%83/", "/a+b/c=d&e:f,g"]
        {
            let read = Target::read(target).unwrap();
            let canonical = read.canonical(1);
            let again = Target::read(&canonical).unwrap();
            assert_eq!(again, read, "{target}");
            assert_eq!(again.canonical(1), canonical);
        }
        let written = |target: &str| Target::read(target).unwrap().canonical(2);
        assert_eq!(written("/user/o'neil/a%20b"), "/user/o%27neil/a%20b");
        assert_eq!(written("/user/a:b/proxy/db%3A5432"), "/user/a%3Ab/proxy/db:5432");
    }

    #[test]
    fn what_is_plain_is_read_and_written_as_if_it_were_not() {
        let mut paths = vec![String::new()];
        for length in 0..6 {
            let longest = paths.iter().filter(|path| path.len() == length);
            let longer =
                longest.flat_map(|path| ["a", ".", "/", ":"].map(|end| format!("{path}{end}")));
            paths.extend(longer.collect::<Vec<_>>());
        }
        for path in paths {
            let one_by_one: Result<Segments<'_>, _> = path.split('/').map(segment).collect();
            assert_eq!(plain_segments(&path).ok(), one_by_one.ok(), "{path}");
            let whole = format!("/{path}");
            let Ok(target) = Target::read(&whole) else { continue };
            assert_eq!(target.plain, Some(&*whole));
            for names in 0..4 {
                assert_eq!(target.canonical(names), target.written(names), "{path}");
            }
        }
    }

    #[test]
    fn a_parameter_that_is_there_twice_has_no_value() {
        let target = Target::read("/a?code=x&code=y&z=1+2%2B").unwrap();
        assert!(target.parameter("code").is_err());
        assert_eq!(target.parameter("z").unwrap(), Some("1 2+"));
        assert_eq!(target.parameter("absent").unwrap(), None);
    }
}
