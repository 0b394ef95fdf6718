//! Which images a pod runs, and which it mounts.

use std::collections::BTreeSet;

use crate::model::notebook::{Builder as _, Pod};

use super::containers::Container;
use super::error::ManifestError;
use super::node::Node;
use super::reference::Reference;

/// The images of all containers and of volumes that are images.
pub(super) fn read(
    spec: &Node<'_>,
    containers: &[Container<'_>],
) -> Result<BTreeSet<Reference>, ManifestError> {
    let mut images = BTreeSet::new();
    for container in containers {
        images.insert(reference(&container.node.required("image")?)?);
    }
    for volume in spec.items("volumes")? {
        if let Some(image) = volume.field("image")? {
            images.insert(reference(&image.required("reference")?)?);
        }
    }
    Ok(images)
}

pub(super) fn state(pod: Pod, images: &BTreeSet<Reference>) -> Pod {
    let registries: BTreeSet<&str> = images.iter().map(|image| image.registry.as_str()).collect();
    pod.images(images.iter().map(|image| image.image().uid()).collect())
        .registries(registries.into_iter().collect())
        .images_pinned(images.iter().all(Reference::pinned))
}

fn reference(node: &Node<'_>) -> Result<Reference, ManifestError> {
    let text = node.as_text()?;
    Reference::read(text).ok_or_else(|| {
        let shown: String = text.chars().take(300).collect();
        node.refuse(format!("`{}` is not an image reference", shown.escape_debug()))
            .help("write it as `registry/repository:tag` or `registry/repository@sha256:…`")
    })
}
