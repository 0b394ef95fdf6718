//! Texts that belong to no bundle.

use super::head::Signatures;
use super::{Bundle, Manifest, Member};
use crate::model::{Exceeded, Limits, LoadError, Revision};

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

impl Bundle {
    /// Cedar texts that belong to no bundle.
    ///
    /// # Errors
    /// When a limit is exceeded or a text is not UTF-8.
    pub fn from_loose(loose: Loose, limits: &Limits) -> Result<Self, LoadError> {
        let read = |(name, bytes): (String, Vec<u8>)| Member::read(&name, &bytes, limits);
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
            manifest_text: None,
            policies,
            links,
            schema,
            entities,
            own_grants: None,
            grants_text: None,
            grants: Vec::new(),
            tests: Vec::new(),
            ignored: Vec::new(),
            revision,
            signatures: Signatures::new(),
            signed_by: Vec::new(),
        })
    }
}
