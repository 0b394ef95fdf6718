"""Pod manifests through the door."""

from __future__ import annotations

import json
from typing import Any

import notegate
import pytest
from notegate import kubernetes


def manifest(**spec: Any) -> dict[str, Any]:
    container = {"name": "notebook", "image": "quay.io/x/y", "resources": {"limits": {"cpu": 0.5}}}
    return {"metadata": {"name": "pod"}, "spec": {"containers": [container], **spec}}


def test_a_manifest_is_read_from_a_dict_and_from_its_json() -> None:
    text = json.dumps(manifest())
    for given in (manifest(), text, text.encode()):
        pod = kubernetes.pod(given, "ada", "", "large", "ns")
        assert pod.uid == notegate.Uid("Pod", "ns/pod")
        assert pod.limits == {"cpu": 500}
        assert pod.context == {
            "namespace": notegate.Uid("Namespace", "ns"),
            "server": notegate.Uid("Server", "ada/"),
            "profile": notegate.Uid("Profile", "large"),
        }
        (entity,) = pod.entities
        assert json.loads(entity.to_json())["attrs"]["owner"]["__entity"]["id"] == "ada"


def test_what_it_names_comes_as_attributes() -> None:
    pod = kubernetes.pod(manifest(serviceAccountName="reader"), namespace="ns")
    assert pod.attributes == {
        notegate.Uid("ServiceAccount", "ns/reader"): {
            "namespace": notegate.Uid("Namespace", "ns"),
        },
        notegate.Uid("Image", "quay.io/x/y:latest"): {
            "registry": "quay.io",
            "repository": "x/y",
            "tag": "latest",
        },
    }


def test_a_refused_manifest_tells_its_place() -> None:
    with pytest.raises(kubernetes.PodError) as raised:
        kubernetes.pod(manifest(hostNetwork="yes"), namespace="ns")
    assert isinstance(raised.value, notegate.NotegateError)
    assert (raised.value.code, raised.value.place) == ("manifest.field", "spec.hostNetwork")
    with pytest.raises(kubernetes.PodError, match="is not a field of a pod") as raised:
        kubernetes.pod(manifest(host_network=True), namespace="ns")
    assert raised.value.help == "write `hostNetwork`, or remove it"


@pytest.mark.parametrize("bad", [float("nan"), object(), {1: 1, "1": 2}, "\udc80"])
def test_what_is_no_json_is_refused(bad: Any) -> None:
    with pytest.raises(kubernetes.PodError):
        kubernetes.pod(manifest(odd=bad, nodeName=bad), namespace="ns")


def test_a_dict_within_itself_is_refused() -> None:
    endless = manifest()
    endless["spec"]["again"] = endless
    with pytest.raises(kubernetes.PodError):
        kubernetes.pod(endless, namespace="ns")


def test_other_types_are_a_type_error() -> None:
    with pytest.raises(TypeError):
        kubernetes.pod([], namespace="ns")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("compute", "value", "amount"),
    [
        ("cpu", 0.5, 500),
        ("cpu", "1e-7", 1),
        ("cpu", 1e-07, 1),
        ("memory", "4Gi", 4 << 30),
        ("x/y", 2, 2),
    ],
)
def test_quantities_are_whole_numbers(compute: str, value: Any, amount: int) -> None:
    assert kubernetes.quantity(compute, value) == amount


@pytest.mark.parametrize("value", [True, None, "", float("inf"), -1, "1 G"])
def test_what_is_no_quantity_is_refused(value: Any) -> None:
    with pytest.raises(kubernetes.PodError):
        kubernetes.quantity("memory", value)


def test_images_are_completed_moved_and_pinned() -> None:
    digest = "sha256:" + "0123456789abcdef" * 4
    assert kubernetes.image("ubuntu") == "docker.io/library/ubuntu:latest"
    assert kubernetes.image("a/b:1", registry="m.example:5000") == "m.example:5000/a/b:1"
    assert kubernetes.image("a/b:1", digest=digest) == f"docker.io/a/b@{digest}"
    with pytest.raises(kubernetes.PodError):
        kubernetes.image("a b")
    assert kubernetes.is_gpu("nvidia.com/gpu") and not kubernetes.is_gpu("cpu")
