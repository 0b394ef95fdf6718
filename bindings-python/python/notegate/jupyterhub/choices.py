"""What a person chose for a server, read alike from JSON, a form, a query and stored options."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyterhub.traitlets import ByteSpecification

import notegate

from .._enforce import names

_BYTES = ByteSpecification()
_LONGEST = 1024
_DEVICES = ("/gpu", "/mig-", "gpu.intel.com/")


class Unreadable(ValueError):
    """Options that have no one meaning."""


@dataclass(frozen=True)
class Choice:
    """A profile, an image and the compute asked for; each may be absent."""

    profile: str | None = None
    image: str | None = None
    resources: Mapping[str, int] = field(default_factory=dict)

    def context(self) -> dict[str, Any]:
        """The facts for a question."""
        facts: dict[str, Any] = {}
        if self.profile is not None:
            facts["profile"] = names.profile(self.profile)
        if self.image is not None:
            facts["image"] = notegate.Uid("Image", self.image)
        if self.resources:
            facts["requestedResources"] = dict(self.resources)
        return facts


def text(options: Mapping[str, Any], name: str) -> str | None:
    """One option as a text. A form sends lists, and a list of one is that one."""
    value = options.get(name)
    if isinstance(value, (list, tuple)):
        if len(value) > 1:
            raise Unreadable(f"The option `{name}` is given more than once. Choose one.")
        value = value[0] if value else None
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise Unreadable(f"The option `{name}` is not a short text. Choose from the form.")
    return value


def overridden(compute: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The compute of a spawner when a profile's overrides were applied."""
    wanted = dict(compute)
    for name in wanted:
        value = overrides.get(name)
        if value is not None and not callable(value):
            wanted[name] = value
    return wanted


def compute_of(spawner: Any) -> dict[str, Any]:
    """What a spawner says about compute, in its own words."""
    stated = ("cpu_limit", "cpu_guarantee", "mem_limit", "mem_guarantee", "extra_resource_limits")
    return {name: getattr(spawner, name, None) for name in (*stated, "image")}


def resources(compute: Mapping[str, Any]) -> dict[str, int]:
    """Compute as integers: millicores, bytes and devices."""
    amounts: dict[str, int] = {}
    cpu = compute.get("cpu_limit") or compute.get("cpu_guarantee")
    if cpu:
        amounts["cpu"] = math.ceil(float(cpu) * 1000)
    memory = compute.get("mem_limit") or compute.get("mem_guarantee")
    if memory:
        amounts["memory"] = int(_BYTES.validate(None, memory))
    devices = compute.get("extra_resource_limits")
    if isinstance(devices, Mapping):
        counts = [int(n) for name, n in devices.items() if any(d in name for d in _DEVICES)]
        if counts:
            amounts["gpu"] = sum(counts)
    return amounts
