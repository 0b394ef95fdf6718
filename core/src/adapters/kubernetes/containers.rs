//! The containers of a pod, of every kind.

use super::error::ManifestError;
use super::node::Node;

/// When a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// For the pod's whole life.
    Main,
    /// Before the others, alone.
    Init,
    /// Before the others, and on beside them: an init container that is always restarted.
    Sidecar,
    /// Put into the running pod.
    Ephemeral,
}

/// A container with its role.
#[derive(Debug, Clone)]
pub(super) struct Container<'a> {
    pub(super) role: Role,
    pub(super) node: Node<'a>,
}

/// Every container, init containers in their order; at least one of them is a main one.
pub(super) fn read<'a>(spec: &Node<'a>) -> Result<Vec<Container<'a>>, ManifestError> {
    let main = spec.required("containers")?;
    let mut all = Vec::new();
    for node in spec.items("initContainers")? {
        let restarted = node.text("restartPolicy")? == Some("Always");
        all.push(Container { role: if restarted { Role::Sidecar } else { Role::Init }, node });
    }
    let init = all.len();
    for node in spec.items("containers")? {
        all.push(Container { role: Role::Main, node });
    }
    if all.len() == init {
        return Err(main.refuse("a pod has at least one container"));
    }
    for node in spec.items("ephemeralContainers")? {
        all.push(Container { role: Role::Ephemeral, node });
    }
    Ok(all)
}
