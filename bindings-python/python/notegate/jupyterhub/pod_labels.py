"""Labels that say whose a pod is, and which decision let it be made."""

from __future__ import annotations

import hashlib
import re
from typing import Any

PREFIX = "notegate.github.io/"
"""What the names of our labels and annotations begin with."""

_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_HASHED = "sha256."
_KEPT = 40


def label_value(text: str) -> str:
    """The text as the value of a label: itself where it can be one, else the start of its SHA-256.

    No two texts have one value. An annotation of the same name has the text itself.
    """
    if is_label_value(text) and not text.startswith(_HASHED):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return _HASHED + digest[:_KEPT]


def is_label_value(text: str) -> bool:
    """Whether Kubernetes takes the text as the value of a label."""
    return _VALUE.fullmatch(text) is not None


def identify(
    manifest: dict[str, Any], user: str, server: str, decision_id: str, revision: str
) -> None:
    """Writes the identity into the manifest, over whatever a profile or template wrote there."""
    stated = {"user": user, "server": server, "decision": decision_id, "revision": revision}
    labels = member(manifest["metadata"], "labels")
    annotations = member(manifest["metadata"], "annotations")
    for name, text in stated.items():
        labels[PREFIX + name] = label_value(text)
        annotations[PREFIX + name] = text


def member(parent: dict[str, Any], name: str) -> dict[str, Any]:
    """The dict at this name, made when it is not there."""
    value = parent.get(name)
    if value is None:
        value = parent[name] = {}
    if not isinstance(value, dict):
        raise TypeError(f"`{name}` of the manifest is not an object")
    return value
