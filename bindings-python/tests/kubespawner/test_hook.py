"""The hook on a real spawner object: who asks, what goes wrong, and what shadow mode leaves alone."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import notegate
import pytest
from fake_kubernetes import FakeKubernetes
from jupyterhub.objects import Hub, Server
from jupyterhub.orm import Spawner as Stored
from kubernetes_asyncio.client import ApiClient, CoreV1Api, V1ObjectMeta
from kubernetes_asyncio.config import kube_config
from kubespawner import KubeSpawner
from kubespawner_hub import kubeconfig
from notegate.jupyterhub import pods
from tornado.web import HTTPError

POLICIES = Path(__file__).parents[3] / "policies"
DIGEST = "sha256:" + "0123456789abcdef" * 4
HARDENED = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


class Person:
    """What a spawner reads of its user."""

    id, admin, url, server = 1, False, "/", Server()

    def __init__(self, name: str) -> None:
        self.name = self.escaped_name = name
        self.settings: dict[str, Any] = {}


def run(hook: pods.Hook, user: str = "ada", **configured: Any) -> tuple[Any, dict[str, Any]]:
    """What the hook makes of the pod of this spawner, and the pod as it was, both as sent."""

    async def spawn() -> tuple[Any, dict[str, Any]]:
        async with ApiClient() as client:
            spawner = KubeSpawner(
                hub=Hub(), user=Person(user), orm_spawner=Stored(name=""), _mock=True, **configured
            )
            spawner.api, spawner.handler, spawner.port = CoreV1Api(client), None, 8888
            pod = await spawner.get_pod_manifest()
            before = copy.deepcopy(client.sanitize_for_serialization(pod))
            after = await hook(spawner, pod)
            return client.sanitize_for_serialization(after), before

    return asyncio.run(spawn())


def institute(**changed: Any) -> dict[str, Any]:
    return {
        "namespace": "genomics",
        "image": "registry.institute.example/notebook/base:2026.11",
        "service_account": "notebook",
        "automount_service_account_token": False,
        "cpu_limit": 2,
        "mem_limit": "4G",
        "container_security_context": HARDENED,
        "profile_list": [{"slug": "large", "display_name": "Large"}],
        **changed,
    }


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a spawner wants to know of before it is made; nothing is sent there."""
    kubernetes = FakeKubernetes()
    with pytest.MonkeyPatch.context() as patch:
        path = kubeconfig(tmp_path_factory.mktemp("kube"), kubernetes)
        patch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(path))
        yield
    kubernetes.stop()


@pytest.fixture(scope="module")
def baseline() -> notegate.Pdp:
    return notegate.Pdp.open(POLICIES / "baseline", watch=False)


def test_a_pod_that_the_bundle_allows_is_labelled(baseline: notegate.Pdp) -> None:
    sent, _ = run(pods.modify_pod_hook(baseline), **institute())
    assert sent["metadata"]["labels"]["notegate.github.io/network-profile"] == "notebook"


@pytest.mark.parametrize("existing", ["sync", "async"])
def test_a_hook_that_was_there_before_runs_first(baseline: notegate.Pdp, existing: str) -> None:
    def spoils(spawner: Any, pod: Any) -> Any:
        pod.spec.host_network = True
        return pod

    async def spoils_too(spawner: Any, pod: Any) -> Any:
        return spoils(spawner, pod)

    before = spoils if existing == "sync" else spoils_too
    with pytest.raises(HTTPError) as raised:
        run(pods.modify_pod_hook(baseline, existing=before), **institute())
    assert raised.value.status_code == 403


def test_the_hub_asks_on_behalf_of_the_person_when_it_has_an_identity() -> None:
    registry = institute(
        namespace="workbench",
        image=f"images.registry.example/notebook/analysis@{DIGEST}",
        service_account="workbench-notebook",
        profile_list=[],
    )
    with notegate.Pdp.open(POLICIES / "regulated", watch=False) as pdp:
        identity = notegate.Uid("ServiceAccount", "platform/hub")
        sent, _ = run(pods.modify_pod_hook(pdp, identity=identity), "nora", **registry)
        assert sent["metadata"]["labels"]["notegate.github.io/image-rule"] == "signed"
        with pytest.raises(HTTPError):
            run(pods.modify_pod_hook(pdp), "nora", **registry)


def test_shadow_mode_changes_nothing_and_denies_nothing(baseline: notegate.Pdp) -> None:
    for changed in ({}, {"privileged": True}, {"extra_resource_limits": {"nvidia.com/gpu": "x"}}):
        hook = pods.modify_pod_hook(baseline, shadow=True)
        sent, before = run(hook, **institute(**changed))
        assert sent == before


class Broken:
    """A decision point that answers what no decision point answers."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def authorize(self, *_: Any, **__: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Truthy:
    """All that a response has, but for a decision."""

    allowed, message, decision_id, revision = "yes", None, "1", "sha256:1"
    reason: Sequence[str] = ()
    obligations: Mapping[str, str] = {}


@pytest.mark.parametrize("answer", [RuntimeError("broken"), None, Truthy()])
def test_what_is_no_decision_is_a_denial_and_no_failure(answer: Any) -> None:
    with pytest.raises(HTTPError) as raised:
        run(pods.modify_pod_hook(Broken(answer)), **institute())
    assert raised.value.status_code == 403
    assert "broken" not in str(raised.value.jupyterhub_message)  # type: ignore[attr-defined]


def test_facts_that_cannot_be_had_are_a_denial(baseline: notegate.Pdp) -> None:
    def unknown(spawner: Any) -> pods.Facts:
        raise LookupError

    with pytest.raises(HTTPError):
        run(pods.modify_pod_hook(baseline, facts=unknown), **institute())


def test_a_profile_counts_only_when_there_is_that_profile(baseline: notegate.Pdp) -> None:
    asked = {"profile": "large"}
    with pytest.raises(HTTPError) as raised:
        run(
            pods.modify_pod_hook(baseline),
            **institute(profile_list=[], user_options=asked),
        )
    assert "more than its profile gives" in str(raised.value.jupyterhub_message)  # type: ignore[attr-defined]


def test_a_pod_that_does_not_take_what_was_decided_is_not_sent(baseline: notegate.Pdp) -> None:
    class Stubborn(V1ObjectMeta):  # type: ignore[misc]
        labels = property(lambda self: {"mine": "stays"}, lambda self, labels: None)

    def stubborn(spawner: Any, pod: Any) -> Any:
        pod.metadata = Stubborn(name=pod.metadata.name)
        return pod

    with pytest.raises(HTTPError) as raised:
        run(pods.modify_pod_hook(baseline, existing=stubborn), **institute())
    assert "decision" in str(raised.value.jupyterhub_message)  # type: ignore[attr-defined]
