"""Caps on the compute of a pod, brought down onto its containers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import kubernetes
from .pod_labels import member


class Unmet(Exception):
    """An obligation that cannot be met by this pod."""


def cap(spec: dict[str, Any], compute: str, most: int) -> None:
    """Lowers `cpu` or `memory` so that the pod never uses more than `most`.

    Containers beside the first keep what they state, and must state it; the first gets what is left
    at most, and so does each init container, which runs beside the sidecars only.
    """
    sidecars, inits = _init_containers(spec)
    first, *others = spec["containers"]
    beside = sum(_stated(container, compute) for container in sidecars)
    rest = sum(_stated(container, compute) for container in others)
    _lower(first, compute, most - beside - rest)
    for container in inits:
        _lower(container, compute, most - beside)


def cap_devices(spec: dict[str, Any], most: int) -> None:
    """Lowers the devices that are counted as `gpu`, of whichever kind, to `most`."""
    sidecars, inits = _init_containers(spec)
    first, *others = spec["containers"]
    beside = sum(_devices(container) for container in sidecars)
    rest = sum(_devices(container) for container in others)
    _lower_devices(first, most - beside - rest)
    for container in inits:
        _lower_devices(container, most - beside)


def _init_containers(spec: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    all_of_them = spec.get("initContainers") or []
    sidecars = [one for one in all_of_them if one.get("restartPolicy") == "Always"]
    return sidecars, [one for one in all_of_them if one.get("restartPolicy") != "Always"]


def _stated(container: dict[str, Any], compute: str) -> int:
    limit = _amounts(container, "limits").get(compute)
    if limit is None:
        raise Unmet(f"container `{container.get('name')}` has no limit for {compute}")
    return kubernetes.quantity(compute, limit)


def _lower(container: dict[str, Any], compute: str, room: int) -> None:
    if room <= 0:
        raise Unmet(f"the other containers leave no {compute} for `{container.get('name')}`")
    limits = member(member(container, "resources"), "limits")
    limit = room
    if limits.get(compute) is not None:
        limit = min(room, kubernetes.quantity(compute, limits[compute]))
    if limits.get(compute) is None or limit < kubernetes.quantity(compute, limits[compute]):
        limits[compute] = _written(compute, limit)
    requests = _amounts(container, "requests")
    asked = requests.get(compute)
    if asked is not None and kubernetes.quantity(compute, asked) > limit:
        requests[compute] = _written(compute, limit)


def _lower_devices(container: dict[str, Any], room: int) -> None:
    if room < 0:
        raise Unmet("the other containers have more devices already")
    if _devices(container) <= room:
        return
    kinds = sorted(set(_device_names(container)))
    if room > 0 and len(kinds) > 1:
        raise Unmet(f"container `{container.get('name')}` asks for devices of several kinds")
    for name in ("limits", "requests"):
        amounts = _amounts(container, name)
        for kind in kinds:
            if kind in amounts and room == 0:
                del amounts[kind]
            elif kind in amounts:
                amounts[kind] = str(room)


def _devices(container: dict[str, Any]) -> int:
    limits, requests = _amounts(container, "limits"), _amounts(container, "requests")
    total = 0
    for kind in set(_device_names(container)):
        stated = [amounts[kind] for amounts in (limits, requests) if amounts.get(kind) is not None]
        total += max((kubernetes.quantity(kind, amount) for amount in stated), default=0)
    return total


def _device_names(container: dict[str, Any]) -> Iterable[str]:
    for name in ("limits", "requests"):
        yield from (kind for kind in _amounts(container, name) if kubernetes.is_gpu(kind))


def _amounts(container: dict[str, Any], name: str) -> dict[str, Any]:
    resources = container.get("resources") or {}
    amounts: dict[str, Any] = resources.get(name) or {}
    return amounts


def _written(compute: str, amount: int) -> str:
    return f"{amount}m" if compute == "cpu" else str(amount)
