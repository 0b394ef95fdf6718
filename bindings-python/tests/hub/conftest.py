"""A real hub that policy protects."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hub_process import LocalHub
from visitor import Visitor

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[2] / "examples" / "jupyterhub"
PROXY = HERE / "node_modules" / ".bin" / "configurable-http-proxy"

PROTECTED = """
import os
from notegate.jupyterhub import protect

{before}
protect(c, bundle={bundle!r}, records={records!r}, **{options!r}{options_text})
"""

PEOPLE = """
c.Authenticator.admin_users = {"root-admin"}
c.Spawner.consecutive_failure_limit = 3
c.JupyterHub.allow_named_servers = True
c.JupyterHub.load_groups = {
    "members": {"users": ["ada", "bob", "gus", "hal", "olga", "root-admin", "o'neil", "sue"]},
    "gpu-users": {"users": ["gus"]},
    "helpdesk": {"users": ["hal"]},
    "operators": {"users": ["olga"]},
    "suspended": {"users": ["sue"]},
}
c.JupyterHub.load_roles = [
    {"name": "helpdesk", "users": ["hal", "bob"], "scopes": ["admin:servers", "list:users"]},
    {"name": "operator", "users": ["olga"], "scopes": ["admin:users", "admin:groups", "read:hub"]},
    {"name": "cull-idle", "services": ["cull-idle"],
      "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"]},
    {"name": "user", "scopes": ["self", "shares!user", "read:users:name"]},
]
c.JupyterHub.services = [{"name": "cull-idle", "api_token": "culler-token-of-the-test"}]
"""


class Hub(LocalHub):
    """One running hub that policy protects, and what it wrote down."""

    def __init__(
        self, folder: Path, policies: Path, before: str, after: str, text: str, options: Any
    ) -> None:
        self.policies = policies
        self.records = folder / "records.jsonl"
        protected = PROTECTED.format(
            before=before,
            bundle=str(policies),
            records=str(self.records),
            options=options,
            options_text=text,
        )
        super().__init__(folder, [str(PROXY)], before=protected, after=PEOPLE + after)

    def recorded(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.records.read_text().splitlines() if line]

    def visitor(self) -> Visitor:
        return Visitor(self)

    def logged_in(self, name: str) -> Visitor:
        visitor = Visitor(self)
        answer = visitor.log_in(name)
        assert answer.status_code == 200, answer.text
        return visitor


def denied(answer: requests.Response, message: str) -> str:
    """Asserts a denial as JSON or as a page; returns the decision id."""
    assert answer.status_code == 403, (answer.status_code, answer.text[:2000])
    text = answer.text.replace("&#39;", "'")
    assert message in text, text
    found = re.search(r"decision ([0-9a-f-]{36})", text)
    assert found, text
    if answer.headers["Content-Type"].startswith("application/json"):
        assert answer.json()["decision_id"] == found[1]
    return found[1]


@pytest.fixture(scope="session")
def make_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Hub]]:
    made: list[Hub] = []

    def make(
        before: str = "",
        after: str = "",
        bundle: Path = EXAMPLE / "policies",
        options_text: str = "",
        policies_text: str = "",
        **options: Any,
    ) -> Hub:
        folder = tmp_path_factory.mktemp("hub")
        policies = folder / "policies"
        if bundle.exists():
            shutil.copytree(bundle, policies)
            if policies_text:
                (policies / "more.cedar").write_text(policies_text)
        hub = Hub(folder, policies, before, after, options_text, options)
        made.append(hub)
        return hub

    yield make
    for hub in made:
        hub.stop()


PROFILES = [
    {"slug": "small", "display_name": "Small", "description": "One core and two gigabytes."},
    {"slug": "gpu", "display_name": "GPU", "description": "One device, for half a day."},
]


@pytest.fixture(scope="session")
def hub(make_hub: Callable[..., Hub]) -> Hub:
    """The hub that most tests share, with hooks of the operator's own, set before and after."""
    hub = make_hub(
        before="""
async def mark_login(authenticator, handler, auth_model):
    open("logged-in", "a").write(auth_model["name"] + "\\n")
    return auth_model
c.Authenticator.post_auth_hook = mark_login
""",
        after="""
def mark_spawn(spawner):
    open("spawned", "a").write(spawner.user.name + "\\n")
c.Spawner.pre_spawn_hook = mark_spawn
""",
        profiles=PROFILES,
    )
    hub.wait_up()
    return hub
