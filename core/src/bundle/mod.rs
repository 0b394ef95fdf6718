//! Bytes, or a folder, into a bundle whose layout and sizes are known to be right.
//!
//! ```text
//! <bundle>/
//!   manifest.json        name, sequence, model, sensitivity, grants   (optional)
//!   schema.cedarschema   the bundle's own namespace                   (optional)
//!   *.cedar              policies, at least one file
//!   entities.json        stored entities                              (optional)
//!   grants.json          just-in-time access                          (optional)
//!   tests/*.json         test cases                                   (optional)
//! ```
//!
//! Nothing is parsed here but the manifest and the grants: policies, schema and entities are read
//! by the engine when it builds a snapshot.

mod delivery;
mod digest;
#[cfg(not(target_family = "wasm"))]
mod folder;
mod grant;
mod grants;
mod key;
mod manifest;
mod seal;
mod trust;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem, Revision, Span};

pub use delivery::Delivery;
pub use digest::Digest;
#[cfg(not(target_family = "wasm"))]
pub use folder::read_file;
pub use grant::{Grant, GrantUid};
pub use grants::{GrantsDelivery, GrantsManifest};
pub use key::{KeyError, KeyId, PrivateKey, PublicKey};
pub use manifest::{GrantTerms, Manifest, Model};
pub use trust::Trust;

/// Policies, schema and entities delivered together.
#[derive(Debug, Clone)]
pub struct Bundle {
    manifest: Manifest,
    policies: Vec<Member>,
    links: Option<Member>,
    schema: Option<Member>,
    entities: Option<Member>,
    grants_text: Option<Member>,
    grants: Vec<Grant>,
    tests: Vec<Member>,
    ignored: Vec<String>,
    revision: Revision,
    signed_by: Vec<KeyId>,
}

/// One text of a bundle, with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path inside the bundle, with `/`; or the path of a loose file.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

/// Texts that belong to no bundle: any Cedar policies, with any schema of any namespace.
#[derive(Debug, Clone, Default)]
pub struct Loose {
    /// Names and bytes of policy files, Cedar or JSON, in the order in which policies are numbered.
    pub policies: Vec<(String, Vec<u8>)>,
    /// Template links: a JSON array of `{"template_id", "link_id", "args"}`.
    pub links: Option<(String, Vec<u8>)>,
    /// The schema, Cedar or JSON.
    pub schema: Option<(String, Vec<u8>)>,
    /// The entities, JSON.
    pub entities: Option<(String, Vec<u8>)>,
}

const MANIFEST: &str = "manifest.json";
const SCHEMA: &str = "schema.cedarschema";
const ENTITIES: &str = "entities.json";
const GRANTS: &str = "grants.json";

impl Bundle {
    /// A bundle from its members: names and bytes.
    ///
    /// # Errors
    /// When a name is not one of the layout's, a limit is exceeded, a member is not UTF-8, there is
    /// no policy file, or the manifest or the grants cannot be read.
    pub fn from_members(
        members: impl IntoIterator<Item = (String, Vec<u8>)>,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let mut texts = BTreeMap::new();
        let mut total = 0_usize;
        for (name, bytes) in members {
            total = total.saturating_add(bytes.len());
            Exceeded::check("bundle_bytes", limits.bundle_bytes, total)?;
            let member = Member::read(name, bytes, limits)?;
            if let Some(twice) = texts.insert(Arc::clone(&member.name), member) {
                return Err(layout(format!("member `{}` is there twice", twice.name)));
            }
            Exceeded::check("members", limits.members, texts.len())?;
        }
        Self::assemble(texts, Vec::new(), limits)
    }

    /// Cedar texts that belong to no bundle.
    ///
    /// # Errors
    /// When a limit is exceeded or a text is not UTF-8.
    pub fn from_loose(loose: Loose, limits: &Limits) -> Result<Self, LoadError> {
        let read = |(name, bytes)| Member::read(name, bytes, limits);
        let policies = loose.policies.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let links = loose.links.map(read).transpose()?;
        let schema = loose.schema.map(read).transpose()?;
        let entities = loose.entities.map(read).transpose()?;
        let all = policies.iter().chain(&links).chain(&schema).chain(&entities);
        let total = all.clone().map(|member| member.text.len()).fold(0, usize::saturating_add);
        Exceeded::check("bundle_bytes", limits.bundle_bytes, total)?;
        let revision = Revision::of(all.map(|member| (&*member.name, member.text.as_bytes())));
        Ok(Self {
            manifest: Manifest::loose(),
            policies,
            links,
            schema,
            entities,
            grants_text: None,
            grants: Vec::new(),
            tests: Vec::new(),
            ignored: Vec::new(),
            revision,
            signed_by: Vec::new(),
        })
    }

    fn assemble(
        mut texts: BTreeMap<Arc<str>, Member>,
        ignored: Vec<String>,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let parts = texts.values().map(|member| (&*member.name, member.text.as_bytes()));
        let revision = Revision::of(parts);
        let manifest = match texts.remove(MANIFEST) {
            Some(member) => Manifest::parse(&member, limits)?,
            None => Manifest::default(),
        };
        let schema = texts.remove(SCHEMA);
        let entities = texts.remove(ENTITIES);
        let grants_text = texts.remove(GRANTS);
        let grants = match &grants_text {
            Some(member) => Grant::parse_all(member, &manifest, limits)?,
            None => Vec::new(),
        };
        let (mut policies, mut tests) = (Vec::new(), Vec::new());
        for (name, member) in texts {
            match Role::of(&name) {
                Some(Role::Policies) => policies.push(member),
                Some(Role::Test) => tests.push(member),
                _ => {
                    let error = Problem::error(
                        "bundle.member",
                        format!("`{}` is not a member of a bundle", name.escape_debug()),
                    );
                    let help = "a bundle holds manifest.json, schema.cedarschema, *.cedar, \
                                entities.json, grants.json and tests/*.json";
                    return Err(LoadError::new(LoadErrorKind::Layout, error.help(help)));
                }
            }
        }
        if policies.is_empty() {
            return Err(layout("there is no `*.cedar` file in it".to_owned()));
        }
        Ok(Self {
            manifest,
            policies,
            links: None,
            schema,
            entities,
            grants_text,
            grants,
            tests,
            ignored,
            revision,
            signed_by: Vec::new(),
        })
    }

    /// What the bundle says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The policy files, in the order of their names.
    #[must_use]
    pub fn policies(&self) -> &[Member] {
        &self.policies
    }

    /// The template links of loose texts.
    #[must_use]
    pub fn links(&self) -> Option<&Member> {
        self.links.as_ref()
    }

    /// The schema: of a bundle its own namespace, of loose texts all there is.
    #[must_use]
    pub fn schema(&self) -> Option<&Member> {
        self.schema.as_ref()
    }

    /// The stored entities.
    #[must_use]
    pub fn entities(&self) -> Option<&Member> {
        self.entities.as_ref()
    }

    /// The grants.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// The text of the grants.
    #[must_use]
    pub fn grants_text(&self) -> Option<&Member> {
        self.grants_text.as_ref()
    }

    /// The files of test cases, and the entity files beside them, in the order of their names.
    #[must_use]
    pub fn tests(&self) -> &[Member] {
        &self.tests
    }

    /// What lies in the folder and is no part of the bundle.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The digest of everything in it.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }
}

impl Member {
    /// A limit that its text passed, with the place.
    pub(crate) fn exceeded(&self, exceeded: Exceeded) -> LoadError {
        let spans = exceeded.offset().map(|offset| Span { offset, length: 1, label: None });
        let problem = Problem::from(exceeded);
        let problem = problem.at(&self.name, &self.text, spans.into_iter().collect());
        LoadError::new(LoadErrorKind::Limit, problem)
    }

    fn read(name: String, bytes: Vec<u8>, limits: &Limits) -> Result<Self, LoadError> {
        let name = Arc::<str>::from(name);
        let empty = Arc::<str>::from("");
        Exceeded::check("member_bytes", limits.member_bytes, bytes.len()).map_err(|exceeded| {
            LoadError::new(LoadErrorKind::Limit, Problem::from(exceeded).file(&name, &empty))
        })?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text: text.into() }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let message = format!("it is not UTF-8 from byte {at} on");
                let problem = Problem::error("file.utf8", message).file(&name, &empty);
                Err(LoadError::new(LoadErrorKind::Unreadable, problem.help("save it as UTF-8")))
            }
        }
    }
}

/// What a member is for, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Single,
    Policies,
    Test,
}

impl Role {
    fn of(name: &str) -> Option<Self> {
        match name.split_once('/') {
            None if [MANIFEST, SCHEMA, ENTITIES, GRANTS].contains(&name) => Some(Self::Single),
            None if name.ends_with(".cedar") => Some(Self::Policies),
            Some(("tests", rest)) if rest.ends_with(".json") => Some(Self::Test),
            _ => None,
        }
    }
}

fn layout(message: String) -> LoadError {
    LoadError::new(LoadErrorKind::Layout, Problem::error("bundle.layout", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(members: &[(&str, &[u8])]) -> Result<Bundle, LoadError> {
        let members = members.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
        Bundle::from_members(members, &Limits::default())
    }

    #[test]
    fn a_bundle_without_policies_or_with_a_foreign_member_is_refused() {
        assert_eq!(bundle(&[]).unwrap_err().kind(), LoadErrorKind::Layout);
        let foreign = bundle(&[("a.cedar", b""), ("../b.cedar", b"")]).unwrap_err();
        assert!(foreign.to_string().contains("`../b.cedar` is not a member"), "{foreign}");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_with_their_place() {
        let error = bundle(&[("a.cedar", b"permit\xff")]).unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::Unreadable);
        assert_eq!(error.to_string(), "a.cedar: it is not UTF-8 from byte 6 on");
    }

    #[test]
    fn a_member_over_its_limit_is_refused_by_name() {
        let limits = Limits { member_bytes: 3, ..Limits::default() };
        let members = [("a.cedar".to_owned(), b"permit".to_vec())];
        let error = Bundle::from_members(members, &limits).unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::Limit);
        assert_eq!(error.to_string(), "a.cedar: limit `member_bytes` is 3, found 6");
    }

    #[test]
    fn an_empty_policy_file_is_a_bundle_that_denies_everything() {
        assert!(bundle(&[("a.cedar", b"")]).is_ok());
    }
}
