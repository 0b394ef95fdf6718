//! Bounds on everything that comes from outside.

use std::fmt;

/// Bounds on everything that comes from outside: one value, with safe defaults.
///
/// Sizes are bytes of the text as it arrives. A limit that is exceeded is an error naming the
/// limit, its value and what was found; nothing is cut short.
///
/// | Field | Default | Bounds |
/// |---|---|---|
/// | `bundle_bytes` | 256 MiB | all members of a bundle together, and its single-file form |
/// | `member_bytes` | 64 MiB | one member of a bundle, or one loose file |
/// | `members` | 4 096 | members of a bundle |
/// | `manifest_bytes` | 1 MiB | the manifest of a bundle |
/// | `signatures` | 16 | signatures of a bundle |
/// | `policies` | 100 000 | policies, templates and links |
/// | `policy_nesting` | 32 | brackets open at once in a policy or schema |
/// | `policy_operators` | 512 | operators in one policy: what deepens its expression without a bracket |
/// | `entities` | 2 000 000 | stored entities |
/// | `hierarchy_depth` | 64 | steps from an entity to its furthest ancestor |
/// | `ancestors` | 4 096 | ancestors of one entity |
/// | `json_nesting` | 32 | arrays and objects open at once in any JSON |
/// | `request_bytes` | 1 MiB | one request as JSON |
/// | `request_entities` | 1 024 | entities, and entities with attributes, sent with one request |
/// | `id_bytes` | 4 096 | the id of an entity |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table above documents every field")]
pub struct Limits {
    pub bundle_bytes: usize,
    pub member_bytes: usize,
    pub members: usize,
    pub manifest_bytes: usize,
    pub signatures: usize,
    pub policies: usize,
    pub policy_nesting: usize,
    pub policy_operators: usize,
    pub entities: usize,
    pub hierarchy_depth: usize,
    pub ancestors: usize,
    pub json_nesting: usize,
    pub request_bytes: usize,
    pub request_entities: usize,
    pub id_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bundle_bytes: 256 << 20,
            member_bytes: 64 << 20,
            members: 4_096,
            manifest_bytes: 1 << 20,
            signatures: 16,
            policies: 100_000,
            policy_nesting: 32,
            policy_operators: 512,
            entities: 2_000_000,
            hierarchy_depth: 64,
            ancestors: 4_096,
            json_nesting: 32,
            request_bytes: 1 << 20,
            request_entities: 1_024,
            id_bytes: 4_096,
        }
    }
}

impl Limits {
    /// Every limit by name, with its value, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let mut copy = *self;
        copy.fields().map(|(name, value)| (name, *value)).into_iter()
    }

    /// These limits with one of them replaced, by its name.
    ///
    /// Returns `None` when there is no limit of that name.
    #[must_use]
    pub fn with(mut self, name: &str, value: usize) -> Option<Self> {
        let (_, field) = self.fields().into_iter().find(|(field, _)| *field == name)?;
        *field = value;
        Some(self)
    }

    fn fields(&mut self) -> [(&'static str, &mut usize); 15] {
        [
            ("bundle_bytes", &mut self.bundle_bytes),
            ("member_bytes", &mut self.member_bytes),
            ("members", &mut self.members),
            ("manifest_bytes", &mut self.manifest_bytes),
            ("signatures", &mut self.signatures),
            ("policies", &mut self.policies),
            ("policy_nesting", &mut self.policy_nesting),
            ("policy_operators", &mut self.policy_operators),
            ("entities", &mut self.entities),
            ("hierarchy_depth", &mut self.hierarchy_depth),
            ("ancestors", &mut self.ancestors),
            ("json_nesting", &mut self.json_nesting),
            ("request_bytes", &mut self.request_bytes),
            ("request_entities", &mut self.request_entities),
            ("id_bytes", &mut self.id_bytes),
        ]
    }

    /// Checks the nesting of JSON before it is parsed.
    ///
    /// # Errors
    /// [`Exceeded`] when more than `json_nesting` arrays and objects are open at once.
    pub fn check_json_nesting(&self, text: &str) -> Result<(), Exceeded> {
        let mut depth = 0_usize;
        let mut bytes = text.bytes().enumerate();
        while let Some((offset, byte)) = bytes.next() {
            match byte {
                b'[' | b'{' => {
                    depth = depth.saturating_add(1);
                    if depth > self.json_nesting {
                        return Err(Exceeded::new("json_nesting", self.json_nesting, depth)
                            .at(offset, text));
                    }
                }
                b']' | b'}' => depth = depth.saturating_sub(1),
                b'"' => {
                    while let Some((_, byte)) = bytes.next() {
                        match byte {
                            b'\\' => _ = bytes.next(),
                            b'"' => break,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A limit was exceeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    name: &'static str,
    limit: usize,
    found: usize,
    offset: Option<usize>,
    line: Option<usize>,
}

impl Exceeded {
    /// The limit `name`, whose value is `limit`, met `found`.
    #[must_use]
    pub fn new(name: &'static str, limit: usize, found: usize) -> Self {
        Self { name, limit, found, offset: None, line: None }
    }

    /// The same, at a byte offset of the text in which it was found.
    #[must_use]
    pub fn at(mut self, offset: usize, text: &str) -> Self {
        let before = text.as_bytes().iter().take(offset);
        self.offset = Some(offset);
        self.line = Some(before.filter(|byte| **byte == b'\n').count().saturating_add(1));
        self
    }

    /// `Ok` when `found` is within `limit`.
    ///
    /// # Errors
    /// [`Exceeded`] otherwise.
    pub fn check(name: &'static str, limit: usize, found: usize) -> Result<(), Self> {
        if found > limit { Err(Self::new(name, limit, found)) } else { Ok(()) }
    }

    /// The name of the limit: a field of [`Limits`].
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// A stable name of the problem that this is: `limit.` and the name of the limit.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.name {
            "bundle_bytes" => "limit.bundle_bytes",
            "member_bytes" => "limit.member_bytes",
            "members" => "limit.members",
            "manifest_bytes" => "limit.manifest_bytes",
            "signatures" => "limit.signatures",
            "policies" => "limit.policies",
            "policy_nesting" => "limit.policy_nesting",
            "policy_operators" => "limit.policy_operators",
            "entities" => "limit.entities",
            "hierarchy_depth" => "limit.hierarchy_depth",
            "ancestors" => "limit.ancestors",
            "json_nesting" => "limit.json_nesting",
            "request_bytes" => "limit.request_bytes",
            "request_entities" => "limit.request_entities",
            "id_bytes" => "limit.id_bytes",
            _ => "limit.exceeded",
        }
    }

    /// The byte offset at which the limit was passed, when it lies in a text.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit `{}` is {}, found {}", self.name, self.limit, self.found)?;
        match self.line {
            Some(line) => write!(f, " at line {line}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Exceeded {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_counts_brackets_outside_strings_only() {
        let limits = Limits { json_nesting: 2, ..Limits::default() };
        assert_eq!(limits.check_json_nesting(r#"[{"a":"[[[\"[["}]"#), Ok(()));
        let error = limits.check_json_nesting("[\n[\n[]]]").unwrap_err();
        assert_eq!(error.name(), "json_nesting");
        assert_eq!(error.to_string(), "limit `json_nesting` is 2, found 3 at line 3");
    }

    #[test]
    fn a_limit_is_replaced_by_name_and_an_unknown_name_is_not() {
        let limits = Limits::default().with("id_bytes", 7).unwrap();
        assert_eq!(limits.id_bytes, 7);
        assert_eq!(Limits::default().with("nonsense", 7), None);
        assert_eq!(limits.iter().count(), 15);
    }

    #[test]
    fn every_limit_has_a_code_of_its_own() {
        for (name, _) in Limits::default().iter() {
            assert_eq!(Exceeded::new(name, 0, 1).code(), format!("limit.{name}"));
        }
    }
}
