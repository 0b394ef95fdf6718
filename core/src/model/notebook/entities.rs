//! One builder for each entity type of the shipped model, with its attributes.

use std::net::IpAddr;
use std::sync::LazyLock;

use super::super::described::{Described, set};
use super::super::{EntityTypeName, EntityUid, Timestamp};
use super::builder::Builder;
use super::value::{IntoValue, Resources, Sensitivity};

/// Declares builders: the type, then its attributes as method, type and name in the schema.
macro_rules! builders {
    ($($type:ident { $($method:ident: $value:ty => $name:literal,)* })*) => {
        $(
            #[doc = concat!("Builds a `Notebook::", stringify!($type), "`.")]
            #[derive(Debug, Clone)]
            pub struct $type(Described);

            impl $type {
                /// The name of the type.
                pub const TYPE: &'static str = concat!("Notebook::", stringify!($type));

                pub(super) fn new(id: &str) -> Self {
                    Self(Described::new(super::uid(Self::type_name(), id)))
                }

                fn type_name() -> &'static EntityTypeName {
                    static TYPE: LazyLock<EntityTypeName> =
                        LazyLock::new(|| super::shipped(stringify!($type)));
                    &TYPE
                }

                $(
                    #[doc = concat!("Sets the attribute `", $name, "`.")]
                    #[must_use]
                    pub fn $method(mut self, value: $value) -> Self {
                        set(&mut self.0.attributes, $name, value.into_value());
                        self
                    }
                )*
            }

            impl Builder for $type {
                fn described_mut(&mut self) -> &mut Described {
                    &mut self.0
                }

                fn described(self) -> Described {
                    self.0
                }

                fn uid(&self) -> EntityUid {
                    self.0.uid.clone()
                }
            }
        )*

        /// The whole name of a type of the shipped model that is given without its namespace.
        #[must_use]
        pub fn type_name(short: &str) -> Option<&'static str> {
            match short {
                "Action" => Some("Notebook::Action"),
                $(stringify!($type) => Some($type::TYPE),)*
                _ => None,
            }
        }

        /// A type of the shipped model by its whole name, read once.
        pub(super) fn entity_type(name: &str) -> Option<&'static EntityTypeName> {
            match name {
                $(concat!("Notebook::", stringify!($type)) => Some($type::type_name()),)*
                _ => None,
            }
        }

        /// Every type with the names of its attributes.
        #[cfg(test)]
        pub(super) const DECLARED: &[(&str, &[&str])] =
            &[$((stringify!($type), &[$($name,)*]),)*];
    };
}

builders! {
    Tenant { name: &str => "name", }
    Group { tenant: EntityUid => "tenant", }
    User {
        admin: bool => "admin",
        clearance: Sensitivity => "clearance",
        namespace: EntityUid => "namespace",
        tenant: EntityUid => "tenant",
    }
    ServiceAccount {
        namespace: EntityUid => "namespace",
        clearance: Sensitivity => "clearance",
        acts_for: Vec<EntityUid> => "actsFor",
    }
    Service {
        owner: EntityUid => "owner",
        tenant: EntityUid => "tenant",
        admin: bool => "admin",
        scopes: Vec<&str> => "scopes",
        clearance: Sensitivity => "clearance",
        acts_for: Vec<EntityUid> => "actsFor",
    }
    Namespace { tenant: EntityUid => "tenant", sensitivity: Sensitivity => "sensitivity", }
    Hub { url: &str => "url", }
    Gateway { namespace: EntityUid => "namespace", }
    Server {
        owner: EntityUid => "owner",
        name: &str => "name",
        namespace: EntityUid => "namespace",
        profile: EntityUid => "profile",
        image: EntityUid => "image",
        resources: Resources => "resources",
        sensitivity: Sensitivity => "sensitivity",
        started_at: Timestamp => "startedAt",
        last_activity: Timestamp => "lastActivity",
        shared_with: Vec<EntityUid> => "sharedWith",
        shared_with_groups: Vec<EntityUid> => "sharedWithGroups",
    }
    Profile {
        resources: Resources => "resources",
        images: Vec<EntityUid> => "images",
        groups: Vec<EntityUid> => "groups",
        tenant: EntityUid => "tenant",
        sensitivity: Sensitivity => "sensitivity",
    }
    Image {
        registry: &str => "registry",
        repository: &str => "repository",
        tag_name: &str => "tag",
        digest: &str => "digest",
        signed: bool => "signed",
        approved: bool => "approved",
    }
    Kernel {
        owner: EntityUid => "owner",
        server: EntityUid => "server",
        spec: EntityUid => "spec",
        notebook: EntityUid => "notebook",
        namespace: EntityUid => "namespace",
        service_account: EntityUid => "serviceAccount",
        clearance: Sensitivity => "clearance",
        last_activity: Timestamp => "lastActivity",
    }
    KernelSpec { language: &str => "language", remote: bool => "remote", }
    Session {
        owner: EntityUid => "owner",
        server: EntityUid => "server",
        kernel: EntityUid => "kernel",
        path: &str => "path",
    }
    Terminal { owner: EntityUid => "owner", server: EntityUid => "server", name: &str => "name", }
    Notebook {
        path: &str => "path",
        owner: EntityUid => "owner",
        server: EntityUid => "server",
        sensitivity: Sensitivity => "sensitivity",
    }
    File {
        path: &str => "path",
        owner: EntityUid => "owner",
        server: EntityUid => "server",
        sensitivity: Sensitivity => "sensitivity",
    }
    Room {
        owner: EntityUid => "owner",
        server: EntityUid => "server",
        file: EntityUid => "file",
        sensitivity: Sensitivity => "sensitivity",
    }
    Port { number: i64 => "number", owner: EntityUid => "owner", server: EntityUid => "server", }
    Dataset {
        sensitivity: Sensitivity => "sensitivity",
        namespace: EntityUid => "namespace",
        owner: EntityUid => "owner",
        readers: Vec<EntityUid> => "readers",
        writers: Vec<EntityUid> => "writers",
        path: &str => "path",
    }
    Endpoint { host: &str => "host", port: i64 => "port", address: IpAddr => "address", }
    Executable { path: &str => "path", digest: &str => "digest", }
    Token { owner: EntityUid => "owner", scopes: Vec<&str> => "scopes", expires: Timestamp => "expires", }
    Share {
        server: EntityUid => "server",
        owner: EntityUid => "owner",
        with_user: EntityUid => "withUser",
        with_group: EntityUid => "withGroup",
        scopes: Vec<&str> => "scopes",
    }
    ShareCode {
        server: EntityUid => "server",
        owner: EntityUid => "owner",
        scopes: Vec<&str> => "scopes",
        expires: Timestamp => "expires",
    }
    OAuthClient { server: EntityUid => "server", service: EntityUid => "service", }
    Pod {
        namespace: EntityUid => "namespace",
        owner: EntityUid => "owner",
        server: EntityUid => "server",
        profile: EntityUid => "profile",
        service_account: EntityUid => "serviceAccount",
        automount_token: bool => "automountToken",
        token_audiences: Vec<&str> => "tokenAudiences",
        images: Vec<EntityUid> => "images",
        registries: Vec<&str> => "registries",
        images_pinned: bool => "imagesPinned",
        requests: Resources => "requests",
        limits: Resources => "limits",
        privileged: bool => "privileged",
        allow_privilege_escalation: bool => "allowPrivilegeEscalation",
        run_as_non_root: bool => "runAsNonRoot",
        run_as_users: Vec<i64> => "runAsUsers",
        capabilities_added: Vec<&str> => "capabilitiesAdded",
        drops_all_capabilities: bool => "dropsAllCapabilities",
        read_only_root_filesystem: bool => "readOnlyRootFilesystem",
        seccomp_profiles: Vec<&str> => "seccompProfiles",
        app_armor_profiles: Vec<&str> => "appArmorProfiles",
        se_linux_types: Vec<&str> => "seLinuxTypes",
        se_linux_user_or_role: bool => "seLinuxUserOrRole",
        proc_mounts: Vec<&str> => "procMounts",
        sysctls: Vec<&str> => "sysctls",
        host_network: bool => "hostNetwork",
        host_pid: bool => "hostPid",
        host_ipc: bool => "hostIpc",
        host_users: bool => "hostUsers",
        host_process: bool => "hostProcess",
        host_ports: Vec<i64> => "hostPorts",
        host_paths: Vec<&str> => "hostPaths",
        probe_hosts: Vec<&str> => "probeHosts",
        volume_types: Vec<&str> => "volumeTypes",
        claims: Vec<&str> => "claims",
        secrets: Vec<&str> => "secrets",
        node_name: &str => "nodeName",
        priority_class: &str => "priorityClass",
        runtime_class: &str => "runtimeClass",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use cedar_policy::SchemaFragment;

    use super::*;

    #[test]
    fn there_is_a_builder_for_every_type_and_attribute_of_the_schema_and_no_other() {
        let text = include_str!("../notebook.cedarschema");
        let (schema, _) = SchemaFragment::from_cedarschema_str(text).unwrap();
        let json = schema.to_json_value().unwrap();
        let types = json["Notebook"]["entityTypes"].as_object().unwrap();
        let attributes = |value: &serde_json::Value| -> BTreeSet<String> {
            let attributes = value["shape"]["attributes"].as_object();
            attributes.into_iter().flat_map(|map| map.keys().cloned()).collect()
        };
        let in_schema: BTreeMap<String, BTreeSet<String>> =
            types.iter().map(|(name, value)| (name.clone(), attributes(value))).collect();
        let here = DECLARED.iter().map(|(name, attributes)| {
            ((*name).to_owned(), attributes.iter().map(|one| (*one).to_owned()).collect())
        });
        assert_eq!(in_schema, here.collect());
    }
}
