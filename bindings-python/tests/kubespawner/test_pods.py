"""Pods of a real hub and a real KubeSpawner: what is made, with what, and what is not made."""

from __future__ import annotations

from typing import Any

import pytest
from kubespawner_hub import Hub

OURS = "notegate.github.io/"


def made(hub: Hub, profile: Any, **where: str) -> dict[str, Any]:
    status, body = hub.start(profile, **where)
    assert status in (201, 202), body
    (pod,) = hub.kubernetes.pods()
    return pod


def test_an_allowed_pod_is_made_as_it_was_decided_and_says_whose_it_is(hub: Hub) -> None:
    pod = made(hub, "large")
    labels, annotations = pod["metadata"]["labels"], pod["metadata"]["annotations"]
    assert labels[OURS + "user"] == annotations[OURS + "user"] == "ada"
    assert labels[OURS + "server"] == annotations[OURS + "server"] == ""
    assert annotations[OURS + "revision"].startswith("sha256:")
    assert labels[OURS + "network-profile"] == "notebook"
    assert labels[OURS + "image-rule"] == "institute-registry"
    assert labels["operators-own"] == "yes"
    assert pod["spec"]["serviceAccountName"] == "notebook"
    first, second = hub.records_from(labels[OURS + "decision"], 2)
    assert first["decision"] == second["decision"] == "allow"


def test_the_profile_that_nobody_chose_is_the_default_one(hub: Hub) -> None:
    pod = made(hub, None)
    for record in hub.records_from(pod["metadata"]["labels"][OURS + "decision"], 2):
        assert record["request"]["context"]["profile"]["__entity"]["id"] == "large"


def test_a_pod_with_a_device_is_made_for_who_may_have_one(hub: Hub) -> None:
    pod = made(hub, "gpu")
    assert pod["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("privileged", "The pod asks for a privileged container."),
        ("escalates", "A container of the pod may gain privileges."),
        ("host-path", "The pod mounts folders of the node."),
        ("host-network", "The pod asks for the node's network, processes or memory."),
        ("host-network-in-snake-case", "The pod asks for the node's network, processes or memory."),
        ("spoilt", "The pod asks for the node's network, processes or memory."),
        ("other-account", "The pod asks for a service account that is not meant for notebooks."),
        ("other-account-by-the-old-name", "The pod asks for a service account that is not meant"),
        ("token", "The pod would carry a token of the cluster."),
        ("other-image", "An image of the pod comes from another registry."),
        ("sidecar", ""),
        ("init", ""),
        ("misspelt", "The pod of this server could not be checked"),
        ("too-large", "The pod asks for more than its profile gives."),
        ("absurd", "The pod of this server could not be checked"),
        ("no-limits", "A container of the pod has no limit for cpu or memory."),
        ("priority", "The pod chooses its node or its priority."),
        ("mirrored", "An image of the pod comes from another registry."),
        ("unknown-obligation", "The pod of this server is not allowed."),
        ("restless", "The pod of this server is not allowed."),
    ],
)
def test_a_denied_pod_is_not_made_and_the_caller_learns_why(
    hub: Hub, profile: str, message: str
) -> None:
    status, body = hub.start(profile)
    assert status == 403, body
    assert body["message"].startswith(message)
    assert hub.kubernetes.pods() == []


def test_denials_do_not_end_the_hub(hub: Hub) -> None:
    for _ in range(4):
        assert hub.start("privileged")[0] == 403
        assert hub.start("absurd")[0] == 403
    made(hub, "large")


def test_a_denial_names_the_decision_that_the_records_have(hub: Hub) -> None:
    _, body = hub.start("privileged")
    _, _, decision = body["message"].rstrip(")").rpartition("(decision ")
    [denied] = hub.records_from(decision, 1)
    assert denied["decision"] == "deny"


def test_a_person_without_the_group_gets_no_device(hub: Hub) -> None:
    status, body = hub.start("gpu", user="grace")
    assert (status, hub.kubernetes.pods()) == (403, [])
    assert body["message"].startswith("GPU pods are for the GPU group")


def test_a_pod_in_the_namespace_of_others_is_not_made(hub: Hub) -> None:
    assert hub.start("large", user="bob")[0] == 403
    assert hub.kubernetes.pods() == []


def test_caps_are_brought_down_onto_limits_and_requests(hub: Hub) -> None:
    spec = made(hub, "capped")["spec"]
    resources = spec["containers"][0]["resources"]
    assert resources["limits"] == {"cpu": "1500m", "memory": "2147483648"}
    assert resources["requests"] == {"cpu": 0.5, "memory": 1073741824}
    assert spec["activeDeadlineSeconds"] == 8 * 3600


def test_placement_and_labels_are_as_obliged(hub: Hub) -> None:
    pod = made(hub, "placed")
    spec = pod["spec"]
    assert spec["nodeSelector"] == {"pool": "notebooks", "topology.kubernetes.io/zone": "a"}
    taint = {"key": "dedicated", "operator": "Equal", "value": "notebooks", "effect": "NoSchedule"}
    assert taint in spec["tolerations"]
    assert spec["runtimeClassName"] == "gvisor"
    assert spec["containers"][0]["imagePullPolicy"] == "Always"
    assert pod["metadata"]["labels"]["team"] == "genomics"


def test_labels_that_a_profile_forges_are_overwritten(hub: Hub) -> None:
    pod = made(hub, "forged-labels")
    assert pod["metadata"]["labels"][OURS + "user"] == "ada"
    assert pod["metadata"]["annotations"][OURS + "user"] == "ada"


def test_a_named_server_is_named_on_its_pod(hub: Hub) -> None:
    pod = made(hub, "large", server="second")
    assert pod["metadata"]["labels"][OURS + "server"] == "second"
    hub.stop(server="second")
