"""What obligations do to a manifest, and which are refused."""

from __future__ import annotations

from typing import Any

import pytest
from notegate.jupyterhub.pod_compute import Unmet
from notegate.jupyterhub.pod_labels import is_label_value, label_value
from notegate.jupyterhub.pod_obligations import apply

DIGEST = "sha256:" + "0123456789abcdef" * 4


def manifest(**spec: Any) -> dict[str, Any]:
    container = {"name": "notebook", "image": "quay.io/x/y:1", "resources": {}}
    return {"metadata": {"name": "p"}, "spec": {"containers": [container], **spec}}


def container(**limits: Any) -> dict[str, Any]:
    return {"name": "beside", "image": "z", "resources": {"limits": limits}}


def done(pod: dict[str, Any], **obligations: str) -> dict[str, Any]:
    apply(obligations, pod)
    first = repr(pod)
    apply(obligations, pod)
    assert repr(pod) == first, "an obligation that holds asks for nothing more"
    return pod


def limits(pod: dict[str, Any]) -> Any:
    return pod["spec"]["containers"][0]["resources"].get("limits")


@pytest.mark.parametrize(
    ("obligations", "spec"),
    [
        ({"service_account": "reader"}, {"serviceAccountName": "reader"}),
        ({"automount_token": "false"}, {"automountServiceAccountToken": False}),
        ({"priority_class": "low"}, {"priorityClassName": "low"}),
        ({"runtime_class": "gvisor"}, {"runtimeClassName": "gvisor"}),
        ({"session_lifetime": "1h30m"}, {"activeDeadlineSeconds": 5400}),
        ({"node_selector_pool": "a"}, {"nodeSelector": {"pool": "a"}}),
        ({"node_selector": "x.io/a=b,c=d"}, {"nodeSelector": {"x.io/a": "b", "c": "d"}}),
        (
            {"toleration": "gpu:NoExecute"},
            {"tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoExecute"}]},
        ),
    ],
)
def test_what_is_obliged_of_the_pod_is_in_its_spec(obligations: Any, spec: Any) -> None:
    pod = done(manifest(), **obligations)
    assert spec.items() <= pod["spec"].items()


def test_the_old_name_of_the_service_account_does_not_stay_behind() -> None:
    pod = done(manifest(serviceAccount="hub", serviceAccountName="hub"), service_account="reader")
    assert (pod["spec"]["serviceAccount"], pod["spec"]["serviceAccountName"]) == (
        "reader",
        "reader",
    )


def test_a_shorter_session_stays_shorter() -> None:
    pod = done(manifest(activeDeadlineSeconds=60), session_lifetime="8h")
    assert pod["spec"]["activeDeadlineSeconds"] == 60


def test_images_are_moved_and_pinned() -> None:
    pod = manifest(
        initContainers=[{"name": "i", "image": "busybox"}],
        volumes=[{"name": "v", "image": {"reference": "models:2"}}],
    )
    done(pod, image_registry="mirror.example:5000", image_digest=DIGEST)
    assert pod["spec"]["containers"][0]["image"] == f"mirror.example:5000/x/y@{DIGEST}"
    assert pod["spec"]["initContainers"][0]["image"] == "mirror.example:5000/library/busybox:latest"
    reference = pod["spec"]["volumes"][0]["image"]["reference"]
    assert reference == "mirror.example:5000/library/models:2"


def test_a_token_is_for_its_audience_and_no_longer_than_obliged() -> None:
    pod = done(manifest(), token_audience="vault", token_lifetime="15m")
    (volume,) = pod["spec"]["volumes"]
    token = {"audience": "vault", "path": "token", "expirationSeconds": 900}
    assert volume["projected"]["sources"] == [{"serviceAccountToken": token}]
    (mount,) = pod["spec"]["containers"][0]["volumeMounts"]
    assert mount["readOnly"] is True


def test_a_cap_is_a_limit_where_there_is_none_and_lowers_where_there_is_more() -> None:
    assert limits(done(manifest(), max_cpu="500")) == {"cpu": "500m"}
    pod = manifest()
    pod["spec"]["containers"][0]["resources"] = {
        "limits": {"cpu": 2, "memory": "1Gi"},
        "requests": {"cpu": "1500m", "memory": "2Gi"},
    }
    done(pod, max_cpu="1000", max_memory="2147483648")
    assert limits(pod) == {"cpu": "1000m", "memory": "1Gi"}
    requests = pod["spec"]["containers"][0]["resources"]["requests"]
    assert requests == {"cpu": "1000m", "memory": "1073741824"}


def test_a_cap_counts_what_runs_beside() -> None:
    sidecar = {**container(cpu="100m"), "restartPolicy": "Always"}
    pod = manifest(initContainers=[sidecar, {"name": "i", "image": "i"}])
    pod["spec"]["containers"].append(container(cpu="200m"))
    done(pod, max_cpu="1000")
    assert limits(pod) == {"cpu": "700m"}
    assert pod["spec"]["initContainers"][1]["resources"]["limits"] == {"cpu": "900m"}


def test_devices_are_capped_and_none_means_none() -> None:
    pod = manifest()
    pod["spec"]["containers"][0]["resources"] = {
        "limits": {"nvidia.com/gpu": 4},
        "requests": {"nvidia.com/gpu": 4},
    }
    done(pod, max_gpu="2")
    assert limits(pod) == {"nvidia.com/gpu": "2"}
    done(pod, max_gpu="0")
    assert pod["spec"]["containers"][0]["resources"] == {"limits": {}, "requests": {}}


@pytest.mark.parametrize(
    ("pod", "obligations"),
    [
        (manifest(), {"turn_around": "1"}),
        (manifest(), {"max_servers": "1"}),
        (manifest(), {"automount_token": "yes"}),
        (manifest(), {"service_account": "a/b"}),
        (manifest(), {"max_cpu": "-1"}),
        (manifest(), {"max_cpu": "0"}),
        (manifest(), {"token_lifetime": "5m"}),
        (manifest(), {"session_lifetime": "soon"}),
        (manifest(), {"session_lifetime": ""}),
        (manifest(), {"network_profile": "a b"}),
        (manifest(), {"label": "no-equals"}),
        (manifest(), {"label": "notegate.github.io/user=eve"}),
        (manifest(), {"toleration": "gpu:Sometimes"}),
        (manifest(), {"image_pull_policy": "Perhaps"}),
        (manifest(), {"image_digest": "latest"}),
        (manifest(), {"image_registry": "a b"}),
        (manifest(containers=[container(), container()]), {"max_cpu": "1000"}),
        (manifest(containers=[container(), container(cpu=2)]), {"max_cpu": "1000"}),
        (
            manifest(containers=[container(), container(**{"nvidia.com/gpu": 2})]),
            {"max_gpu": "1"},
        ),
    ],
)
def test_what_cannot_be_met_is_refused_by_name(pod: Any, obligations: dict[str, str]) -> None:
    (name,) = obligations
    with pytest.raises(Unmet, match=f"obligation `{name}`"):
        apply(obligations, pod)


def test_an_operators_own_obligation_is_done() -> None:
    pod = manifest()
    apply({"team": "a"}, pod, {"team": lambda pod, value: pod["metadata"].update(team=value)})
    assert pod["metadata"]["team"] == "a"


def test_names_become_labels_and_no_two_become_one() -> None:
    names = ["ada", "Ada", "", "ada@x.org", "o'neil", "a" * 63, "a" * 64, "-ada", "ada/", "\udc80"]
    names.append(label_value("ada@x.org"))
    values = [label_value(name) for name in names]
    assert all(is_label_value(value) for value in values)
    assert len(set(values)) == len(names)
    assert values[:3] == names[:3]
    assert not is_label_value("ada\n")
