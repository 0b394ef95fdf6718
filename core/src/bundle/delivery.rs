//! What was delivered, before it is trusted.

use std::borrow::Cow;
use std::collections::BTreeMap;
#[cfg(not(target_family = "wasm"))]
use std::path::Path;

use super::archive::Archive;
use super::collect::{Collecting, Texts};
#[cfg(not(target_family = "wasm"))]
use super::folder::{Folder, read_path};
use super::grants::Unfilled;
use super::head::{Head, Signatures};
#[cfg(not(target_family = "wasm"))]
use super::layout::Role;
use super::layout::{MANIFEST, layout, of_file};
use super::{Bundle, Digest, GrantsDelivery, Manifest, Member, Trust};
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem};

/// A bundle, or grants alone, as they were delivered: not yet trusted.
///
/// Only as much of it has been read as it takes to find the manifest and its signatures; neither
/// has been looked into.
///
/// ```
/// # use notegate::bundle::{Bundle, Delivery, Manifest, PrivateKey, Trust};
/// # use notegate::model::Limits;
/// let limits = Limits::default();
/// let members = [("policies.cedar".to_owned(), b"permit (principal, action, resource);".to_vec())];
/// let manifest = Manifest { name: "hub".to_owned(), sequence: 7, ..Manifest::default() };
/// let key = PrivateKey::from_seed(&[7; 32])?;
///
/// let mut bundle = Bundle::from_members(members, &limits)?.seal(manifest, &limits)?;
/// bundle.sign(&key)?;
/// let bytes = bundle.to_bytes()?;
///
/// let trust = Trust::keys([key.public().clone()]);
/// let bundle = Delivery::from_bytes(&bytes, &limits)?.bundle(&trust)?;
/// assert_eq!(bundle.signed_by(), [key.public().id()]);
/// assert_eq!(bundle.manifest().sequence, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Delivery<'a> {
    manifest: Option<Vec<u8>>,
    signatures: Signatures,
    rest: Rest<'a>,
    limits: Limits,
}

/// What a delivery turned out to be.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is taken apart at once"
)]
pub enum Delivered {
    /// A bundle.
    Bundle(Bundle),
    /// Grants without policies.
    Grants(GrantsDelivery),
}

/// Where the members are, which nobody has looked at.
#[derive(Debug)]
enum Rest<'a> {
    Archive(Archive<'a>),
    #[cfg(not(target_family = "wasm"))]
    Folder(Folder),
    Members(Vec<(String, Vec<u8>)>),
}

impl<'a> Delivery<'a> {
    /// The single-file form.
    ///
    /// # Errors
    /// When it is too large, or does not start with a manifest and signatures in that form.
    pub fn from_bytes(bytes: &'a [u8], limits: &Limits) -> Result<Self, LoadError> {
        Self::from_archive(bytes.into(), limits)
    }

    /// Members that a host has read: names and bytes, manifest and signatures among them.
    ///
    /// # Errors
    /// When there are too many or they are too large, or a manifest or signature is there twice.
    pub fn from_members(
        members: impl IntoIterator<Item = (String, Vec<u8>)>,
        limits: &Limits,
    ) -> Result<Delivery<'static>, LoadError> {
        let mut head = Head::default();
        let (mut rest, mut total) = (Vec::new(), 0_usize);
        for (name, bytes) in members {
            total = total.saturating_add(bytes.len());
            Exceeded::check("bundle_bytes", limits.bundle_bytes, total)?;
            if !head.take(&name, &bytes, limits)? {
                rest.push((name, bytes));
                Exceeded::check("members", limits.members, rest.len())?;
            }
        }
        Ok(Delivery::behind(head, Rest::Members(rest), limits))
    }

    /// A path: a folder, or a file in the single-file form.
    ///
    /// # Errors
    /// When it cannot be read, or as [`Delivery::from_bytes`].
    #[cfg(not(target_family = "wasm"))]
    pub fn open(path: &Path, limits: &Limits) -> Result<Delivery<'static>, LoadError> {
        if path.is_dir() {
            return Self::from_folder(path, limits);
        }
        let bytes = read_path(path, |name, size| {
            let within = Exceeded::check("bundle_bytes", limits.bundle_bytes, size);
            within.map_err(|exceeded| of_file(LoadErrorKind::Limit, name, exceeded.into()))
        })?;
        Delivery::from_archive(bytes.into(), limits)
            .map_err(|error| error.in_file(&path.to_string_lossy()))
    }

    #[cfg(not(target_family = "wasm"))]
    pub(super) fn from_folder(
        path: &Path,
        limits: &Limits,
    ) -> Result<Delivery<'static>, LoadError> {
        let folder = Folder::open(path, limits)?;
        let mut head = Head::default();
        for name in folder.names() {
            if matches!(Role::of(name), Some(Role::Manifest | Role::Signature(_))) {
                let bytes = folder.read(name, |size| head.expect(name, size, limits))?;
                head.take(name, &bytes, limits)?;
            }
        }
        Ok(Delivery::behind(head, Rest::Folder(folder), limits))
    }

    fn from_archive(bytes: Cow<'a, [u8]>, limits: &Limits) -> Result<Self, LoadError> {
        let mut archive = Archive::new(bytes, limits)?;
        let mut head = Head::default();
        while let Some(entry) = archive.entry(limits)? {
            head.expect(&entry.name, entry.size(), limits)?;
            if !head.take(&entry.name, archive.content(&entry), limits)? {
                break;
            }
            archive.pass(entry);
        }
        if head.manifest.is_none() {
            return Err(layout("its first file is not `manifest.json`"));
        }
        Ok(Self::behind(head, Rest::Archive(archive), limits))
    }

    fn behind(head: Head, rest: Rest<'a>, limits: &Limits) -> Self {
        let Head { manifest, signatures } = head;
        Self { manifest, signatures, rest, limits: *limits }
    }

    /// The bundle, when it is trusted.
    ///
    /// Checks, in this order: a signature of the manifest's exact bytes by an accepted key, the
    /// manifest, the key being accepted for the bundle's name, and the digest of every member, none
    /// missing and none extra. A signature by an accepted key that is wrong refuses the delivery,
    /// whatever other signatures there are; those by other keys are not looked at. What depends on
    /// time or on what was in force before (sequence, created, expires) is for the caller, from
    /// [`Bundle::manifest`].
    ///
    /// Cost: one signature check for each accepted key that signed, and one pass over the bytes.
    ///
    /// # Errors
    /// When one of these does not hold, it is a delivery of grants, or as [`Bundle::from_members`].
    pub fn bundle(self, trust: &Trust) -> Result<Bundle, LoadError> {
        match self.read(trust)? {
            Delivered::Bundle(bundle) => Ok(bundle),
            Delivered::Grants(_) => {
                Err(layout("it holds grants without policies, and is no bundle"))
            }
        }
    }

    /// The grants, when they are trusted; checked as [`Delivery::bundle`] does.
    ///
    /// # Errors
    /// When a check fails, or it is a bundle.
    pub fn grants(self, trust: &Trust) -> Result<GrantsDelivery, LoadError> {
        match self.read(trust)? {
            Delivered::Grants(grants) => Ok(grants),
            Delivered::Bundle(_) => Err(layout("it is a bundle, and no delivery of grants alone")),
        }
    }

    /// Whatever it is, when it is trusted; checked as [`Delivery::bundle`] does.
    ///
    /// # Errors
    /// When a check fails.
    pub fn read(self, trust: &Trust) -> Result<Delivered, LoadError> {
        let limits = self.limits;
        let signers = trust.verify(self.manifest.as_deref(), &self.signatures)?;
        let text =
            self.manifest.map(|bytes| Member::read(MANIFEST, &bytes, &limits)).transpose()?;
        if let Some(text) = text.as_ref().filter(|text| GrantsDelivery::is_meant_by(text, &limits))
        {
            let grants = Unfilled::parse(text.clone(), &limits)?;
            let signed_by = signers.accepted_for(&grants.manifest.bundle)?;
            let (texts, _) = self.rest.collect(Some(&grants.members), &limits)?;
            let grants = grants.collected(texts, &limits)?;
            return Ok(Delivered::Grants(grants.signed(self.signatures, signed_by)));
        }
        let manifest = match &text {
            Some(text) => Manifest::parse(text, &limits)?,
            None => Manifest::default(),
        };
        let signed_by = signers.accepted_for(&manifest.name)?;
        if manifest.members.is_none() && (trust.requires_signature() || self.rest.is_archive()) {
            let message = "the manifest does not list the members with their digests";
            let problem = Problem::error("manifest.unsealed", message)
                .help("pack the bundle with `notegate bundle pack`");
            return Err(of_file(LoadErrorKind::Untrusted, MANIFEST, problem));
        }
        let (texts, ignored) = self.rest.collect(manifest.members.as_ref(), &limits)?;
        let bundle = Bundle::assemble(manifest, text, texts, ignored, &limits)?;
        Ok(Delivered::Bundle(Bundle { signed_by, signatures: self.signatures, ..bundle }))
    }

    /// The bundle as it lies there, whatever its manifest says of members: to be sealed anew.
    ///
    /// # Errors
    /// As [`Bundle::from_members`].
    pub fn unsealed(self) -> Result<Bundle, LoadError> {
        let limits = self.limits;
        let text =
            self.manifest.map(|bytes| Member::read(MANIFEST, &bytes, &limits)).transpose()?;
        let manifest = match &text {
            Some(text) => Manifest::parse(text, &limits)?,
            None => Manifest::default(),
        };
        let manifest = Manifest { members: None, ..manifest };
        let (texts, ignored) = self.rest.collect(None, &limits)?;
        Bundle::assemble(manifest, text, texts, ignored, &limits)
    }
}

impl Rest<'_> {
    fn is_archive(&self) -> bool {
        matches!(self, Self::Archive(_))
    }

    /// The members, held to what is listed, and the names of what is no part of a bundle.
    fn collect(
        self,
        listed: Option<&BTreeMap<String, Digest>>,
        limits: &Limits,
    ) -> Result<(Texts, Vec<String>), LoadError> {
        let mut members = Collecting::new(listed, limits);
        let ignored = match self {
            Self::Archive(mut archive) => {
                while let Some(entry) = archive.entry(limits)? {
                    members.add(&entry.name, archive.content(&entry))?;
                    archive.pass(entry);
                }
                Vec::new()
            }
            #[cfg(not(target_family = "wasm"))]
            Self::Folder(folder) => folder.collect(&mut members)?,
            Self::Members(list) => {
                list.iter().try_for_each(|(name, bytes)| members.add(name, bytes))?;
                Vec::new()
            }
        };
        Ok((members.finish()?, ignored))
    }
}
