//! Which images a pod runs, and which it mounts.

use std::collections::BTreeSet;

use crate::model::notebook::{Builder as _, Pod};

use super::containers::Container;
use super::error::ManifestError;
use super::node::Node;
use super::reference::ImageReference;

/// The images of all containers and of volumes that are images.
pub(super) fn read(
    spec: &Node<'_>,
    containers: &[Container<'_>],
) -> Result<BTreeSet<ImageReference>, ManifestError> {
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

pub(super) fn state(pod: Pod, images: &BTreeSet<ImageReference>) -> Pod {
    let registries: BTreeSet<&str> = images.iter().map(ImageReference::registry).collect();
    pod.images(images.iter().map(|image| image.image().uid()).collect())
        .registries(registries.into_iter().collect())
        .images_pinned(images.iter().all(|image| image.digest().is_some()))
}

fn reference(node: &Node<'_>) -> Result<ImageReference, ManifestError> {
    ImageReference::read(node.as_text()?).map_err(|error| error.at(node.place()))
}
