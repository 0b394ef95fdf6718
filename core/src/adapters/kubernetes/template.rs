//! A pod template: `metadata` and `spec`, wherever in a workload they stand.

use std::collections::BTreeSet;

use crate::model::Described;
use crate::model::notebook::{self, Builder as _, Pod, Resources};

use super::error::ManifestError;
use super::node::Node;
use super::reference::ImageReference;
use super::{compute, containers, host, images, lookalike, security, storage};

/// A pod template, read: its facts, without those that its surroundings say.
pub(super) struct Template {
    pub(super) pod: Pod,
    pub(super) limits: Resources,
    images: BTreeSet<ImageReference>,
    service_account: (String, String),
}

impl Template {
    /// Reads the template at `node`, of a pod of this name.
    pub(super) fn read(
        node: &Node<'_>,
        namespace: &str,
        name: &str,
    ) -> Result<Self, ManifestError> {
        let (metadata, spec) = (node.field("metadata")?, node.required("spec")?);
        lookalike::check(&spec)?;
        let containers = containers::read(&spec)?;
        let images = images::read(&spec, &containers)?;
        let compute = compute::read(&spec, &containers)?;
        let account = match spec.text("serviceAccountName")? {
            Some(account) => account,
            None => spec.text("serviceAccount")?.unwrap_or("default"),
        };
        let place = notebook::namespace(namespace).uid();
        let mut pod = notebook::pod(namespace, name)
            .parent(place.clone())
            .namespace(place)
            .service_account(notebook::service_account(namespace, account).uid())
            .requests(compute.requests)
            .limits(compute.limits)
            .automount_token(spec.flag("automountServiceAccountToken")?.unwrap_or(true));
        pod = images::state(pod, &images);
        pod = security::state(pod, metadata.as_ref(), &spec, &containers)?;
        pod = host::state(pod, &spec, &containers)?;
        pod = storage::state(pod, &spec, &containers)?;
        if let Some(labels) = metadata.map(|one| one.field("labels")).transpose()?.flatten() {
            for (key, value) in labels.fields()? {
                pod = pod.tag(key, value.as_text()?);
            }
        }
        let service_account = (namespace.to_owned(), account.to_owned());
        Ok(Self { pod, limits: compute.limits, images, service_account })
    }

    /// What the manifest says of the images and the service account that it names.
    pub(super) fn named(&self) -> Vec<Described> {
        let (namespace, account) = &self.service_account;
        let account = notebook::service_account(namespace, account)
            .namespace(notebook::namespace(namespace).uid());
        let images = self.images.iter().map(|image| image.image().described());
        [account.described()].into_iter().chain(images).collect()
    }
}
