"""Pods of KubeSpawner: decided as they would be sent, changed as the decision obliges, decided again.

    from notegate.jupyterhub import pods
    c.KubeSpawner.modify_pod_hook = pods.modify_pod_hook(pdp)

What the hook returns is what was decided last, field for field.
"""

from __future__ import annotations

import copy
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import notegate

from .. import kubernetes
from .denial import denial
from .pod_compute import Unmet
from .pod_labels import identify
from .pod_obligations import Apply, apply
from .pod_profile import chosen_profile

_CAPS = {"max_cpu": "cpu", "max_memory": "memory", "max_gpu": "gpu"}
_UNDECIDED = "The pod of this server could not be checked, so it was not started."
_DENIED = "The pod of this server is not allowed."

Hook = Callable[[Any, Any], Awaitable[Any]]
"""A `modify_pod_hook`: spawner and pod to the pod that is sent."""


@dataclass(frozen=True)
class Facts:
    """What the hub knows of a spawn, to send with the question."""

    entities: Sequence[notegate.Entity] = ()
    attributes: Mapping[Any, Mapping[str, Any]] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)


def user_facts(spawner: Any) -> Facts:
    """The facts that a spawner has by itself: whether the person is an admin of the hub."""
    user = notegate.Uid("User", spawner.user.name)
    return Facts(attributes={user: {"admin": bool(spawner.user.admin)}})


def modify_pod_hook(
    pdp: Any,
    *,
    existing: Callable[[Any, Any], Any] | None = None,
    facts: Callable[[Any], Facts] = user_facts,
    identity: Any = None,
    obligations: Mapping[str, Apply] | None = None,
    shadow: bool = False,
) -> Hook:
    """The hook that decides `pod:create` for every pod of KubeSpawner.

    `existing` is a hook that was there before; it runs first, and what it makes of the pod is
    decided. The person asks, or `identity` on their behalf: the uid of the hub's own service
    account, for bundles that let the hub alone make pods. `facts` tell what the hub knows of the
    person. `obligations` are the operator's own, by name. With `shadow` the decision is recorded,
    and nothing is changed or denied.
    """

    async def hook(spawner: Any, pod: Any) -> Any:
        if existing is not None:
            pod = await _result(existing(spawner, pod))
        log = getattr(spawner, "log", None) or logging.getLogger(__name__)
        try:
            admission = _Admission(pdp, spawner, await chosen_profile(spawner), identity, facts)
            if shadow:
                admission.decide(admission.serialised(pod))
                return pod
            return admission.admit(pod, obligations or {})
        except _Refused as refused:
            log.warning("pod of %s refused: %s", spawner._log_name, refused.detail)
            message, decision_id = refused.message, refused.decision_id
        except Exception:
            log.exception("pod of %s could not be decided", spawner._log_name)
            message, decision_id = _UNDECIDED, None
        if shadow:
            return pod
        raise denial(spawner, message, decision_id)

    return hook


class _Refused(Exception):
    def __init__(self, message: str, detail: str, decision_id: str) -> None:
        super().__init__(detail)
        self.message, self.detail, self.decision_id = message, detail, decision_id


class _Admission:
    """One pod on its way to the cluster."""

    def __init__(
        self,
        pdp: Any,
        spawner: Any,
        profile: str | None,
        identity: Any,
        facts: Callable[[Any], Facts],
    ) -> None:
        self._pdp, self._spawner, self._profile = pdp, spawner, profile
        self._identity, self._facts = identity, facts(spawner)

    def admit(self, pod: Any, own: Mapping[str, Apply]) -> Any:
        manifest = self.serialised(pod)
        first, _ = self._allowed(manifest)
        user, server = self._spawner.user.name, self._spawner.name
        try:
            apply(first.obligations, manifest, own)
            identify(manifest, user, server, first.decision_id, first.revision)
            second, facts = self._allowed(manifest)
            self._check_settled(second, manifest, own)
            _check_caps(first.obligations, facts.limits)
        except Unmet as unmet:
            raise _Refused(_DENIED, str(unmet), first.decision_id) from unmet
        pod.spec = manifest["spec"]
        pod.metadata.labels = manifest["metadata"]["labels"]
        pod.metadata.annotations = manifest["metadata"]["annotations"]
        if self.serialised(pod) != manifest:
            detail = "the pod that would be sent is not the one that was decided"
            raise _Refused(_DENIED, detail, second.decision_id)
        return pod

    def decide(self, manifest: dict[str, Any]) -> tuple[notegate.Response, kubernetes.PodFacts]:
        owner, server = self._spawner.user.name, self._spawner.name
        pod = kubernetes.pod(manifest, owner, server, self._profile, self._spawner.namespace)
        principal = person = notegate.Uid("User", owner)
        context = {**pod.context, **self._facts.context}
        if self._identity is not None:
            principal, context["onBehalfOf"] = self._identity, person
        response = self._pdp.authorize(
            principal,
            "pod:create",
            pod.uid,
            context,
            entities=[*self._facts.entities, *pod.entities],
            attributes={**self._facts.attributes, **pod.attributes},
        )
        return response, pod

    def serialised(self, pod: Any) -> dict[str, Any]:
        """The manifest as the client of this spawner would send it, and a copy of our own."""
        manifest = self._spawner.api.api_client.sanitize_for_serialization(pod)
        if not isinstance(manifest, dict):
            raise TypeError("the pod does not serialise to an object")
        return copy.deepcopy(manifest)

    def _allowed(self, manifest: dict[str, Any]) -> tuple[notegate.Response, kubernetes.PodFacts]:
        response, facts = self.decide(manifest)
        # `is`, so that nothing but the decision itself lets a pod through.
        if response.allowed is not True:
            detail = f"denied by {response.reason or 'default'}, decision {response.decision_id}"
            raise _Refused(response.message or _DENIED, detail, response.decision_id)
        return response, facts

    def _check_settled(
        self, response: notegate.Response, manifest: dict[str, Any], own: Mapping[str, Apply]
    ) -> None:
        again = copy.deepcopy(manifest)
        apply(response.obligations, again, own)
        if again != manifest:
            asked = ", ".join(sorted(response.obligations))
            raise Unmet(f"decided again, the pod is asked for something else by one of {asked}")


def _check_caps(obligations: Mapping[str, str], limits: Mapping[str, int]) -> None:
    for name, compute in _CAPS.items():
        if name not in obligations:
            continue
        # No device stated is none; no limit of cpu or memory stated is no limit.
        stated = limits.get(compute, 0 if compute == "gpu" else None)
        if stated is None or stated > int(obligations[name]):
            raise Unmet(f"obligation `{name}` does not hold for the pod that would be sent")


async def _result(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
