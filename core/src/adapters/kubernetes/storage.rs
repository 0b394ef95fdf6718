//! What a pod mounts: volumes by kind, folders of the node, claims, secrets and tokens.

use std::collections::BTreeSet;

use crate::model::notebook::Pod;

use super::containers::Container;
use super::error::ManifestError;
use super::node::Node;

/// Sources of a projected volume that hold no credential, or whose credential is a fact of its own.
const PROJECTED: [&str; 5] =
    ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle"];

#[derive(Default)]
struct Storage<'a> {
    types: BTreeSet<String>,
    host_paths: BTreeSet<String>,
    claims: BTreeSet<&'a str>,
    secrets: BTreeSet<&'a str>,
    audiences: BTreeSet<&'a str>,
}

pub(super) fn state(
    pod: Pod,
    spec: &Node<'_>,
    containers: &[Container<'_>],
) -> Result<Pod, ManifestError> {
    let mut facts = Storage::default();
    for volume in spec.items("volumes")? {
        facts.volume(&volume)?;
    }
    for container in containers {
        facts.environment(&container.node)?;
    }
    Ok(pod
        .volume_types(facts.types.iter().map(String::as_str).collect())
        .host_paths(facts.host_paths.iter().map(String::as_str).collect())
        .claims(facts.claims.into_iter().collect())
        .secrets(facts.secrets.into_iter().collect())
        .token_audiences(facts.audiences.into_iter().collect()))
}

impl<'a> Storage<'a> {
    /// A volume's kind is the name of the field that says where it comes from, known or not.
    fn volume(&mut self, volume: &Node<'a>) -> Result<(), ManifestError> {
        let sources = volume.fields()?;
        let sources: Vec<_> = sources.into_iter().filter(|(name, _)| *name != "name").collect();
        if sources.is_empty() {
            self.types.insert("emptyDir".to_owned());
        }
        for (kind, source) in sources {
            self.types.insert(kind.to_owned());
            match kind {
                "hostPath" => _ = self.host_paths.insert(folder(&source.required("path")?)?),
                "persistentVolumeClaim" => {
                    self.claims.insert(source.required("claimName")?.as_text()?);
                }
                "projected" => self.projected(&source)?,
                _ => self.driver_secrets(&source)?,
            }
        }
        Ok(())
    }

    /// The secret of a secret volume, or one that a driver reads for the pod.
    fn driver_secrets(&mut self, source: &Node<'a>) -> Result<(), ManifestError> {
        self.secrets.extend(source.text("secretName")?);
        for name in ["secretRef", "nodePublishSecretRef"] {
            if let Some(reference) = source.field(name)? {
                self.secrets.extend(reference.text("name")?);
            }
        }
        Ok(())
    }

    fn projected(&mut self, volume: &Node<'a>) -> Result<(), ManifestError> {
        for source in volume.items("sources")? {
            for (kind, projection) in source.fields()? {
                match kind {
                    "secret" => self.secrets.extend(projection.text("name")?),
                    // Without an audience it is the API server's own, which has no other name.
                    "serviceAccountToken" => {
                        self.audiences.insert(projection.text("audience")?.unwrap_or_default());
                    }
                    known if PROJECTED.contains(&known) => {}
                    unknown => _ = self.types.insert(["projected.", unknown].concat()),
                }
            }
        }
        Ok(())
    }

    fn environment(&mut self, container: &Node<'a>) -> Result<(), ManifestError> {
        for variable in container.items("env")? {
            if let Some(reference) = variable.at(&["valueFrom", "secretKeyRef"])? {
                self.secrets.extend(reference.text("name")?);
            }
        }
        for source in container.items("envFrom")? {
            if let Some(reference) = source.field("secretRef")? {
                self.secrets.extend(reference.text("name")?);
            }
        }
        Ok(())
    }
}

/// A folder of the node in one spelling.
fn folder(node: &Node<'_>) -> Result<String, ManifestError> {
    let path = node.as_text()?;
    if !path.starts_with('/') || path.split('/').any(|part| part == "..") {
        let shown = path.escape_debug();
        return Err(node.refuse(format!("`{shown}` is not an absolute path without `..`")));
    }
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    let canonical: String = parts.flat_map(|part| ["/", part]).collect();
    Ok(if canonical.is_empty() { "/".to_owned() } else { canonical })
}
