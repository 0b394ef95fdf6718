//! Bundles made ready for delivery.

use std::collections::BTreeMap;

use super::head::Signatures;
use super::layout::{MANIFEST, layout, of_file};
use super::{Bundle, Digest, GrantsDelivery, KeyId, Manifest, Member, Model, PrivateKey, archive};
use crate::model::{Limits, LoadError, LoadErrorKind, Problem};

impl Bundle {
    /// The same contents under this manifest, with the digest of every member in it: what can be
    /// signed. Signatures of another manifest are dropped.
    ///
    /// What the bundle came with is sealed, not what [`Bundle::with_grants`] put in its place.
    ///
    /// # Errors
    /// When a field of the manifest is out of bounds, a grant does not satisfy its terms, or the
    /// bundle was read from loose texts.
    pub fn seal(mut self, manifest: Manifest, limits: &Limits) -> Result<Self, LoadError> {
        if self.manifest.model == Model::Own || manifest.model == Model::Own {
            return Err(layout("loose texts are no bundle and cannot be sealed"));
        }
        self.manifest_text = None;
        let digest =
            |member: &Member| (member.name.to_string(), Digest::of(member.text.as_bytes()));
        let members = self.contents(self.own_grants.as_ref()).map(digest).collect();
        let text = manifest.write(&members)?;
        super::member::check_size(MANIFEST, text.text.len(), limits)?;
        self.manifest = Manifest::parse(&text, limits)?;
        self.manifest_text = Some(text);
        (self.signatures, self.signed_by) = (Signatures::new(), Vec::new());
        let (text, grants) = (self.grants_text.take(), std::mem::take(&mut self.grants));
        self.put_grants(text, grants)?;
        Ok(self)
    }

    /// Adds a signature over the manifest's exact bytes.
    ///
    /// # Errors
    /// When the bundle is not sealed: its manifest does not list the members.
    pub fn sign(&mut self, key: &PrivateKey) -> Result<(), LoadError> {
        let text = self.sealed_text()?;
        let signature = key.sign(text.text.as_bytes());
        self.signatures.insert(key.public().id(), signature);
        Ok(())
    }

    /// The single-file form; the same contents give the same bytes.
    ///
    /// # Errors
    /// When the bundle is not sealed, or a name does not fit the form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LoadError> {
        self.sealed_text()?;
        pack(self.contents(self.own_grants.as_ref()), &self.signatures)
    }

    /// The accepted keys whose signature was verified; none when it was read without asking for one.
    #[must_use]
    pub fn signed_by(&self) -> &[KeyId] {
        &self.signed_by
    }

    /// The keys that are said to have signed it, and their signatures, verified or not.
    pub fn signatures(&self) -> impl Iterator<Item = (KeyId, &[u8; 64])> {
        self.signatures.iter().map(|(key, signature)| (*key, signature))
    }

    /// Every member that it came with, in the order of their names, the manifest among them.
    #[must_use]
    pub fn members(&self) -> Vec<&Member> {
        let mut members: Vec<_> = self.contents(self.own_grants.as_ref()).collect();
        members.sort_unstable_by_key(|member| &member.name);
        members
    }

    /// The same bundle with these grants in the place of its own.
    ///
    /// The revision names the new contents. Policies and other texts are shared, not copied. Its
    /// single-file form stays that of what it came with.
    ///
    /// Cost: one pass over the bytes of the bundle, for the revision.
    ///
    /// # Errors
    /// When they are for a bundle of another name, or do not satisfy the terms of its manifest.
    pub fn with_grants(&self, grants: &GrantsDelivery) -> Result<Self, LoadError> {
        let (theirs, ours) = (&grants.manifest().bundle, &self.manifest.name);
        if theirs != ours {
            let message = format!("the grants are for `{theirs}`, and the bundle is `{ours}`");
            let problem = Problem::error("grants.bundle", message);
            return Err(LoadError::new(LoadErrorKind::Grants, problem));
        }
        let mut bundle = self.clone();
        bundle.put_grants(Some(grants.text().clone()), grants.grants().to_vec())?;
        Ok(bundle)
    }

    fn sealed_text(&self) -> Result<&Member, LoadError> {
        let text = self.manifest_text.as_ref().filter(|_| self.manifest.members.is_some());
        text.ok_or_else(|| {
            let message = "the manifest does not list the members with their digests";
            let problem = Problem::error("manifest.unsealed", message)
                .help("pack the bundle with `notegate bundle pack`");
            of_file(LoadErrorKind::Layout, MANIFEST, problem)
        })
    }
}

/// The single-file form of these members and signatures.
pub(super) fn pack<'a>(
    members: impl Iterator<Item = &'a Member>,
    signatures: &'a Signatures,
) -> Result<Vec<u8>, LoadError> {
    let signatures: BTreeMap<String, &[u8]> =
        signatures.iter().map(|(key, bytes)| (key.signature_name(), bytes.as_slice())).collect();
    let members = members.map(|member| (&*member.name, member.text.as_bytes()));
    archive::write(members.chain(signatures.iter().map(|(name, bytes)| (name.as_str(), *bytes))))
}
