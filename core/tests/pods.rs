//! Manifests of a real `KubeSpawner`, decided by the shipped bundles.
//!
//! `kubespawner.json` holds what `KubeSpawner` 7.1.0 sends: as it is without configuration, and as it
//! is when configured for a bundle. Each case changes one thing of such a manifest.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]
#![expect(clippy::indexing_slicing, reason = "the fixture has these fields")]

use std::path::Path;

use notegate::adapters::kubernetes::{Origin, PodFacts};
use notegate::model::notebook::{self, Builder as _};
use notegate::model::{Limits, Timestamp};
use notegate::request::EntityAttributes;
use notegate::{Bundle, Decision, Pdp, Request, pdp::FixedClock};
use serde_json::{Value, json};

/// A bundle, and whose pod of which profile it is where.
struct World {
    pdp: Pdp,
    manifest: Value,
    origin: Origin,
}

impl World {
    fn new(bundle: &str, manifest: &str, [owner, namespace, profile]: [&str; 3]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies").join(bundle);
        let bundle = Bundle::from_folder(&folder, &Limits::default()).unwrap();
        let clock = FixedClock(Timestamp::from_millis(1_780_000_000_000).unwrap());
        let manifests: Value = serde_json::from_str(include_str!("kubespawner.json")).unwrap();
        Self {
            pdp: Pdp::builder(clock, 1).open(&bundle).unwrap(),
            manifest: manifests[manifest].clone(),
            origin: Origin {
                namespace: Some(namespace.to_owned()),
                owner: Some(owner.to_owned()),
                server: Some(String::new()),
                profile: Some(profile.to_owned()),
            },
        }
    }

    fn baseline() -> Self {
        Self::new("baseline", "institute", ["ada", "genomics", "large"])
    }

    fn regulated() -> Self {
        Self::new("regulated", "registry", ["nora", "workbench", "workbench"])
    }

    /// The decision on the manifest with the value at this pointer replaced, and why.
    fn with(&self, pointer: &str, value: Value) -> (Decision, Vec<String>) {
        let mut manifest = self.manifest.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        manifest.pointer_mut(parent).unwrap()[name.replace("~1", "/")] = value;
        self.decide(&manifest)
    }

    fn decide(&self, manifest: &Value) -> (Decision, Vec<String>) {
        let facts =
            PodFacts::read(&manifest.to_string(), &self.origin, &Limits::default()).unwrap();
        let person = notebook::user(self.origin.owner.as_ref().unwrap()).uid();
        let context = notebook::context().on_behalf_of(person).build().unwrap();
        let hub = notebook::service_account("platform", "hub").uid();
        let mut request =
            Request::builder(hub, notebook::action("pod:create"), facts.uid().clone())
                .context(context)
                .entity(facts.pod().to_entity().unwrap());
        for named in facts.named() {
            request = request.attributes(EntityAttributes::of(named).unwrap());
        }
        let response = self.pdp.authorize(&request.build(&self.pdp.shape()).unwrap());
        assert_eq!(response.errors(), []);
        (response.decision(), response.reason().iter().map(ToString::to_string).collect())
    }
}

fn denied(policies: &[&str]) -> (Decision, Vec<String>) {
    (Decision::Deny, policies.iter().map(|&id| id.to_owned()).collect())
}

fn allowed() -> (Decision, Vec<String>) {
    (Decision::Allow, vec!["pod-by-hub".to_owned()])
}

#[test]
fn a_spawner_configured_for_a_bundle_makes_pods_that_it_allows() {
    for world in [World::baseline(), World::regulated()] {
        assert_eq!(world.decide(&world.manifest), allowed());
    }
}

#[test]
fn a_spawner_without_configuration_makes_pods_that_no_bundle_allows() {
    let baseline = World::new("baseline", "default", ["ada", "genomics", "large"]);
    let expected = [
        "pod-capabilities",
        "pod-registry",
        "pod-root",
        "pod-seccomp",
        "pod-service-account",
        "pod-without-limits",
    ];
    assert_eq!(sorted(baseline.decide(&baseline.manifest)), denied(&expected));
    let regulated = World::new("regulated", "default", ["nora", "workbench", "workbench"]);
    let expected = ["pod-hardening", "pod-identity", "pod-images", "pod-limits"];
    assert_eq!(sorted(regulated.decide(&regulated.manifest)), denied(&expected));
}

#[test]
fn each_thing_that_the_baseline_bundle_forbids_is_seen_in_a_manifest() {
    let world = World::baseline();
    let container = json!({"name": "beside", "image": "busybox"});
    let beside = [
        "pod-capabilities",
        "pod-escalation",
        "pod-registry",
        "pod-root",
        "pod-seccomp",
        "pod-without-limits",
    ];
    let only = |id: &'static str| vec![id];
    let table = [
        ("/spec/hostNetwork", json!(true), vec!["pod-host-namespaces", "pod-host-ports"]),
        ("/spec/hostPID", json!(true), only("pod-host-namespaces")),
        ("/spec/initContainers", json!([container]), beside.to_vec()),
        ("/spec/ephemeralContainers", json!([container]), beside.to_vec()),
        ("/spec/automountServiceAccountToken", Value::Null, only("pod-cluster-token")),
        ("/spec/serviceAccountName", json!("hub"), only("pod-service-account")),
        ("/spec/serviceAccountName", json!(""), only("pod-service-account")),
        ("/spec/nodeName", json!("gpu-1"), only("pod-placement")),
        ("/spec/priorityClassName", json!("system-node-critical"), only("pod-placement")),
        (
            "/spec/volumes",
            json!([{"name": "v", "hostPath": {"path": "/"}}]),
            vec!["pod-host-paths", "pod-volume-types"],
        ),
        ("/spec/volumes", json!([{"name": "v", "fromTomorrow": {}}]), only("pod-volume-types")),
        (
            "/spec/volumes",
            json!([{"name": "v", "secret": {"secretName": "s"}}]),
            only("pod-secrets"),
        ),
        (
            "/spec/volumes",
            json!([{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]),
            only("pod-cluster-token"),
        ),
        ("/spec/containers/0/image", json!("ubuntu"), only("pod-registry")),
        (
            "/spec/containers/0/env",
            json!([{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}}]),
            only("pod-secrets"),
        ),
        (
            "/spec/containers/0/lifecycle",
            json!({"preStop": {"httpGet": {"host": "x"}}}),
            only("pod-probe-hosts"),
        ),
        ("/spec/containers/0/resources", json!({}), only("pod-without-limits")),
        ("/spec/containers/0/resources/limits/cpu", json!("8001m"), only("pod-above-profile")),
        ("/spec/containers/0/resources/limits/cpu", json!(8), vec![]),
        ("/spec/containers/0/resources/limits/nvidia.com~1gpu", json!("2"), only("pod-gpu")),
        (
            "/spec/containers/0/securityContext/privileged",
            json!(true),
            vec!["pod-escalation", "pod-privileged"],
        ),
        ("/spec/containers/0/securityContext/runAsUser", json!(0), only("pod-root")),
        ("/spec/containers/0/securityContext/procMount", json!("Unmasked"), only("pod-proc-mount")),
        (
            "/spec/containers/0/securityContext/capabilities",
            json!({"drop": ["ALL"], "add": ["NET_ADMIN"]}),
            only("pod-capabilities"),
        ),
        (
            "/spec/containers/0/securityContext/appArmorProfile",
            json!({"type": "Unconfined"}),
            only("pod-app-armor"),
        ),
        ("/spec/securityContext", json!({"runAsUser": 0}), only("pod-root")),
        (
            "/spec/securityContext",
            json!({"seccompProfile": {"type": "Unconfined"}}),
            only("pod-seccomp"),
        ),
        (
            "/spec/securityContext",
            json!({"sysctls": [{"name": "kernel.msgmax"}]}),
            only("pod-sysctls"),
        ),
        (
            "/spec/securityContext",
            json!({"seLinuxOptions": {"type": "spc_t"}}),
            only("pod-se-linux"),
        ),
        (
            "/metadata/annotations",
            json!({"container.apparmor.security.beta.kubernetes.io/notebook": "unconfined"}),
            only("pod-app-armor"),
        ),
    ];
    for (pointer, value, policies) in table {
        let found = sorted(world.with(pointer, value.clone()));
        let expected = if policies.is_empty() { allowed() } else { denied(&policies) };
        assert_eq!(found, expected, "{pointer} {value}");
    }
}

#[test]
fn each_thing_that_the_regulated_bundle_forbids_is_seen_in_a_manifest() {
    let world = World::regulated();
    let table = [
        (
            "/spec/containers/0/image",
            json!("images.registry.example/notebook/analysis:1"),
            "pod-images",
        ),
        (
            "/spec/containers/0/securityContext/readOnlyRootFilesystem",
            json!(false),
            "pod-hardening",
        ),
        ("/spec/containers/0/resources/limits/memory", json!("129Gi"), "pod-limits"),
        ("/spec/volumes", json!([{"name": "v", "csi": {"driver": "d"}}]), "pod-volumes"),
        ("/spec/serviceAccountName", json!("default"), "pod-identity"),
    ];
    for (pointer, value, policy) in table {
        assert_eq!(world.with(pointer, value.clone()), denied(&[policy]), "{pointer} {value}");
    }
}

fn sorted((decision, mut policies): (Decision, Vec<String>)) -> (Decision, Vec<String>) {
    policies.sort();
    (decision, policies)
}
