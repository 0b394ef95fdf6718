"""A real hub with the real KubeSpawner and proxy, and a fake of Kubernetes for it to make pods at."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from fake_kubernetes import FakeKubernetes
from waiting import until

HERE = Path(__file__).parent
BASELINE = HERE.parents[2] / "policies" / "baseline"


class Hub:
    """The hub's REST API, and what it made at the fake."""

    def __init__(self, address: str, token: str, kubernetes: FakeKubernetes, records: Path) -> None:
        self.address, self.token = address, token
        self.kubernetes, self._records = kubernetes, records

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"{self.address}/hub/api{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def start(self, profile: Any, user: str = "ada", server: str = "") -> tuple[int, Any]:
        self.ask("POST", f"/users/{user}")
        path = f"/users/{user}/servers/{server}" if server else f"/users/{user}/server"
        return self.ask("POST", path, {} if profile is None else {"profile": profile})

    def stop(self, user: str = "ada", server: str = "") -> None:
        path = f"/users/{user}/servers/{server}" if server else f"/users/{user}/server"
        self.ask("DELETE", path)

    def records_from(self, decision: str, count: int) -> list[dict[str, Any]]:
        """The record of a decision and those that follow it, as soon as so many are written."""

        def written() -> list[dict[str, Any]]:
            records = [json.loads(line) for line in self._records.read_text().splitlines()]
            ids = [record["decision_id"] for record in records]
            found = records[ids.index(decision) :] if decision in ids else []
            return found[:count] if len(found) >= count else []

        found: list[dict[str, Any]] = until(written, f"decision {decision} was recorded")
        return found


def bundle(folder: Path) -> Path:
    """The baseline bundle, with the tests' obligations and with their profiles as large as `large`."""
    copy = folder / "bundle"
    shutil.copytree(BASELINE, copy, ignore=shutil.ignore_patterns("tests"))
    shutil.copy(HERE / "obligations.cedar", copy)
    entities = json.loads((copy / "entities.json").read_text())
    profiles = {
        one["uid"]["id"]: one for one in entities if one["uid"]["type"] == "Notebook::Profile"
    }
    names = set(json.loads((HERE / "profiles.json").read_text()))
    for name in names - set(profiles):
        uid = {"type": "Notebook::Profile", "id": name}
        entities.append({**profiles["large"], "uid": uid})
    (copy / "entities.json").write_text(json.dumps(entities))
    return copy


def kubeconfig(folder: Path, kubernetes: FakeKubernetes) -> Path:
    path = folder / "kubeconfig"
    cluster = {"name": "fake", "cluster": {"server": kubernetes.address}}
    context = {"name": "fake", "context": {"cluster": "fake", "user": "hub"}}
    user = {"name": "hub", "user": {"token": "none"}}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [cluster],
        "contexts": [context],
        "users": [user],
        "current-context": "fake",
    }
    path.write_text(json.dumps(config))
    return path
