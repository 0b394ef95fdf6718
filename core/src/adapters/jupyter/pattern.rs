//! Patterns of paths, held against segments.

use std::borrow::Cow;

use smallvec::SmallVec;

/// What a path has in the places that its pattern names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Captures<'p>(SmallVec<[Capture<'p>; 4]>);

/// A name, and the segments in its place.
type Capture<'p> = (&'static str, &'p [Cow<'p, str>]);

#[derive(Debug, Clone, Copy)]
enum Part {
    Text(&'static str),
    One(&'static str),
    /// One of a form; any other is no part of the route.
    Formed(&'static str, fn(&str) -> bool),
    Optional(&'static str),
    Any(&'static str),
}

/// A pattern that was taken apart.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    parts: Box<[Part]>,
    /// Whether no `/` may come behind it.
    bare: bool,
}

impl Pattern {
    pub(super) fn new(text: &'static str) -> Self {
        let (text, bare) = match text.strip_suffix('!') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let parts = text.split('/').filter(|part| !part.is_empty()).map(Part::new).collect();
        Self { parts, bare }
    }

    /// The texts that its first and its second segment are; none where there is no segment, or it may be another.
    pub(super) fn begins(&self) -> [Option<&'static str>; 2] {
        let text = |part: Option<&Part>| match part {
            Some(Part::Text(text)) => Some(*text),
            _ => None,
        };
        let [first, second] = [self.parts.first(), self.parts.get(1)];
        match first {
            // What stands behind any number of segments stands at no place of its own.
            Some(Part::Any(_) | Part::Optional(_)) => [None, None],
            first => [text(first), text(second)],
        }
    }

    /// What the segments have in the places it names, when they fit; `slash` says whether a `/` comes
    /// behind them.
    pub(super) fn captures<'p>(
        &self,
        segments: &'p [Cow<'p, str>],
        slash: bool,
    ) -> Option<Captures<'p>> {
        let mut captures = Captures::default();
        let fits = !(self.bare && slash) && fit(&self.parts, segments, &mut captures);
        fits.then_some(captures)
    }
}

impl Part {
    fn new(text: &'static str) -> Self {
        match text.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            None => Self::Text(text),
            Some(name) => match (name.strip_suffix('?'), name.strip_suffix('*')) {
                (Some(name), _) => Self::Optional(name),
                (_, Some(name)) => Self::Any(name),
                (None, None) => Self::one(name),
            },
        }
    }

    fn one(name: &'static str) -> Self {
        match name.split_once(':') {
            Some((name, "port")) => Self::Formed(name, is_port),
            Some((name, _)) => Self::Formed(name, is_word),
            None => Self::One(name),
        }
    }
}

/// Digits, or a host with digits.
fn is_port(segment: &str) -> bool {
    let (host, port) = segment.rsplit_once(':').unwrap_or(("host", segment));
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    digits && !host.is_empty() && !host.contains([':', '@'])
}

/// Letters, digits, `_` and `-`; others are encoded where servers look for their routes.
fn is_word(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

impl<'p> Captures<'p> {
    /// One segment; empty when there is none.
    pub(super) fn one(&self, name: &str) -> &'p str {
        self.all(name).first().map_or("", |segment| &**segment)
    }

    /// Segments as a path without a leading slash.
    pub(super) fn path(&self, name: &str) -> Cow<'p, str> {
        match self.all(name) {
            [] => Cow::Borrowed(""),
            [one] => Cow::Borrowed(one),
            all => Cow::Owned(all.join("/")),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == name)
    }

    fn all(&self, name: &str) -> &'p [Cow<'p, str>] {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map_or(&[], |(_, segments)| segments)
    }
}

/// Goes down the parts; what may be any number of segments gives back from the end as far as it must.
fn fit<'p>(parts: &[Part], segments: &'p [Cow<'p, str>], captures: &mut Captures<'p>) -> bool {
    let Some((part, rest)) = parts.split_first() else { return segments.is_empty() };
    let kept = captures.0.len();
    match *part {
        Part::Text(text) => match segments.split_first() {
            Some((first, after)) => first == text && fit(rest, after, captures),
            None => false,
        },
        Part::One(name) | Part::Optional(name) if !segments.is_empty() => {
            let (one, after) = segments.split_at(1);
            captures.0.push((name, one));
            fit(rest, after, captures)
        }
        Part::Formed(name, formed) if segments.first().is_some_and(|first| formed(first)) => {
            let (one, after) = segments.split_at(1);
            captures.0.push((name, one));
            fit(rest, after, captures)
        }
        Part::One(_) | Part::Formed(..) => false,
        Part::Optional(_) => fit(rest, segments, captures),
        Part::Any(name) => (0..=segments.len()).rev().any(|length| {
            let (any, after) = segments.split_at(length);
            captures.0.truncate(kept);
            captures.0.push((name, any));
            fit(rest, after, captures)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(pattern: &'static str, path: &str, name: &str) -> Option<String> {
        let segments: Vec<Cow<'_, str>> = path.split('/').map(Cow::Borrowed).collect();
        let segments = if path.is_empty() { Vec::new() } else { segments };
        let captures = Pattern::new(pattern).captures(&segments, false)?;
        Some(captures.path(name).into_owned())
    }

    #[test]
    fn segments_are_named_and_never_joined_to_what_is_beside_them() {
        assert_eq!(captured("user/{user}/x", "user/ada/x", "user").as_deref(), Some("ada"));
        assert_eq!(captured("user/{user}", "users/ada", "user"), None);
        assert_eq!(captured("user/{user}", "user", "user"), None);
        assert_eq!(captured("a/{b?}", "a", "b").as_deref(), Some(""));
        assert_eq!(captured("a/{b?}", "a/c", "b").as_deref(), Some("c"));
        assert_eq!(captured("a/{b?}", "a/c/d", "b"), None);
    }

    #[test]
    fn what_has_a_form_is_no_other() {
        assert_eq!(captured("c/{id:word}", "c/a_1-B", "id").as_deref(), Some("a_1-B"));
        assert_eq!(captured("c/{id:word}", "c/a.csv", "id"), None);
        assert_eq!(captured("p/{port:port}", "p/80", "port").as_deref(), Some("80"));
        assert_eq!(captured("p/{port:port}", "p/db.x:80", "port").as_deref(), Some("db.x:80"));
        for other in ["p/", "p/80x", "p/db:", "p/:80", "p/a@b:80", "p/a:b:80", "p/\u{663}"] {
            assert_eq!(captured("p/{port:port}", other, "port"), None, "{other}");
        }
    }

    #[test]
    fn a_slash_behind_it_is_another_path_where_that_is_said() {
        let path = ["a".into()];
        assert!(Pattern::new("a!").captures(&path, false).is_some());
        assert!(Pattern::new("a!").captures(&path, true).is_none());
        assert!(Pattern::new("a").captures(&path, true).is_some());
    }

    #[test]
    fn what_comes_behind_any_number_of_segments_is_found_at_the_end() {
        let pattern = "c/{path*}/checkpoints/{id}";
        assert_eq!(captured(pattern, "c/a/checkpoints/b", "path").as_deref(), Some("a"));
        assert_eq!(captured(pattern, "c/checkpoints/b", "path").as_deref(), Some(""));
        let twice = "c/checkpoints/x/checkpoints/b";
        assert_eq!(captured(pattern, twice, "path").as_deref(), Some("checkpoints/x"));
        assert_eq!(captured("{rest*}", "", "rest").as_deref(), Some(""));
    }
}
