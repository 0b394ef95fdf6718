//! Grants that are delivered without policies.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::collect::Texts;
use super::head::Signatures;
use super::json::{self, Digests};
use super::layout::{GRANTS, layout};
use super::manifest::{common_problems, placed};
use super::member::check_size;
use super::seal::pack;
use super::{Digest, Grant, KeyId, Member, PrivateKey};
use crate::model::{Limits, LoadError, Problem, Revision, Timestamp};

/// Grants delivered alone, with their own sequence and signature: just-in-time access is given or
/// taken away without touching the policies.
///
/// It has the forms of a bundle, and is signed like one, with two members: `grants.json`, as in a
/// bundle, and `manifest.json`:
///
/// ```json
/// {
///   "grants_for": "baseline",
///   "sequence": 12,
///   "created": "2026-11-23T09:00:00.000Z",
///   "expires": "2026-11-24T09:00:00.000Z",
///   "members": {"grants.json": "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"}
/// }
/// ```
///
/// `created` and `expires` may be left out. A signed bundle can never pass for grants, nor grants
/// for a bundle: neither manifest can be read as the other.
///
/// [`Bundle::with_grants`] puts them in the place of a bundle's own.
///
/// [`Bundle::with_grants`]: super::Bundle::with_grants
#[derive(Debug, Clone)]
pub struct GrantsDelivery {
    manifest: GrantsManifest,
    manifest_text: Member,
    text: Member,
    grants: Vec<Grant>,
    signatures: Signatures,
    signed_by: Vec<KeyId>,
    revision: Revision,
}

/// What a delivery of grants says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantsManifest {
    /// The name of the bundle they are for.
    pub bundle: String,
    /// Its place in the order of deliveries of grants for that bundle.
    pub sequence: u64,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When every grant in it has ended, whatever they say themselves.
    pub expires: Option<Timestamp>,
}

/// The text of its manifest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    grants_for: String,
    sequence: u64,
    #[serde(default, deserialize_with = "json::moment")]
    created: Option<Timestamp>,
    #[serde(default, deserialize_with = "json::moment")]
    expires: Option<Timestamp>,
    members: Digests,
}

/// The same, as it is written.
#[derive(Serialize)]
struct Written<'a> {
    grants_for: &'a str,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    members: &'a BTreeMap<String, Digest>,
}

/// A manifest, looked at for what it is one of.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Kind {
    grants_for: Option<IgnoredAny>,
}

impl GrantsDelivery {
    /// A delivery of these grants, the text of a `grants.json`.
    ///
    /// # Errors
    /// When the grants cannot be read or a field of the manifest is out of bounds.
    pub fn new(manifest: &GrantsManifest, text: &[u8], limits: &Limits) -> Result<Self, LoadError> {
        let members = BTreeMap::from([(GRANTS.to_owned(), Digest::of(text))]);
        let written = json::write_manifest(&Written {
            grants_for: &manifest.bundle,
            sequence: manifest.sequence,
            created: manifest.created.map(|moment| moment.to_string()),
            expires: manifest.expires.map(|moment| moment.to_string()),
            members: &members,
        })?;
        let unfilled = Unfilled::parse(written, limits)?;
        check_size(GRANTS, text.len(), limits)?;
        unfilled.fill(Member::read(GRANTS, text, limits)?, limits)
    }

    /// What it says of itself.
    #[must_use]
    pub fn manifest(&self) -> &GrantsManifest {
        &self.manifest
    }

    /// The grants; each ends with the delivery, when that is earlier.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Their text.
    #[must_use]
    pub fn text(&self) -> &Member {
        &self.text
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

    /// Its members in the order of their names.
    #[must_use]
    pub fn members(&self) -> [&Member; 2] {
        [&self.text, &self.manifest_text]
    }

    /// The digest of everything in it.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Adds a signature over the manifest's exact bytes.
    pub fn sign(&mut self, key: &PrivateKey) {
        let signature = key.sign(self.manifest_text.text.as_bytes());
        self.signatures.insert(key.public().id(), signature);
    }

    /// The single-file form; the same contents give the same bytes.
    ///
    /// # Errors
    /// Never, in practice: when a name does not fit the form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LoadError> {
        pack(self.members().into_iter(), &self.signatures)
    }

    pub(super) fn signed(self, signatures: Signatures, signed_by: Vec<KeyId>) -> Self {
        Self { signatures, signed_by, ..self }
    }

    /// Whether this manifest is one of grants.
    pub(super) fn is_meant_by(manifest: &Member, limits: &Limits) -> bool {
        // What cannot be read is refused, with its place, by whoever reads it next.
        limits.check_json_nesting(&manifest.text).is_ok()
            && serde_json::from_str(&manifest.text)
                .is_ok_and(|kind: Kind| kind.grants_for.is_some())
    }
}

/// A delivery whose manifest was read.
pub(super) struct Unfilled {
    pub(super) manifest: GrantsManifest,
    manifest_text: Member,
    pub(super) members: BTreeMap<String, Digest>,
}

impl Unfilled {
    pub(super) fn parse(manifest_text: Member, limits: &Limits) -> Result<Self, LoadError> {
        let text: Text = json::parse_manifest(&manifest_text, limits)?;
        let mut problems =
            common_problems(&text.grants_for, text.sequence, text.created, text.expires);
        if !text.members.0.keys().eq([GRANTS]) {
            let message = format!("`members` of grants is `{GRANTS}` alone");
            problems.push(Problem::error("manifest.field", message));
        }
        placed(problems, &manifest_text)?;
        let Text { grants_for: bundle, sequence, created, expires, members } = text;
        let manifest = GrantsManifest { bundle, sequence, created, expires };
        Ok(Self { manifest, manifest_text, members: members.0 })
    }

    pub(super) fn collected(
        self,
        mut texts: Texts,
        limits: &Limits,
    ) -> Result<GrantsDelivery, LoadError> {
        let text = texts.remove(GRANTS);
        let text = text.ok_or_else(|| layout(format!("there is no `{GRANTS}` in it")))?;
        self.fill(text, limits)
    }

    fn fill(self, text: Member, limits: &Limits) -> Result<GrantsDelivery, LoadError> {
        let mut grants = Grant::parse_all(&text, limits)?;
        if let Some(end) = self.manifest.expires {
            grants.iter_mut().for_each(|grant| grant.expires = grant.expires.min(end));
        }
        let parts = [&text, &self.manifest_text];
        let parts = parts.map(|member| (&*member.name, member.text.as_bytes()));
        let revision = Revision::of(parts);
        let Self { manifest, manifest_text, .. } = self;
        let (signatures, signed_by) = (Signatures::new(), Vec::new());
        Ok(GrantsDelivery {
            manifest,
            manifest_text,
            text,
            grants,
            signatures,
            signed_by,
            revision,
        })
    }
}
