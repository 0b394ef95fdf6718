//! Kubernetes manifests into facts about a pod.
//!
//! A manifest is what the API server would be sent: JSON in its own spelling, after every template,
//! profile and hook was applied. From it comes a `Notebook::Pod` with every fact of the model that
//! the manifest can state, as the API server and the runtimes understand it: defaults are filled
//! in, and what is set for the whole pod counts for each container that does not say otherwise.
//!
//! ```
//! use notegate::adapters::kubernetes::{Origin, PodFacts};
//! use notegate::model::Limits;
//!
//! let manifest = r#"{
//!   "metadata": {"name": "jupyter-ada", "namespace": "notebooks"},
//!   "spec": {"containers": [{
//!     "name": "notebook",
//!     "image": "quay.io/jupyter/base-notebook",
//!     "resources": {"limits": {"cpu": 1.5, "memory": "4G"}}
//!   }]}
//! }"#;
//! let origin = Origin { owner: Some("ada".to_owned()), ..Origin::default() };
//! let facts = PodFacts::read(manifest, &origin, &Limits::default())?;
//! assert_eq!(facts.uid().to_string(), r#"Notebook::Pod::"notebooks/jupyter-ada""#);
//! # Ok::<(), notegate::adapters::kubernetes::ManifestError>(())
//! ```
//!
//! # What counts as what
//! | Fact | Read so |
//! |---|---|
//! | quantities | millicores, bytes and devices, rounded up. Numbers and text, every suffix and `1e3`; what is negative or does not fit is refused |
//! | `requests`, `limits` | the most in use at one time: containers and sidecars together, or an init container beside the sidecars before it; the figure for the whole pod when that is more; overhead on top. `cpu` and `memory` are absent if any container lacks them, be there a figure for the whole pod or not. A request that is not stated is the limit |
//! | `gpu` | devices of `nvidia.com/gpu*`, `nvidia.com/mig-*`, `amd.com/gpu*` and `gpu.intel.com/*` together; absent if no container asks for one. A pod with `resourceClaims` is refused: its devices cannot be counted |
//! | images | complete and in one spelling: `ubuntu` is `docker.io/library/ubuntu:latest`; hosts in lower case, port 443 left out; a tag beside a digest says nothing and is left out. Images that are mounted count too |
//! | `allowPrivilegeEscalation` | true unless said false, and for privileged containers and those with `SYS_ADMIN` whatever they say |
//! | `seccompProfiles`, `appArmorProfiles` | fields and the annotations that came before them; `Undefined` for a container that has no seccomp profile of its own or of its pod |
//! | `capabilitiesAdded` | upper case, without `CAP_` |
//! | `hostPorts` | in the node's network every container port is one |
//! | `tokenAudiences` | the API server's own audience, which a token has when none is stated, is empty text |
//! | `volumeTypes` | the name of the field that says where a volume comes from, known or not; `projected.<name>` for a source in a projected volume that is not known |
//! | `secrets` | mounted, projected, in the environment, or read by a volume's driver; not those that pull images |
//!
//! # What is refused
//! Wrong types; no containers; keys that repeat; a field that is almost one that is read, such as
//! `security_context`, because the API server passes over it. Any other field that is not read says
//! nothing: among them `supplementalGroups`, `tolerations`, `affinity`, and the environment, through
//! which some runtimes hand out devices.

mod compute;
mod containers;
mod error;
mod host;
mod images;
mod lookalike;
mod node;
mod quantity;
mod reference;
mod security;
mod storage;
mod template;

use serde_json::Value;

use crate::model::notebook::{self, Builder as _, Resources};
use crate::model::{Described, EntityUid, Exceeded, Limits, StrictValue};

use node::Node;
use template::Template;

pub use compute::{is_gpu, quantity};
pub use error::{ManifestError, ManifestErrorKind};
pub use reference::ImageReference;

/// What a pod's manifest says, as facts of the model.
#[derive(Debug, Clone)]
pub struct PodFacts {
    pod: Described,
    limits: Resources,
    named: Vec<Described>,
    context: Vec<(&'static str, EntityUid)>,
}

/// What is known of a pod beside its manifest. Labels are the author's own words, so none of this is
/// read from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The namespace it would be made in. Left out: the manifest says it.
    pub namespace: Option<String>,
    /// The person it is for.
    pub owner: Option<String>,
    /// The name of that person's server; empty for the default one.
    pub server: Option<String>,
    /// The profile it is made from.
    pub profile: Option<String>,
}

impl PodFacts {
    /// Reads the manifest of a pod.
    ///
    /// Cost: linear in the text, and bounded by `request_bytes`, `json_nesting`,
    /// `request_entities` and `id_bytes`.
    ///
    /// # Errors
    /// When a limit is exceeded, the text is not JSON or not a pod, or a value in it cannot be read.
    pub fn read(text: &str, origin: &Origin, limits: &Limits) -> Result<Self, ManifestError> {
        Exceeded::check("request_bytes", limits.request_bytes, text.len())?;
        limits.check_json_nesting(text)?;
        let value: StrictValue = serde_json::from_str(text).map_err(|error| {
            ManifestError::new(ManifestErrorKind::Malformed, "", error.to_string())
        })?;
        let value = Value::from(value);
        let facts = Self::of(&Node::root(&value), origin)?;
        let ids = facts.named.iter().chain([&facts.pod]).map(|one| &one.uid);
        for uid in ids {
            Exceeded::check("id_bytes", limits.id_bytes, uid.id().unescaped().len())?;
        }
        let entities = facts.named.len().saturating_add(1);
        Exceeded::check("request_entities", limits.request_entities, entities)?;
        Ok(facts)
    }

    fn of(root: &Node<'_>, origin: &Origin) -> Result<Self, ManifestError> {
        if let Some(kind) = root.field("kind")?.filter(|kind| kind.value() != "Pod") {
            return Err(kind.refuse("is not `Pod`").help("hand over the manifest of a pod"));
        }
        let metadata = root.required("metadata")?;
        let namespace = match (metadata.text("namespace")?, &origin.namespace) {
            (Some(stated), Some(asked)) if stated != asked => {
                let message = format!("is not `{}`, where the pod would be", asked.escape_debug());
                return Err(metadata.required("namespace")?.refuse(message));
            }
            (_, Some(asked)) => asked,
            (Some(stated), None) => stated,
            (None, None) => {
                return Err(metadata
                    .refuse("names no namespace")
                    .help("say in which namespace the pod would be"));
            }
        };
        let name = match metadata.text("name")? {
            Some(name) => name,
            None => metadata.text("generateName")?.ok_or_else(|| metadata.refuse("has no name"))?,
        };
        let mut template = Template::read(root, namespace, name)?;
        let mut context = vec![("namespace", notebook::namespace(namespace).uid())];
        if let Some(owner) = &origin.owner {
            template.pod = template.pod.owner(notebook::user(owner).uid());
        }
        match (&origin.owner, &origin.server) {
            (Some(owner), Some(server)) => {
                let server = notebook::server(owner, server).uid();
                context.push(("server", server.clone()));
                template.pod = template.pod.server(server);
            }
            (None, Some(_)) => return Err(root.refuse("a server has an owner").help("name both")),
            (_, None) => {}
        }
        if let Some(profile) = &origin.profile {
            let profile = notebook::profile(profile).uid();
            context.push(("profile", profile.clone()));
            template.pod = template.pod.profile(profile);
        }
        let (limits, named) = (template.limits, template.named());
        Ok(Self { pod: template.pod.described(), limits, named, context })
    }

    /// The uid of the pod: its namespace and name.
    #[must_use]
    pub fn uid(&self) -> &EntityUid {
        &self.pod.uid
    }

    /// The pod, with its labels as tags.
    #[must_use]
    pub fn pod(&self) -> &Described {
        &self.pod
    }

    /// The pod's limits, as in its facts.
    #[must_use]
    pub fn limits(&self) -> Resources {
        self.limits
    }

    /// The entities of the pod's surroundings, by the names that a context has for them.
    #[must_use]
    pub fn context(&self) -> &[(&'static str, EntityUid)] {
        &self.context
    }

    /// What the manifest says of the service account and the images that it names.
    ///
    /// They go over the stored attributes, so that a bundle's word on them (`approved`, `signed`,
    /// their groups and tags) stays.
    #[must_use]
    pub fn named(&self) -> &[Described] {
        &self.named
    }
}
