//! Bytes, or a folder, into a bundle whose layout and sizes are known to be right.
//!
//! ```text
//! <bundle>/
//!   manifest.json        name, sequence, model, sensitivity, grants   (optional)
//!   manifest.<id>.sig    the signature of the manifest by a key       (optional)
//!   schema.cedarschema   the bundle's own namespace                   (optional)
//!   *.cedar              policies, at least one file
//!   entities.json        stored entities                              (optional)
//!   grants.json          just-in-time access                          (optional)
//!   tests/*.json         test cases                                   (optional)
//! ```
//!
//! A [`Delivery`] is a bundle that has not been trusted yet: a folder, a file, or bytes from a host.
//! [`Trust`] says whose signatures count. [`GrantsDelivery`] is just-in-time access that comes
//! without policies.
//!
//! Nothing is parsed here but the manifest and the grants: policies, schema and entities are read
//! by the engine when it builds a snapshot.

mod archive;
mod collect;
mod delivery;
mod digest;
#[cfg(not(target_family = "wasm"))]
mod folder;
mod grant;
mod grants;
mod head;
mod json;
mod key;
mod layout;
#[cfg(not(target_os = "wasi"))]
mod loose;
mod manifest;
mod member;
mod seal;
mod trust;

use std::iter;

use collect::Texts;
use head::Signatures;
use layout::{ENTITIES, GRANTS, Role, SCHEMA, layout, no_member};

use crate::model::{Limits, LoadError, Revision};

pub use delivery::{Delivered, Delivery};
pub use digest::Digest;
#[cfg(not(target_family = "wasm"))]
pub use folder::read_file;
pub use grant::{Grant, GrantUid};
pub use grants::{GrantsDelivery, GrantsManifest};
pub use key::{KeyError, KeyId, PrivateKey, PublicKey};
#[cfg(not(target_os = "wasi"))]
pub use loose::Loose;
pub use manifest::{GrantTerms, Manifest, Model};
pub use member::Member;
pub use trust::Trust;

/// Policies, schema and entities delivered together.
#[derive(Debug, Clone)]
pub struct Bundle {
    manifest: Manifest,
    manifest_text: Option<Member>,
    policies: Vec<Member>,
    links: Option<Member>,
    schema: Option<Member>,
    entities: Option<Member>,
    /// The grants that it came with; others may have taken their place.
    own_grants: Option<Member>,
    grants_text: Option<Member>,
    grants: Vec<Grant>,
    tests: Vec<Member>,
    ignored: Vec<String>,
    revision: Revision,
    signatures: Signatures,
    signed_by: Vec<KeyId>,
}

impl Bundle {
    /// A bundle from its members, names and bytes, trusted as they are.
    ///
    /// # Errors
    /// When a name is not one of the layout's, a limit is exceeded, a member is not UTF-8, there is
    /// no policy file, the manifest or the grants cannot be read, or the manifest lists members and
    /// they are not these.
    pub fn from_members(
        members: impl IntoIterator<Item = (String, Vec<u8>)>,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        Delivery::from_members(members, limits)?.bundle(&Trust::unsigned())
    }

    /// A bundle from its single-file form, trusted as it is.
    ///
    /// # Errors
    /// When it is not exactly in that form, or as [`Bundle::from_members`].
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self, LoadError> {
        Delivery::from_bytes(bytes, limits)?.bundle(&Trust::unsigned())
    }

    fn assemble(
        manifest: Manifest,
        manifest_text: Option<Member>,
        mut texts: Texts,
        ignored: Vec<String>,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let schema = texts.remove(SCHEMA);
        let entities = texts.remove(ENTITIES);
        let own_grants = texts.remove(GRANTS);
        let grants = match &own_grants {
            Some(member) => Grant::parse_all(member, limits)?,
            None => Vec::new(),
        };
        let (mut policies, mut tests) = (Vec::new(), Vec::new());
        for (name, member) in texts {
            match Role::of(&name) {
                Some(Role::Policies) => policies.push(member),
                Some(Role::Test) => tests.push(member),
                _ => return Err(no_member(&name)),
            }
        }
        if policies.is_empty() {
            return Err(layout("there is no `*.cedar` file in it"));
        }
        let mut bundle = Self {
            manifest,
            manifest_text,
            policies,
            links: None,
            schema,
            entities,
            own_grants: own_grants.clone(),
            grants_text: None,
            grants: Vec::new(),
            tests,
            ignored,
            revision: Revision::of([]),
            signatures: Signatures::new(),
            signed_by: Vec::new(),
        };
        bundle.put_grants(own_grants, grants)?;
        Ok(bundle)
    }

    /// Puts grants in force, when they satisfy the terms; the revision is that of the contents then.
    fn put_grants(&mut self, text: Option<Member>, grants: Vec<Grant>) -> Result<(), LoadError> {
        if let Some(text) = &text {
            Grant::check_all(&grants, &self.manifest.grants, text)?;
        }
        (self.grants_text, self.grants) = (text, grants);
        let mut members: Vec<&Member> = self.contents(self.grants_text.as_ref()).collect();
        members.sort_unstable_by_key(|member| &member.name);
        let parts = members.into_iter().map(|member| (&*member.name, member.text.as_bytes()));
        self.revision = Revision::of(parts);
        Ok(())
    }

    /// Every text, with these grants.
    fn contents<'a>(&'a self, grants: Option<&'a Member>) -> impl Iterator<Item = &'a Member> {
        let single = [self.manifest_text.as_ref(), self.schema.as_ref(), self.entities.as_ref()];
        let single = single.into_iter().chain(iter::once(grants)).flatten();
        single.chain(&self.policies).chain(&self.tests)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LoadErrorKind;

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
