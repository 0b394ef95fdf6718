//! Fields that are almost one that is read.
//!
//! The API server passes over a field that it does not know, so `security_context` protects nothing,
//! and some servers have read `hostnetwork` as `hostNetwork`. Neither reading is safe to assume.

use serde_json::Value;

use super::error::{ManifestError, ManifestErrorKind as Kind};
use super::node::Node;

/// Every field below `spec` that a fact is made from.
const READ: [&str; 69] = [
    "add",
    "allowPrivilegeEscalation",
    "appArmorProfile",
    "audience",
    "automountServiceAccountToken",
    "capabilities",
    "claimName",
    "containerPort",
    "containers",
    "drop",
    "env",
    "envFrom",
    "ephemeralContainers",
    "host",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPath",
    "hostPort",
    "hostProcess",
    "hostUsers",
    "httpGet",
    "image",
    "initContainers",
    "lifecycle",
    "limits",
    "livenessProbe",
    "nodeName",
    "nodePublishSecretRef",
    "overhead",
    "path",
    "persistentVolumeClaim",
    "ports",
    "postStart",
    "preStop",
    "priorityClassName",
    "privileged",
    "procMount",
    "projected",
    "readOnlyRootFilesystem",
    "readinessProbe",
    "reference",
    "requests",
    "resourceClaims",
    "resources",
    "restartPolicy",
    "role",
    "runAsNonRoot",
    "runAsUser",
    "runtimeClassName",
    "seLinuxOptions",
    "seccompProfile",
    "secret",
    "secretKeyRef",
    "secretName",
    "secretRef",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "serviceAccountToken",
    "sources",
    "startupProbe",
    "sysctls",
    "tcpSocket",
    "type",
    "user",
    "valueFrom",
    "volumes",
    "windowsOptions",
];

/// Fields whose keys are the author's own.
const FREE: [&str; 9] = [
    "annotations",
    "labels",
    "limits",
    "matchLabels",
    "nodeSelector",
    "options",
    "overhead",
    "requests",
    "volumeAttributes",
];

/// Refuses a field that is one of these but for case, `_` or `-`.
///
/// INVARIANT: the nesting of the text was bounded before it was parsed, so the recursion is too.
pub(super) fn check(node: &Node<'_>) -> Result<(), ManifestError> {
    match node.value() {
        Value::Array(_) => node.elements().iter().try_for_each(check),
        Value::Object(_) => {
            for (name, field) in node.fields()? {
                if let Some(meant) = READ.into_iter().find(|read| alike(read, name)) {
                    let message = format!("is not a field of a pod, but almost `{meant}`");
                    return Err(ManifestError::new(Kind::Field, field.place(), message)
                        .help(format!("write `{meant}`, or remove it")));
                }
                if !FREE.contains(&name) {
                    check(&field)?;
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn alike(read: &str, name: &str) -> bool {
    name != read && letters(read).eq(letters(name))
}

fn letters(text: &str) -> impl Iterator<Item = u8> {
    let letters = text.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
    letters.map(|byte| byte.to_ascii_lowercase())
}
