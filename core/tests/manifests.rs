//! Pod manifests: the facts that are read from them, and what is refused with its place.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]
#![expect(clippy::indexing_slicing, reason = "absent facts are `null`")]

use notegate::adapters::kubernetes::{ManifestError, Origin, PodFacts};
use notegate::model::notebook::{self, Builder as _};
use notegate::model::{Limits, RequestError};
use notegate::request::{EntityAttributes, Shape};
use notegate::{Bundle, Pdp, Request};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(manifest: &Value) -> Result<PodFacts, ManifestError> {
    PodFacts::read(&manifest.to_string(), &Origin::default(), &Limits::default())
}

/// A pod of these fields of `spec`, over one container that says nothing.
fn with_spec(fields: &Value) -> Value {
    let mut spec = json!({"containers": [{"name": "one", "image": "notebook"}]});
    spec.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"metadata": {"name": "pod", "namespace": "ns"}, "spec": spec})
}

fn container(fields: &Value) -> Value {
    let mut container = json!({"name": "one", "image": "notebook"});
    container.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    container
}

fn facts(manifest: &Value) -> Value {
    let facts = read(manifest).unwrap();
    facts.pod().to_entity().unwrap().to_json_value().unwrap()["attrs"].take()
}

fn of_spec(fields: &Value) -> Value {
    facts(&with_spec(fields))
}

fn of_container(fields: &Value) -> Value {
    of_spec(&json!({"containers": [container(fields)]}))
}

fn refused(manifest: &Value) -> String {
    read(manifest).unwrap_err().to_string()
}

/// Facts that differ from those of the pod that says nothing.
fn changed(found: &Value) -> Value {
    let plain = of_spec(&json!({}));
    let differing =
        found.as_object().unwrap().iter().filter(|(name, value)| plain[*name] != **value);
    differing.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[test]
fn a_pod_that_says_nothing_has_what_the_api_server_makes_of_it() {
    let uid =
        |kind: &str, id: &str| json!({"__entity": {"type": format!("Notebook::{kind}"), "id": id}});
    let expected = json!({
        "namespace": uid("Namespace", "ns"),
        "serviceAccount": uid("ServiceAccount", "ns/default"),
        "automountToken": true,
        "tokenAudiences": [],
        "images": [uid("Image", "docker.io/library/notebook:latest")],
        "registries": ["docker.io"],
        "imagesPinned": false,
        "requests": {},
        "limits": {},
        "privileged": false,
        "allowPrivilegeEscalation": true,
        "runAsNonRoot": false,
        "runAsUsers": [],
        "capabilitiesAdded": [],
        "dropsAllCapabilities": false,
        "readOnlyRootFilesystem": false,
        "seccompProfiles": ["Undefined"],
        "appArmorProfiles": [],
        "seLinuxTypes": [],
        "seLinuxUserOrRole": false,
        "procMounts": [],
        "sysctls": [],
        "hostNetwork": false,
        "hostPid": false,
        "hostIpc": false,
        "hostProcess": false,
        "hostPorts": [],
        "hostPaths": [],
        "probeHosts": [],
        "volumeTypes": [],
        "claims": [],
        "secrets": [],
    });
    assert_eq!(of_spec(&json!({})), expected);
}

#[test]
fn every_way_to_say_something_of_the_whole_pod_is_read() {
    let profile = |name: &str| json!({"type": name});
    let table = [
        (json!({"hostNetwork": true}), json!({"hostNetwork": true})),
        (json!({"hostPID": true}), json!({"hostPid": true})),
        (json!({"hostIPC": true}), json!({"hostIpc": true})),
        (json!({"hostUsers": false}), json!({"hostUsers": false})),
        (json!({"hostUsers": null, "nodeName": "", "priorityClassName": null}), json!({})),
        (json!({"nodeName": "gpu-1"}), json!({"nodeName": "gpu-1"})),
        (json!({"priorityClassName": "high"}), json!({"priorityClass": "high"})),
        (json!({"runtimeClassName": "gvisor"}), json!({"runtimeClass": "gvisor"})),
        (json!({"automountServiceAccountToken": false}), json!({"automountToken": false})),
        (json!({"securityContext": {"runAsUser": 0}}), json!({"runAsUsers": [0]})),
        (json!({"securityContext": {"runAsNonRoot": true}}), json!({"runAsNonRoot": true})),
        (
            json!({"securityContext": {"seccompProfile": profile("RuntimeDefault")}}),
            json!({"seccompProfiles": ["RuntimeDefault"]}),
        ),
        (
            json!({"securityContext": {"appArmorProfile": profile("Unconfined")}}),
            json!({"appArmorProfiles": ["Unconfined"]}),
        ),
        (
            json!({"securityContext": {"seLinuxOptions": {"type": "spc_t", "level": "s0"}}}),
            json!({"seLinuxTypes": ["spc_t"]}),
        ),
        (
            json!({"securityContext": {"seLinuxOptions": {"role": "sysadm_r"}}}),
            json!({"seLinuxUserOrRole": true}),
        ),
        (
            json!({"securityContext": {"windowsOptions": {"hostProcess": true}}}),
            json!({"hostProcess": true}),
        ),
        (
            json!({"securityContext": {"sysctls": [
                {"name": "kernel.msgmax", "value": "1"}, {"name": "net/ipv4/conf/eth0.1/rp_filter"}]}}),
            json!({"sysctls": ["kernel.msgmax", "net.ipv4.conf.eth0/1.rp_filter"]}),
        ),
    ];
    for (spec, expected) in table {
        assert_eq!(changed(&of_spec(&spec)), expected, "{spec}");
    }
}

#[test]
fn every_way_to_say_something_of_a_container_is_read_of_every_kind_of_container() {
    let context = |fields: Value| json!({"securityContext": fields});
    let table = [
        (context(json!({"privileged": true})), json!({"privileged": true})),
        (context(json!({"runAsUser": 7})), json!({"runAsUsers": [7]})),
        (
            context(json!({"capabilities": {"add": ["cap_sys_admin", "NET_RAW"]}})),
            json!({"capabilitiesAdded": ["NET_RAW", "SYS_ADMIN"]}),
        ),
        (context(json!({"procMount": "Unmasked"})), json!({"procMounts": ["Unmasked"]})),
        (context(json!({"windowsOptions": {"hostProcess": true}})), json!({"hostProcess": true})),
        (json!({"ports": [{"containerPort": 80, "hostPort": 8080}]}), json!({"hostPorts": [8080]})),
        (json!({"ports": [{"containerPort": 80, "hostPort": 0}]}), json!({})),
        (
            json!({"lifecycle": {"postStart": {"httpGet": {"host": "169.254.169.254"}}}}),
            json!({"probeHosts": ["169.254.169.254"]}),
        ),
        (
            json!({"readinessProbe": {"tcpSocket": {"host": "db", "port": 1}}, "startupProbe": {"httpGet": {"host": ""}}}),
            json!({"probeHosts": ["db"]}),
        ),
        (
            json!({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}, {"name": "B"}]}),
            json!({"secrets": ["s"]}),
        ),
        (json!({"envFrom": [{"secretRef": {"name": "s"}}, {}]}), json!({"secrets": ["s"]})),
    ];
    for (fields, expected) in table {
        let place = |name: &str| of_spec(&json!({name: [container(&fields)]}));
        assert_eq!(changed(&place("containers")), expected, "{fields}");
        assert_eq!(changed(&place("initContainers")), expected, "{fields}");
        assert_eq!(changed(&place("ephemeralContainers")), expected, "{fields}");
    }
}

#[test]
fn a_good_container_beside_one_that_says_nothing_does_not_speak_for_it() {
    let good = container(&json!({"securityContext": {
        "allowPrivilegeEscalation": false,
        "runAsNonRoot": true,
        "readOnlyRootFilesystem": true,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }}));
    let of_good = json!({
        "allowPrivilegeEscalation": false,
        "runAsNonRoot": true,
        "readOnlyRootFilesystem": true,
        "dropsAllCapabilities": true,
        "seccompProfiles": ["RuntimeDefault"],
    });
    assert_eq!(changed(&of_spec(&json!({"containers": [good]}))), of_good);
    let plain = container(&json!({}));
    for kind in ["initContainers", "ephemeralContainers"] {
        let both = of_spec(&json!({"containers": [good], kind: [plain]}));
        assert_eq!(changed(&both), json!({"seccompProfiles": ["RuntimeDefault", "Undefined"]}));
    }
}

#[test]
fn a_container_overrides_its_pod_and_the_pod_speaks_for_the_others() {
    let own = container(&json!({"securityContext": {"runAsNonRoot": false}}));
    let pod = json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
    let found =
        of_spec(&json!({"securityContext": pod, "containers": [container(&json!({})), own]}));
    assert_eq!(found["runAsNonRoot"], json!(false));
    assert_eq!(found["seccompProfiles"], json!(["RuntimeDefault"]));
}

#[test]
fn what_a_container_has_already_is_not_withheld_by_saying_so() {
    for stronger in [
        json!({"privileged": true}),
        json!({"capabilities": {"add": ["CAP_SYS_ADMIN"]}}),
        json!({"capabilities": {"add": ["ALL"]}}),
    ] {
        let mut context = stronger.clone();
        context["allowPrivilegeEscalation"] = json!(false);
        let found = of_container(&json!({"securityContext": context}));
        assert_eq!(found["allowPrivilegeEscalation"], json!(true), "{stronger}");
    }
}

#[test]
fn profiles_by_annotation_count_as_those_by_field() {
    let with = |key: &str, value: &str| {
        let mut manifest = with_spec(&json!({}));
        manifest["metadata"]["annotations"] = json!({key: value});
        facts(&manifest)
    };
    let app_armor = "container.apparmor.security.beta.kubernetes.io/one";
    for (value, expected) in [
        ("runtime/default", json!(["RuntimeDefault"])),
        ("localhost/mine", json!(["Localhost"])),
        ("unconfined", json!(["Unconfined"])),
        ("", json!([])),
        ("odd", json!(["odd"])),
    ] {
        assert_eq!(with(app_armor, value)["appArmorProfiles"], expected);
    }
    let seccomp = with("seccomp.security.alpha.kubernetes.io/pod", "unconfined");
    assert_eq!(seccomp["seccompProfiles"], json!(["Unconfined", "Undefined"]));
}

#[test]
fn in_the_nodes_network_every_port_is_one_of_the_node() {
    let ports = json!([{"containerPort": 8888}, {"containerPort": 1, "hostPort": 2}]);
    let containers = json!([container(&json!({"ports": ports}))]);
    let found = of_spec(&json!({"hostNetwork": true, "containers": containers}));
    assert_eq!(found["hostPorts"], json!([2, 8888]));
    assert_eq!(of_spec(&json!({"containers": containers}))["hostPorts"], json!([2]));
}

#[test]
fn a_volume_is_of_the_kind_of_its_field_known_or_not() {
    let table = [
        (json!({}), json!({"volumeTypes": ["emptyDir"]})),
        (json!({"emptyDir": {}}), json!({"volumeTypes": ["emptyDir"]})),
        (json!({"nfs": {"server": "s", "path": "/"}}), json!({"volumeTypes": ["nfs"]})),
        (json!({"fromTomorrow": {}}), json!({"volumeTypes": ["fromTomorrow"]})),
        (
            json!({"hostPath": {"path": "/var//run/./docker.sock/"}}),
            json!({"volumeTypes": ["hostPath"], "hostPaths": ["/var/run/docker.sock"]}),
        ),
        (
            json!({"hostPath": {"path": "//"}, "configMap": null}),
            json!({"volumeTypes": ["hostPath"], "hostPaths": ["/"]}),
        ),
        (
            json!({"persistentVolumeClaim": {"claimName": "claim-ada"}}),
            json!({"volumeTypes": ["persistentVolumeClaim"], "claims": ["claim-ada"]}),
        ),
        (
            json!({"secret": {"secretName": "s"}}),
            json!({"volumeTypes": ["secret"], "secrets": ["s"]}),
        ),
        (
            json!({"csi": {"driver": "d", "nodePublishSecretRef": {"name": "s"}}}),
            json!({"volumeTypes": ["csi"], "secrets": ["s"]}),
        ),
        (
            json!({"projected": {"sources": [
                {"secret": {"name": "s"}},
                {"serviceAccountToken": {"path": "t", "audience": "vault"}},
                {"serviceAccountToken": {"path": "t"}},
                {"podCertificate": {"signerName": "x"}}]}}),
            json!({
                "volumeTypes": ["projected", "projected.podCertificate"],
                "secrets": ["s"],
                "tokenAudiences": ["", "vault"],
            }),
        ),
        (
            json!({"image": {"reference": "quay.io/x/models:1"}}),
            json!({
                "volumeTypes": ["image"],
                "images": [
                    {"__entity": {"type": "Notebook::Image", "id": "docker.io/library/notebook:latest"}},
                    {"__entity": {"type": "Notebook::Image", "id": "quay.io/x/models:1"}},
                ],
                "registries": ["docker.io", "quay.io"],
            }),
        ),
    ];
    for (mut volume, expected) in table {
        volume["name"] = json!("v");
        assert_eq!(changed(&of_spec(&json!({"volumes": [volume]}))), expected, "{volume}");
    }
}

#[test]
fn secrets_that_pull_images_do_not_reach_the_pod() {
    let found = of_spec(&json!({"imagePullSecrets": [{"name": "pull"}]}));
    assert_eq!(changed(&found), json!({}));
}

#[test]
fn the_service_account_is_the_one_the_api_server_takes() {
    let account = |fields: Value| of_spec(&fields)["serviceAccount"]["__entity"]["id"].clone();
    assert_eq!(account(json!({"serviceAccount": "old"})), "ns/old");
    assert_eq!(account(json!({"serviceAccountName": "new", "serviceAccount": "old"})), "ns/new");
    assert_eq!(account(json!({"serviceAccountName": "", "serviceAccount": "old"})), "ns/old");
    assert_eq!(account(json!({"serviceAccountName": "a/b"})), "ns/a%2Fb");
}

#[test]
fn an_image_has_one_name_however_it_is_written() {
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let pinned = |name: &str| format!("{name}@{digest}");
    let table = [
        ("ubuntu", "docker.io/library/ubuntu:latest"),
        ("docker.io/ubuntu:24.04", "docker.io/library/ubuntu:24.04"),
        ("index.docker.io/library/ubuntu", "docker.io/library/ubuntu:latest"),
        ("Docker.IO:443/a/b", "docker.io/a/b:latest"),
        ("someone/notebook:1", "docker.io/someone/notebook:1"),
        ("localhost/x", "localhost/x:latest"),
        ("registry:5000/team/app:v1", "registry:5000/team/app:v1"),
        ("REGISTRY.Institute.example/a__b/c-d", "registry.institute.example/a__b/c-d:latest"),
        ("[2001:DB8::1]:5000/x:1", "[2001:db8::1]:5000/x:1"),
        (&pinned("quay.io/x"), &pinned("quay.io/x")),
        (&pinned("quay.io/x:ignored"), &pinned("quay.io/x")),
    ];
    for (written, id) in table {
        let found = of_container(&json!({"image": written}));
        assert_eq!(found["images"][0]["__entity"]["id"], id, "{written}");
        assert_eq!(found["imagesPinned"], json!(id.contains('@')), "{written}");
        assert_eq!(found["registries"], json!([id.split('/').next().unwrap()]), "{written}");
    }
}

#[test]
fn what_is_no_image_reference_is_refused() {
    let sixty_four = "0".repeat(64);
    let long = "x".repeat(256);
    let bad = [
        "",
        " x",
        "x ",
        "X",
        "a//b",
        "/a",
        "a/",
        "a:",
        "a:b:c",
        "a@",
        "a@sha256:00",
        "a@md5:00",
        "-a",
        "a..b",
        "a___b",
        "a.-b",
        "quay.io./x",
        "quay.io:99999/x",
        "quay.io:/x",
        "[::1/x",
        "[zz]/x",
        "https://quay.io/x",
        "quay.io/x\u{0}",
        "quay.io/é",
        &sixty_four,
        &long,
        "quay.io/x@sha256:ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789",
    ];
    for image in bad {
        let error =
            refused(&with_spec(&json!({"containers": [container(&json!({"image": image}))]})));
        assert!(error.starts_with("spec.containers[0].image: `"), "{image:?}: {error}");
    }
}

#[test]
fn images_and_the_service_account_keep_what_is_stored_of_them() {
    let facts = read(&with_spec(&json!({}))).unwrap();
    let named: Vec<Value> =
        facts.named().iter().map(|one| one.to_entity().unwrap().to_json_value().unwrap()).collect();
    assert_eq!(named.len(), 2);
    assert_eq!(named[0]["uid"]["id"], "ns/default");
    let image = json!({"registry": "docker.io", "repository": "library/notebook", "tag": "latest"});
    assert_eq!(named[1]["attrs"], image);
}

#[test]
fn labels_are_tags_and_the_namespace_is_where_the_pod_is_in() {
    let mut manifest = with_spec(&json!({}));
    manifest["metadata"]["labels"] = json!({"a.example/b": "c"});
    let json = read(&manifest).unwrap().pod().to_entity().unwrap().to_json_value().unwrap();
    assert_eq!(json["tags"], json!({"a.example/b": "c"}));
    assert_eq!(json["parents"], json!([{"type": "Notebook::Namespace", "id": "ns"}]));
}

#[test]
fn for_whom_the_pod_is_comes_from_who_asks_and_never_from_the_manifest() {
    let mut manifest = with_spec(&json!({}));
    manifest["metadata"]["labels"] = json!({"hub.jupyter.org/username": "root"});
    assert!(facts(&manifest)["owner"].is_null());
    let text = |text: &str| Some(text.to_owned());
    let origin = Origin {
        namespace: text("ns"),
        owner: text("ada/x"),
        server: text(""),
        profile: text("large"),
    };
    let read = |origin: &Origin| {
        PodFacts::read(&manifest.to_string(), origin, &Limits::default()).map_err(|e| e.to_string())
    };
    let facts =
        read(&origin).unwrap().pod().to_entity().unwrap().to_json_value().unwrap()["attrs"].take();
    assert_eq!(facts["owner"]["__entity"]["id"], "ada/x");
    assert_eq!(facts["server"]["__entity"]["id"], "ada%2Fx/");
    assert_eq!(facts["profile"]["__entity"]["id"], "large");
    let elsewhere = Origin { namespace: text("other"), ..Origin::default() };
    let error = read(&elsewhere).unwrap_err();
    assert_eq!(error, "metadata.namespace: is not `other`, where the pod would be");
    assert!(read(&Origin { server: text(""), ..Origin::default() }).is_err());
}

#[test]
fn a_manifest_that_cannot_be_read_is_refused_at_its_place() {
    let pod = |spec: Value| json!({"metadata": {"name": "p", "namespace": "n"}, "spec": spec});
    let one = |fields: Value| with_spec(&json!({"containers": [container(&fields)]}));
    let table = [
        (json!([]), "expected an object, found a list"),
        (json!({}), "metadata: is not there"),
        (json!({"metadata": {}, "spec": {}}), "metadata: names no namespace"),
        (json!({"metadata": {"namespace": "n"}}), "metadata: has no name"),
        (json!({"metadata": {"name": "p", "namespace": "n"}}), "spec: is not there"),
        (json!({"kind": "Deployment"}), "kind: is not `Pod`"),
        (pod(json!({})), "spec.containers: is not there"),
        (pod(json!({"containers": null})), "spec.containers: is not there"),
        (pod(json!({"containers": []})), "spec.containers: a pod has at least one container"),
        (pod(json!({"containers": {}})), "spec.containers: expected a list, found an object"),
        (pod(json!({"containers": [7]})), "spec.containers[0]: expected an object, found a number"),
        (pod(json!({"containers": [{}]})), "spec.containers[0].image: is not there"),
        (one(json!({"image": 7})), "spec.containers[0].image: expected text, found a number"),
        (
            one(json!({"securityContext": {"privileged": "false"}})),
            "spec.containers[0].securityContext.privileged: expected `true` or `false`, found text",
        ),
        (
            one(json!({"securityContext": {"runAsUser": 0.5}})),
            "spec.containers[0].securityContext.runAsUser: expected a whole number, found a number",
        ),
        (
            one(json!({"resources": {"limits": {"memory": true}}})),
            "spec.containers[0].resources.limits.memory: expected a quantity, found `true` or `false`",
        ),
        (
            one(json!({"resources": {"limits": {"nvidia.com/gpu": "-1"}}})),
            r#"spec.containers[0].resources.limits["nvidia.com/gpu"]: quantity `-1` is less than nothing"#,
        ),
        (
            with_spec(&json!({"resourceClaims": [{"name": "gpu"}]})),
            "spec.resourceClaims: devices by claim cannot be counted",
        ),
        (
            with_spec(&json!({"volumes": [{"name": "v", "hostPath": {"path": "/a/../etc"}}]})),
            "spec.volumes[0].hostPath.path: `/a/../etc` is not an absolute path without `..`",
        ),
        (
            with_spec(&json!({"host_network": true})),
            "spec.host_network: is not a field of a pod, but almost `hostNetwork`",
        ),
        (
            one(json!({"SecurityContext": {"runAsNonRoot": true}})),
            "spec.containers[0].SecurityContext: is not a field of a pod, but almost `securityContext`",
        ),
    ];
    for (manifest, expected) in table {
        assert_eq!(refused(&manifest), expected);
    }
}

#[test]
fn keys_that_repeat_nesting_and_size_are_refused() {
    let read =
        |text: &str, limits: &Limits| PodFacts::read(text, &Origin::default(), limits).unwrap_err();
    let limits = Limits::default();
    let twice = r#"{"metadata": {}, "spec": {"hostNetwork": false, "hostNetwork": true}}"#;
    assert_eq!(read(twice, &limits).code(), "manifest.malformed");
    assert_eq!(read(&"[".repeat(99_999), &limits).code(), "manifest.limit");
    let manifest = with_spec(&json!({})).to_string();
    let small = Limits { request_bytes: 20, ..limits };
    assert!(read(&manifest, &small).to_string().starts_with("limit `request_bytes` is 20"));
    let small = Limits { id_bytes: 8, ..limits };
    assert!(read(&manifest, &small).to_string().starts_with("limit `id_bytes` is 8"));
    let small = Limits { request_entities: 2, ..limits };
    assert!(read(&manifest, &small).to_string().starts_with("limit `request_entities` is 2"));
}

#[test]
fn fields_that_are_nobodys_are_passed_over_and_labels_may_be_called_anything() {
    let spec = json!({
        "terminationGracePeriodSeconds": 1,
        "fromTomorrow": {"x": [1]},
        "nodeSelector": {"host_network": "yes"},
        "tolerations": [{"key": "hub.jupyter.org_dedicated", "operator": "Equal"}],
    });
    assert_eq!(changed(&of_spec(&spec)), json!({}));
}

mod compute {
    use super::*;

    /// `limits` of a pod of containers by kind, each with the limits given.
    fn limits(spec: &Value) -> Value {
        let mut spec = spec.clone();
        for containers in spec.as_object_mut().unwrap().values_mut() {
            for one in containers.as_array_mut().into_iter().flatten() {
                let restart = one.as_object_mut().unwrap().remove("restart");
                *one = container(&json!({"resources": {"limits": one}, "restartPolicy": restart}));
            }
        }
        of_spec(&spec)["limits"].clone()
    }

    #[test]
    fn containers_are_summed_and_what_one_lacks_is_not_stated() {
        let two = json!([{"cpu": 0.5, "memory": "1Gi"}, {"cpu": "500m", "memory": 24}]);
        assert_eq!(
            limits(&json!({"containers": two})),
            json!({"cpu": 1000, "memory": 1_073_741_848})
        );
        let lacking = json!([{"cpu": 1, "memory": "1Gi"}, {"cpu": 1}]);
        assert_eq!(limits(&json!({"containers": lacking})), json!({"cpu": 2000}));
        let beside = json!({"containers": [{"cpu": 1}], "ephemeralContainers": [{}]});
        assert_eq!(limits(&beside), json!({}));
    }

    #[test]
    fn init_containers_count_when_they_are_more_and_sidecars_beside_them() {
        let limits = |spec: Value| super::compute::limits(&spec)["cpu"].clone();
        let main = json!([{"cpu": 2}, {"cpu": 1}]);
        assert_eq!(
            limits(json!({"containers": main, "initContainers": [{"cpu": 2}, {"cpu": 3}]})),
            3000
        );
        assert_eq!(limits(json!({"containers": main, "initContainers": [{"cpu": 4}]})), 4000);
        let sidecar = json!({"cpu": 1, "restart": "Always"});
        assert_eq!(limits(json!({"containers": main, "initContainers": [sidecar]})), 4000);
        assert_eq!(
            limits(json!({"containers": main, "initContainers": [sidecar, {"cpu": 4}]})),
            5000
        );
        assert_eq!(
            limits(json!({"containers": main, "initContainers": [{"cpu": 4}, sidecar]})),
            4000
        );
        let never = json!({"cpu": 9, "restart": "Never"});
        assert_eq!(limits(json!({"containers": main, "initContainers": [never]})), 9000);
    }

    #[test]
    fn devices_of_all_kinds_are_counted_together_beside_containers_that_have_none() {
        let devices = json!({
            "nvidia.com/gpu": "1", "nvidia.com/mig-1g.5gb": 2, "nvidia.com/gpu.shared": 1,
            "amd.com/gpu": 1, "gpu.intel.com/i915": 1, "example.com/gpu": 9, "ephemeral-storage": "1Gi",
        });
        assert_eq!(limits(&json!({"containers": [{}, devices]})), json!({"gpu": 6}));
        let asked = container(&json!({"resources": {"requests": {"nvidia.com/gpu": 2}}}));
        let found = of_spec(&json!({"containers": [asked]}));
        assert_eq!(
            (&found["limits"], &found["requests"]),
            (&json!({"gpu": 2}), &json!({"gpu": 2}))
        );
    }

    #[test]
    fn a_request_that_is_not_stated_is_the_limit() {
        let resources = json!({"limits": {"cpu": 2, "memory": "1G"}, "requests": {"cpu": "100m"}});
        let found = of_container(&json!({"resources": resources}));
        assert_eq!(found["requests"], json!({"cpu": 100, "memory": 1_000_000_000}));
    }

    #[test]
    fn a_figure_for_the_whole_pod_raises_and_does_not_stand_in() {
        let whole = json!({"limits": {"cpu": 8, "memory": "8Gi"}});
        let one = container(&json!({"resources": {"limits": {"cpu": 1}}}));
        let found =
            of_spec(&json!({"resources": whole, "containers": [one], "overhead": {"cpu": "250m"}}));
        assert_eq!(found["limits"], json!({"cpu": 8250}));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let half = json!({"resources": {"limits": {"memory": "5Ei"}}});
        let spec = json!({"containers": [container(&half), container(&half)]});
        assert_eq!(refused(&with_spec(&spec)), "spec: the containers ask for too much together");
    }
}

proptest! {
    /// Facts that say something bad stay said, and facts that say something good hold for all.
    #[test]
    fn another_container_never_makes_a_pod_look_safer(
        first in any_container(), second in any_container(), kind in 0_usize..3,
    ) {
        let kind = ["containers", "initContainers", "ephemeralContainers"][kind];
        let alone = of_spec(&json!({"containers": [first]}));
        let mut both = json!({"containers": [first], kind: [second]});
        if kind == "containers" {
            both = json!({"containers": [first, second]});
        }
        let both = of_spec(&both);
        let is = |facts: &Value, name: &str| facts[name].as_bool().unwrap();
        for bad in ["privileged", "allowPrivilegeEscalation"] {
            prop_assert!(is(&both, bad) || !is(&alone, bad), "{bad}");
        }
        for good in ["runAsNonRoot", "dropsAllCapabilities", "readOnlyRootFilesystem", "imagesPinned"] {
            prop_assert!(!is(&both, good) || is(&alone, good), "{good}");
        }
        for set in ["capabilitiesAdded", "seccompProfiles", "hostPorts", "registries", "images"] {
            let both = both[set].as_array().unwrap();
            prop_assert!(alone[set].as_array().unwrap().iter().all(|one| both.contains(one)), "{set}");
        }
        for member in ["cpu", "memory", "gpu"] {
            let (alone, both) = (&alone["limits"][member], &both["limits"][member]);
            let gone = both.is_null() && (alone.is_null() || member != "gpu");
            prop_assert!(gone || both.as_i64() >= alone.as_i64(), "{member}");
        }
    }

    #[test]
    fn what_is_read_of_any_json_fits_the_schema(manifest in any_json(), labels in any_json()) {
        let mut labelled = with_spec(&json!({"volumes": [manifest], "securityContext": manifest}));
        labelled["metadata"]["labels"] = labels;
        let mut filled = manifest.clone();
        if let Some(fields) = filled.as_object_mut() {
            fields.insert("image".to_owned(), json!("notebook"));
        }
        for one in [manifest, labelled, with_spec(&json!({"containers": [filled]}))] {
            if let Ok(facts) = read(&one) {
                SHAPE.with(|shape| ask(&facts, shape)).unwrap();
            }
        }
    }
}

thread_local! {
    static SHAPE: Shape = {
        let open = b"permit (principal, action, resource);".to_vec();
        let bundle = Bundle::from_members([("open.cedar".to_owned(), open)], &Limits::default());
        Pdp::new(&bundle.unwrap()).unwrap().shape()
    };
}

fn ask(facts: &PodFacts, shape: &Shape) -> Result<Request, RequestError> {
    let principal = notebook::user("ada").uid();
    let mut request =
        Request::builder(principal, notebook::action("pod:create"), facts.uid().clone())
            .entity(facts.pod().to_entity().unwrap());
    for named in facts.named() {
        request = request.attributes(EntityAttributes::of(named).unwrap());
    }
    request.build(shape)
}

fn any_container() -> impl Strategy<Value = Value> {
    let flag = || prop_oneof![Just(Value::Null), Just(json!(true)), Just(json!(false))];
    let context = (flag(), flag(), flag(), flag()).prop_map(|(one, two, three, four)| {
        json!({
            "privileged": one,
            "allowPrivilegeEscalation": two,
            "runAsNonRoot": three,
            "readOnlyRootFilesystem": four,
        })
    });
    let capabilities = prop::collection::vec(prop_oneof![Just("ALL"), Just("KILL")], 0..2);
    let quantity = || prop_oneof![Just(Value::Null), (0_u32..99).prop_map(|amount| json!(amount))];
    (context, capabilities.clone(), capabilities, quantity(), quantity(), quantity()).prop_map(
        |(mut context, add, drop, cpu, memory, gpu)| {
            context["capabilities"] = json!({"add": add, "drop": drop});
            let limits = json!({"cpu": cpu, "memory": memory, "nvidia.com/gpu": gpu});
            container(&json!({"securityContext": context, "resources": {"limits": limits}}))
        },
    )
}

/// JSON whose keys are those of pods.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        "[a-z./:@0-9]{0,12}".prop_map(Value::from),
    ];
    let keys = [
        "metadata",
        "name",
        "namespace",
        "labels",
        "spec",
        "containers",
        "image",
        "securityContext",
        "resources",
        "limits",
        "cpu",
        "memory",
        "volumes",
        "projected",
        "sources",
        "hostPath",
        "path",
        "env",
        "valueFrom",
        "secretKeyRef",
        "capabilities",
        "add",
        "ports",
        "hostPort",
        "sysctls",
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(keys.to_vec()), inner, 0..6).prop_map(
                |map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            ),
        ]
    })
}
