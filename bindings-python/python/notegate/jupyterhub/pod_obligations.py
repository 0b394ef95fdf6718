"""What a decision obliges the hub to do to a pod, done to its manifest.

| Obligation | Value | What is done |
|---|---|---|
| `service_account` | a name | the pod runs as it |
| `automount_token` | `true`, `false` | whether its token is mounted |
| `max_cpu`, `max_memory`, `max_gpu` | millicores, bytes, devices | lowered to that, or the pod is denied |
| `node_selector_<key>` | a label's value | added to the node selector |
| `node_selector` | `key=value`, several by `,` | the same, for keys with `/`, `.` or `-` |
| `label_<key>`, `label` | as for node selectors | set as labels |
| `toleration` | `key=value:Effect` or `key:Effect`, several by `,` | added to the tolerations |
| `network_profile` | a label's value | the label `notegate.github.io/network-profile` |
| `image_rule` | a label's value | the label `notegate.github.io/image-rule` |
| `image_registry` | a host | every image is taken from that registry |
| `image_digest` | `sha256:…` | the first container's image is pinned to it |
| `image_pull_policy` | `Always`, `IfNotPresent`, `Never` | of every container |
| `priority_class`, `runtime_class` | a name | of the pod |
| `token_audience` | an audience | a token in the first container's `/var/run/secrets/notegate.github.io` |
| `token_lifetime` | a duration, 10 minutes or more | no projected token lasts longer |
| `session_lifetime` | a duration | the pod ends after it at the latest |
| `idle_timeout` | a duration | the annotation `notegate.github.io/idle-timeout` |

Network policies select the one label; whoever verifies images at admission selects the other. Any other
name is refused, and with it the pod.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .. import kubernetes
from .pod_compute import Unmet, cap, cap_devices
from .pod_labels import PREFIX, is_label_value, member

Apply = Callable[[dict[str, Any], str], None]
"""Does to a manifest what an obligation of this value asks for; raises `Unmet` when it cannot."""

_DURATION = re.compile(r"(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?")
_SHORTEST_TOKEN = 600
_DEFAULT_TOKEN = 3600
_TOKEN_VOLUME = "notegate-token"  # noqa: S105 (a name)
_TOKEN_FOLDER = "/var/run/secrets/notegate.github.io"  # noqa: S105 (a path)


def apply(
    obligations: Mapping[str, str], manifest: dict[str, Any], own: Mapping[str, Apply] | None = None
) -> None:
    """Does to the manifest what the obligations ask for.

    `own` are obligations of the operator's, by name. Raises `Unmet` for an unknown name and for what
    this pod cannot meet.
    """
    known = {**_KNOWN, **(own or {})}
    # An audience gives a token, whose lifetime may be an obligation too.
    for name in sorted(obligations, key=lambda name: (name == "token_lifetime", name)):
        value = obligations[name]
        try:
            if name in known:
                known[name](manifest, value)
            elif name.startswith("node_selector_"):
                _select(manifest, name.removeprefix("node_selector_"), value)
            elif name.startswith("label_"):
                _label(manifest, name.removeprefix("label_"), value)
            else:
                raise Unmet("its name is not known here")
        except (Unmet, kubernetes.PodError) as error:
            raise Unmet(f"obligation `{name}` with value `{value}`: {error}") from error


def _service_account(manifest: dict[str, Any], value: str) -> None:
    spec = manifest["spec"]
    spec["serviceAccountName"] = _name(value)
    if "serviceAccount" in spec:
        spec["serviceAccount"] = value


def _automount_token(manifest: dict[str, Any], value: str) -> None:
    if value not in ("true", "false"):
        raise Unmet("expected `true` or `false`")
    manifest["spec"]["automountServiceAccountToken"] = value == "true"


def _select(manifest: dict[str, Any], key: str, value: str) -> None:
    selector = member(manifest["spec"], "nodeSelector")
    selector[_key(key)] = _label_value(value)


def _label(manifest: dict[str, Any], key: str, value: str) -> None:
    if key.startswith(PREFIX):
        raise Unmet("labels of this prefix say whose the pod is")
    member(manifest["metadata"], "labels")[_key(key)] = _label_value(value)


def _each_pair(then: Callable[[dict[str, Any], str, str], None]) -> Apply:
    def apply_each(manifest: dict[str, Any], value: str) -> None:
        for pair in value.split(","):
            key, equals, text = pair.partition("=")
            if not equals:
                raise Unmet("expected `key=value`")
            then(manifest, key, text)

    return apply_each


def _toleration(manifest: dict[str, Any], value: str) -> None:
    spec = manifest["spec"]
    tolerations = list(spec.get("tolerations") or [])
    for taint in value.split(","):
        left, _, effect = taint.rpartition(":")
        key, equals, text = left.partition("=")
        if effect not in ("NoSchedule", "PreferNoSchedule", "NoExecute"):
            raise Unmet("expected `key=value:Effect` or `key:Effect`")
        wanted = {"key": _key(key), "operator": "Exists", "effect": effect}
        if equals:
            wanted.update(operator="Equal", value=_label_value(text))
        if wanted not in tolerations:
            tolerations.append(wanted)
    spec["tolerations"] = tolerations


def _own_label(name: str) -> Apply:
    def label(manifest: dict[str, Any], value: str) -> None:
        member(manifest["metadata"], "labels")[PREFIX + name] = _label_value(value)

    return label


def _image_registry(manifest: dict[str, Any], value: str) -> None:
    for container in _containers(manifest):
        container["image"] = kubernetes.image(container["image"], registry=value)
    for volume in manifest["spec"].get("volumes") or []:
        if volume.get("image") is not None:
            reference = volume["image"]["reference"]
            volume["image"]["reference"] = kubernetes.image(reference, registry=value)


def _image_digest(manifest: dict[str, Any], value: str) -> None:
    first = manifest["spec"]["containers"][0]
    first["image"] = kubernetes.image(first["image"], digest=value)


def _image_pull_policy(manifest: dict[str, Any], value: str) -> None:
    if value not in ("Always", "IfNotPresent", "Never"):
        raise Unmet("expected `Always`, `IfNotPresent` or `Never`")
    for container in _containers(manifest):
        container["imagePullPolicy"] = value


def _priority_class(manifest: dict[str, Any], value: str) -> None:
    manifest["spec"]["priorityClassName"] = _name(value)
    # The cluster fills the number in; one that is stated beside another class is refused there.
    manifest["spec"].pop("priority", None)


def _runtime_class(manifest: dict[str, Any], value: str) -> None:
    manifest["spec"]["runtimeClassName"] = _name(value)


def _cap(compute: str) -> Apply:
    def lower(manifest: dict[str, Any], value: str) -> None:
        cap(manifest["spec"], compute, _whole(value))

    return lower


def _max_gpu(manifest: dict[str, Any], value: str) -> None:
    cap_devices(manifest["spec"], _whole(value))


def _token_audience(manifest: dict[str, Any], value: str) -> None:
    if not value:
        raise Unmet("expected an audience")
    spec = manifest["spec"]
    source = {"serviceAccountToken": {"audience": value, "path": "token"}}
    wanted = {"name": _TOKEN_VOLUME, "projected": {"sources": [source]}}
    spec["volumes"] = _replaced(spec.get("volumes"), wanted, "name")
    first = spec["containers"][0]
    mount = {"name": _TOKEN_VOLUME, "mountPath": _TOKEN_FOLDER, "readOnly": True}
    first["volumeMounts"] = _replaced(first.get("volumeMounts"), mount, "name")


def _token_lifetime(manifest: dict[str, Any], value: str) -> None:
    longest = _seconds(value)
    if longest < _SHORTEST_TOKEN:
        raise Unmet("Kubernetes gives no token for less than 10 minutes")
    for token in _projected_tokens(manifest):
        stated = token.get("expirationSeconds")
        token["expirationSeconds"] = min(_DEFAULT_TOKEN if stated is None else stated, longest)


def _session_lifetime(manifest: dict[str, Any], value: str) -> None:
    longest = _seconds(value)
    if longest < 1:
        raise Unmet("expected a second or more")
    stated = manifest["spec"].get("activeDeadlineSeconds")
    manifest["spec"]["activeDeadlineSeconds"] = longest if stated is None else min(stated, longest)


def _idle_timeout(manifest: dict[str, Any], value: str) -> None:
    _seconds(value)
    member(manifest["metadata"], "annotations")[PREFIX + "idle-timeout"] = value


_KNOWN: dict[str, Apply] = {
    "automount_token": _automount_token,
    "idle_timeout": _idle_timeout,
    "image_digest": _image_digest,
    "image_pull_policy": _image_pull_policy,
    "image_registry": _image_registry,
    "image_rule": _own_label("image-rule"),
    "label": _each_pair(_label),
    "max_cpu": _cap("cpu"),
    "max_gpu": _max_gpu,
    "max_memory": _cap("memory"),
    "network_profile": _own_label("network-profile"),
    "node_selector": _each_pair(_select),
    "priority_class": _priority_class,
    "runtime_class": _runtime_class,
    "service_account": _service_account,
    "session_lifetime": _session_lifetime,
    "token_audience": _token_audience,
    "token_lifetime": _token_lifetime,
    "toleration": _toleration,
}


def _containers(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from manifest["spec"].get(kind) or []


def _projected_tokens(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for volume in manifest["spec"].get("volumes") or []:
        for source in (volume.get("projected") or {}).get("sources") or []:
            if source.get("serviceAccountToken") is not None:
                yield source["serviceAccountToken"]


def _replaced(items: Any, wanted: dict[str, Any], key: str) -> list[Any]:
    return [item for item in items or [] if item.get(key) != wanted[key]] + [wanted]


def _name(text: str) -> str:
    if len(text) > 253 or not re.fullmatch(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?", text):
        raise Unmet("expected the name of something in the cluster")
    return text


def _key(text: str) -> str:
    prefix, slash, name = text.rpartition("/")
    if not name or not is_label_value(name) or (slash and not prefix):
        raise Unmet(f"`{text}` is not the key of a label")
    if slash:
        _name(prefix)
    return text


def _label_value(text: str) -> str:
    if not is_label_value(text):
        raise Unmet(f"`{text}` is not the value of a label")
    return text


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise Unmet("expected a whole number")
    return int(text)


def _seconds(text: str) -> int:
    parts = _DURATION.fullmatch(text) if text else None
    if parts is None or len(text) > 32:
        raise Unmet("expected a duration such as `1h30m`")
    days, hours, minutes, seconds, _ = (int(part or 0) for part in parts.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
