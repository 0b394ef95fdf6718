//! What the security contexts of a pod and of its containers amount to.

use std::collections::BTreeSet;

use crate::model::notebook::Pod;

use super::containers::Container;
use super::error::ManifestError;
use super::node::Node;

/// What a container counts as when neither it nor its pod names a seccomp profile.
const UNDEFINED: &str = "Undefined";
const SECCOMP_OF_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_OF_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR_OF_CONTAINER: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The facts while containers are gone through. They start as for a pod without containers.
struct Security<'a> {
    privileged: bool,
    escalation: bool,
    non_root: bool,
    drops_all: bool,
    read_only: bool,
    host_process: bool,
    user_or_role: bool,
    users: BTreeSet<i64>,
    added: BTreeSet<String>,
    seccomp: BTreeSet<&'a str>,
    app_armor: BTreeSet<&'a str>,
    se_linux: BTreeSet<&'a str>,
    proc_mounts: BTreeSet<&'a str>,
    sysctls: BTreeSet<String>,
}

pub(super) fn state(
    pod: Pod,
    metadata: Option<&Node<'_>>,
    spec: &Node<'_>,
    containers: &[Container<'_>],
) -> Result<Pod, ManifestError> {
    let context = spec.field("securityContext")?;
    let mut facts = Security::default();
    if let Some(context) = &context {
        facts.anywhere(context)?;
        facts.sysctls(context)?;
    }
    for container in containers {
        facts.container(&container.node, context.as_ref())?;
    }
    if let Some(metadata) = metadata {
        facts.annotations(metadata)?;
    }
    Ok(facts.onto(pod))
}

impl Default for Security<'_> {
    fn default() -> Self {
        Self {
            privileged: false,
            escalation: false,
            non_root: true,
            drops_all: true,
            read_only: true,
            host_process: false,
            user_or_role: false,
            users: BTreeSet::new(),
            added: BTreeSet::new(),
            seccomp: BTreeSet::new(),
            app_armor: BTreeSet::new(),
            se_linux: BTreeSet::new(),
            proc_mounts: BTreeSet::new(),
            sysctls: BTreeSet::new(),
        }
    }
}

impl<'a> Security<'a> {
    /// What counts wherever it is stated, be it overridden or not.
    fn anywhere(&mut self, context: &Node<'a>) -> Result<(), ManifestError> {
        self.users.extend(context.integer("runAsUser")?);
        self.seccomp.extend(profile(context, "seccompProfile")?);
        self.app_armor.extend(profile(context, "appArmorProfile")?);
        if let Some(options) = context.field("seLinuxOptions")? {
            self.se_linux.extend(options.text("type")?);
            self.user_or_role |= options.text("user")?.is_some() || options.text("role")?.is_some();
        }
        if let Some(options) = context.field("windowsOptions")? {
            self.host_process |= options.flag("hostProcess")?.unwrap_or(false);
        }
        Ok(())
    }

    fn sysctls(&mut self, context: &Node<'a>) -> Result<(), ManifestError> {
        for sysctl in context.items("sysctls")? {
            self.sysctls.insert(dotted(sysctl.required("name")?.as_text()?));
        }
        Ok(())
    }

    fn container(
        &mut self,
        container: &Node<'a>,
        pod: Option<&Node<'a>>,
    ) -> Result<(), ManifestError> {
        let own = container.field("securityContext")?;
        let (mut privileged, mut escalation) = (false, true);
        let (mut drops_all, mut read_only, mut added) = (false, false, BTreeSet::new());
        if let Some(own) = &own {
            self.anywhere(own)?;
            self.proc_mounts.extend(own.text("procMount")?);
            privileged = own.flag("privileged")?.unwrap_or(false);
            escalation = own.flag("allowPrivilegeEscalation")?.unwrap_or(true);
            read_only = own.flag("readOnlyRootFilesystem")?.unwrap_or(false);
            if let Some(capabilities) = own.field("capabilities")? {
                added = capabilities.texts("add")?.into_iter().map(capability).collect();
                drops_all = capabilities.texts("drop")?.contains(&"ALL");
            }
        }
        // The kernel cannot withhold what these already have.
        escalation |= privileged || added.contains("SYS_ADMIN") || added.contains("ALL");
        let inherited = |name| own.iter().chain(pod).find_map(|one| one.flag(name).transpose());
        let non_root = inherited("runAsNonRoot").transpose()?.unwrap_or(false);
        let mut contexts = own.iter().chain(pod);
        let seccomp = contexts.find_map(|one| profile(one, "seccompProfile").transpose());
        if seccomp.transpose()?.is_none() {
            self.seccomp.insert(UNDEFINED);
        }
        self.privileged |= privileged;
        self.escalation |= escalation;
        self.non_root &= non_root;
        self.drops_all &= drops_all;
        self.read_only &= read_only;
        self.added.extend(added);
        Ok(())
    }

    /// Profiles by annotation, from before there were fields for them.
    fn annotations(&mut self, metadata: &Node<'a>) -> Result<(), ManifestError> {
        let Some(annotations) = metadata.field("annotations")? else { return Ok(()) };
        for (name, value) in annotations.fields()? {
            let value = value.as_text()?;
            if name.starts_with(APP_ARMOR_OF_CONTAINER) {
                self.app_armor.extend(annotated(value));
            } else if name == SECCOMP_OF_POD || name.starts_with(SECCOMP_OF_CONTAINER) {
                self.seccomp.extend(annotated(value));
            }
        }
        Ok(())
    }

    fn onto(self, pod: Pod) -> Pod {
        pod.privileged(self.privileged)
            .allow_privilege_escalation(self.escalation)
            .run_as_non_root(self.non_root)
            .run_as_users(self.users.into_iter().collect())
            .capabilities_added(self.added.iter().map(String::as_str).collect())
            .drops_all_capabilities(self.drops_all)
            .read_only_root_filesystem(self.read_only)
            .seccomp_profiles(self.seccomp.into_iter().collect())
            .app_armor_profiles(self.app_armor.into_iter().collect())
            .se_linux_types(self.se_linux.into_iter().collect())
            .se_linux_user_or_role(self.user_or_role)
            .proc_mounts(self.proc_mounts.into_iter().collect())
            .sysctls(self.sysctls.iter().map(String::as_str).collect())
            .host_process(self.host_process)
    }
}

fn profile<'a>(context: &Node<'a>, name: &str) -> Result<Option<&'a str>, ManifestError> {
    match context.field(name)? {
        Some(profile) => profile.required("type")?.as_text().map(Some),
        None => Ok(None),
    }
}

/// A profile's type, from the annotation's words; what is none of them stands for itself.
fn annotated(value: &str) -> Option<&str> {
    match value {
        "" => None,
        "runtime/default" | "docker/default" => Some("RuntimeDefault"),
        "unconfined" => Some("Unconfined"),
        other if other.starts_with("localhost/") => Some("Localhost"),
        other => Some(other),
    }
}

/// A capability in the API's spelling; runtimes take others for the same.
fn capability(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").map(str::to_owned).unwrap_or(upper)
}

/// A kernel parameter with dots. With `/` between its parts, its dots belong to a part.
fn dotted(name: &str) -> String {
    if name
        .find(['.', '/'])
        .is_none_or(|at| name.get(at..).is_some_and(|rest| rest.starts_with('.')))
    {
        return name.to_owned();
    }
    let swapped = |char| match char {
        '/' => '.',
        '.' => '/',
        other => other,
    };
    name.chars().map(swapped).collect()
}
