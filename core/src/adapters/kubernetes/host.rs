//! What a pod takes of its node: namespaces, ports, a place, a rank; and whom its probes reach.

use std::collections::BTreeSet;

use crate::model::notebook::Pod;

use super::containers::Container;
use super::error::ManifestError;
use super::node::Node;

const HOOKS: [&[&str]; 5] = [
    &["livenessProbe"],
    &["readinessProbe"],
    &["startupProbe"],
    &["lifecycle", "postStart"],
    &["lifecycle", "preStop"],
];

pub(super) fn state(
    pod: Pod,
    spec: &Node<'_>,
    containers: &[Container<'_>],
) -> Result<Pod, ManifestError> {
    let host_network = spec.flag("hostNetwork")?.unwrap_or(false);
    let (mut ports, mut probed) = (BTreeSet::new(), BTreeSet::new());
    for container in containers {
        ports.extend(host_ports(&container.node, host_network)?);
        probed.extend(probe_hosts(&container.node)?);
    }
    let mut pod = pod
        .host_network(host_network)
        .host_pid(spec.flag("hostPID")?.unwrap_or(false))
        .host_ipc(spec.flag("hostIPC")?.unwrap_or(false))
        .host_ports(ports.into_iter().collect())
        .probe_hosts(probed.into_iter().collect());
    if let Some(host_users) = spec.flag("hostUsers")? {
        pod = pod.host_users(host_users);
    }
    if let Some(name) = spec.text("nodeName")? {
        pod = pod.node_name(name);
    }
    if let Some(name) = spec.text("priorityClassName")? {
        pod = pod.priority_class(name);
    }
    if let Some(name) = spec.text("runtimeClassName")? {
        pod = pod.runtime_class(name);
    }
    Ok(pod)
}

/// Ports of the node. In the node's network every port of the container is one.
fn host_ports(container: &Node<'_>, host_network: bool) -> Result<Vec<i64>, ManifestError> {
    let mut ports = Vec::new();
    for port in container.items("ports")? {
        let stated = port.integer("hostPort")?.filter(|port| *port != 0);
        let inner = port.integer("containerPort")?.filter(|_| host_network);
        ports.extend(stated.or(inner));
    }
    Ok(ports)
}

fn probe_hosts<'a>(container: &Node<'a>) -> Result<Vec<&'a str>, ManifestError> {
    let mut hosts = Vec::new();
    for path in HOOKS {
        let Some(hook) = container.at(path)? else { continue };
        for kind in ["httpGet", "tcpSocket"] {
            if let Some(reached) = hook.field(kind)? {
                hosts.extend(reached.text("host")?);
            }
        }
    }
    Ok(hosts)
}
