"""Profiles and pods of KubeSpawner, wired by `protect` alone, at the fake of Kubernetes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Hub, denied
from waiting import until

sys.path.append(str(Path(__file__).parents[1] / "kubespawner"))
from fake_kubernetes import FakeKubernetes

GPU = "GPU servers are for the GPU group. Choose another profile, or ask your group lead."

CONFIG = """
import os
os.environ["KUBECONFIG"] = {kubeconfig!r}
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.k8s_api_host = {address!r}
c.KubeSpawner.port = {port}
c.KubeSpawner.namespace = "lab"
c.KubeSpawner.events_enabled = False
c.KubeSpawner.cmd = ["jupyterhub-singleuser"]
async def profiles(spawner):
    return [
        {{"slug": "gpu", "display_name": "GPU", "default": True,
          "kubespawner_override": {{"extra_resource_limits": {{"nvidia.com/gpu": "1"}}}}}},
        {{"display_name": "Small", "kubespawner_override": {{"cpu_limit": 0.5, "mem_limit": "1G"}}}},
        {{"slug": "privileged", "display_name": "Privileged",
          "kubespawner_override": {{"privileged": True}}}},
    ]
c.KubeSpawner.profile_list = profiles
def operators_own(spawner, pod):
    pod.metadata.labels["operators-own"] = "yes"
    return pod
c.KubeSpawner.modify_pod_hook = operators_own
"""

POLICIES = """
@id("own-pods")
permit (
  principal is Notebook::User in Notebook::Group::"members",
  action == Notebook::Action::"pod:create",
  resource is Notebook::Pod
)
when { resource has owner && resource.owner == principal && !resource.privileged };

@id("privileged-profile-for-a-test")
permit (
  principal,
  action == Notebook::Action::"profile:use",
  resource == Notebook::Profile::"privileged"
);
"""


@pytest.fixture(scope="module")
def kubernetes() -> Iterator[FakeKubernetes]:
    fake = FakeKubernetes()
    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def pods_hub(
    make_hub: Callable[..., Hub],
    kubernetes: FakeKubernetes,
    tmp_path_factory: pytest.TempPathFactory,
) -> Hub:
    kubeconfig = tmp_path_factory.mktemp("kube") / "config"
    named = {"name": "fake", "context": {"cluster": "fake", "user": "hub"}}
    kubeconfig.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "fake", "cluster": {"server": kubernetes.address}}],
                "contexts": [named],
                "users": [{"name": "hub", "user": {"token": "none"}}],
                "current-context": "fake",
            }
        )
    )
    hub = make_hub(
        after=CONFIG.format(
            kubeconfig=str(kubeconfig), address=kubernetes.address, port=kubernetes.pod_port
        ),
        policies_text=POLICIES,
    )
    hub.wait_up()
    return hub


def test_the_form_of_kubespawner_shows_only_open_profiles(pods_hub: Hub) -> None:
    page = pods_hub.logged_in("bob").get(pods_hub.url + "/hub/spawn").text
    assert 'value="small"' in page
    assert 'value="gpu"' not in page
    assert 'value="gpu"' in pods_hub.logged_in("gus").get(pods_hub.url + "/hub/spawn").text


def test_a_closed_or_unknown_profile_is_a_readable_denial(pods_hub: Hub) -> None:
    ada = pods_hub.logged_in("ada")
    denied(ada.api("POST", "/users/ada/server", profile="gpu"), GPU)
    denied(ada.spawn("/ada", {"profile": "gpu"}), GPU)
    unknown = ada.api("POST", "/users/ada/server", profile="nope")
    assert unknown.status_code == 403
    assert unknown.json()["message"] == "There is no profile `nope`. Choose one from the form."


def test_nothing_chosen_takes_the_first_open_profile(
    pods_hub: Hub, kubernetes: FakeKubernetes
) -> None:
    ada = pods_hub.logged_in("ada")
    started = ada.api("POST", "/users/ada/servers/fresh")
    assert started.status_code in (201, 202), started.text
    pod = until(kubernetes.pods, "a pod is made")[0]
    assert pod["metadata"]["labels"]["operators-own"] == "yes"
    assert pod["spec"]["containers"][0]["resources"]["limits"]["cpu"] in (0.5, "0.5", "500m")
    assert ada.api("DELETE", "/users/ada/servers/fresh").status_code in (202, 204)
    until(lambda: not kubernetes.pods(), "the pod is gone")


def test_a_pod_that_no_policy_permits_is_denied(pods_hub: Hub) -> None:
    ada = pods_hub.logged_in("ada")
    answer = ada.api("POST", "/users/ada/servers/deep", profile="privileged")
    denied(answer, "The pod of this server is not allowed.")
