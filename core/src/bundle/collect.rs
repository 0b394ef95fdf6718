//! Members as they are read, held to the manifest.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::layout::{Role, no_member, of_file, twice};
use super::member::check_size;
use super::{Digest, Member};
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem};

/// Members by name.
pub(super) type Texts = BTreeMap<Arc<str>, Member>;

/// Members as they are read, held to the digests of the manifest when there are any.
#[derive(Debug)]
pub(super) struct Collecting<'a> {
    sealed: Option<&'a BTreeMap<String, Digest>>,
    pub(super) limits: &'a Limits,
    total: usize,
    texts: Texts,
}

impl<'a> Collecting<'a> {
    pub(super) fn new(sealed: Option<&'a BTreeMap<String, Digest>>, limits: &'a Limits) -> Self {
        Self { sealed, limits, total: 0, texts: BTreeMap::new() }
    }

    /// Whether a member of this name and size may be there: asked before it is read.
    pub(super) fn expect(&mut self, name: &str, size: usize) -> Result<(), LoadError> {
        if !matches!(Role::of(name), Some(Role::Single | Role::Policies | Role::Test)) {
            return Err(no_member(name));
        }
        check_size(name, size, self.limits)?;
        if self.texts.contains_key(name) {
            return Err(twice(name));
        }
        if self.sealed.is_some_and(|sealed| !sealed.contains_key(name)) {
            let problem = Problem::error("member.extra", "the manifest does not list it");
            return Err(of_file(LoadErrorKind::Untrusted, name, problem.help(SEAL)));
        }
        let count = self.texts.len().saturating_add(1);
        Exceeded::check("members", self.limits.members, count)?;
        let total = self.total.saturating_add(size);
        Ok(Exceeded::check("bundle_bytes", self.limits.bundle_bytes, total)?)
    }

    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), LoadError> {
        self.expect(name, bytes.len())?;
        if let Some(listed) = self.sealed.and_then(|sealed| sealed.get(name)) {
            let digest = Digest::of(bytes);
            if digest != *listed {
                let message = format!("its digest is {digest}, and the manifest says {listed}");
                let problem = Problem::error("member.digest", message).help(SEAL);
                return Err(of_file(LoadErrorKind::Untrusted, name, problem));
            }
        }
        self.total = self.total.saturating_add(bytes.len());
        let member = Member::read(name, bytes, self.limits)?;
        self.texts.insert(Arc::clone(&member.name), member);
        Ok(())
    }

    /// The members, when none is missing.
    pub(super) fn finish(self) -> Result<Texts, LoadError> {
        let listed = self.sealed.into_iter().flat_map(BTreeMap::keys);
        let missing = listed.filter(|name| !self.texts.contains_key(name.as_str()));
        let problems = missing.map(|name| {
            let message = format!("`{}` is missing: the manifest lists it", name.escape_debug());
            Problem::error("member.missing", message).help(SEAL)
        });
        LoadError::check(LoadErrorKind::Untrusted, problems.collect())?;
        Ok(self.texts)
    }
}

const SEAL: &str =
    "fetch the bundle again; if you changed it, pack it again with `notegate bundle pack`";
