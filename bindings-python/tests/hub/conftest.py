"""A real hub with its proxy on free ports, stopped by process id."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[2] / "examples" / "jupyterhub"
PROXY = HERE / "node_modules" / ".bin" / "configurable-http-proxy"
PATIENCE = 120.0

CONFIG = """
import os
from notegate.jupyterhub import protect

{before}
protect(c, bundle={bundle!r}, records={records!r}, **{options!r}{options_text})
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/jhub/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {{"root-admin"}}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {home!r} + "/{{username}}"
c.Spawner.args = ["--allow-root"]
c.Spawner.consecutive_failure_limit = 3
c.JupyterHub.allow_named_servers = True
c.JupyterHub.load_groups = {{
    "members": {{"users": ["ada", "bob", "gus", "hal", "olga", "root-admin", "o'neil", "sue"]}},
    "gpu-users": {{"users": ["gus"]}},
    "helpdesk": {{"users": ["hal"]}},
    "operators": {{"users": ["olga"]}},
    "suspended": {{"users": ["sue"]}},
}}
c.JupyterHub.load_roles = [
    {{"name": "helpdesk", "users": ["hal", "bob"], "scopes": ["admin:servers", "list:users"]}},
    {{"name": "operator", "users": ["olga"], "scopes": ["admin:users", "admin:groups", "read:hub"]}},
    {{"name": "cull-idle", "services": ["cull-idle"],
      "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"]}},
    {{"name": "user", "scopes": ["self", "shares!user", "read:users:name"]}},
]
c.JupyterHub.services = [{{"name": "cull-idle", "api_token": "culler-token-of-the-test"}}]
{after}
"""


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Hub:
    """One running hub, and what it wrote down."""

    def __init__(
        self, folder: Path, policies: Path, before: str, after: str, text: str, options: Any
    ) -> None:
        port, hub_port, api_port = free_ports(3)
        self.folder, self.policies = folder, policies
        self.url = f"http://127.0.0.1:{port}/jhub"
        self.own_url = f"http://127.0.0.1:{hub_port}/jhub"
        self.records = folder / "records.jsonl"
        (folder / "home").mkdir()
        config = folder / "jupyterhub_config.py"
        config.write_text(
            CONFIG.format(
                before=before,
                after=after,
                bundle=str(policies),
                records=str(self.records),
                options=options,
                options_text=text,
                port=port,
                hub_port=hub_port,
                api_port=api_port,
                proxy=str(PROXY),
                home=str(folder / "home"),
            )
        )
        self.log = folder / "hub.log"
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(config)],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_up(self) -> None:
        def up() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"the hub ended:\n{self.log.read_text()[-4000:]}")
            try:
                return requests.get(f"{self.url}/hub/api/", timeout=5).ok
            except requests.ConnectionError:
                return False

        until(up, "the hub is up")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        # A hub that ended by itself or hard leaves its proxy behind, and this file.
        proxy = self.folder / "jupyterhub-proxy.pid"
        if proxy.exists():
            with suppress(ProcessLookupError):
                os.kill(int(proxy.read_text()), signal.SIGTERM)

    def recorded(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.records.read_text().splitlines() if line]

    def visitor(self) -> Visitor:
        return Visitor(self)

    def logged_in(self, name: str) -> Visitor:
        visitor = Visitor(self)
        answer = visitor.log_in(name)
        assert answer.status_code == 200, answer.text
        return visitor


class Visitor(requests.Session):
    """A browser's session, as far as the hub can tell."""

    def __init__(self, hub: Any) -> None:
        super().__init__()
        self.hub = hub

    def at(self, path: str) -> str:
        return f"{self.hub.url}{path}"

    @property
    def xsrf(self) -> str:
        own = [cookie for cookie in self.cookies if "/hub/" in cookie.path]
        values = [cookie.value for cookie in own if cookie.name == "_xsrf"]
        return values[-1] or ""

    def log_in(self, name: str, base: str = "/jhub") -> requests.Response:
        self.get(self.at("/hub/login"))
        form = {"username": name, "password": "x", "_xsrf": self.xsrf}
        answer = self.post(self.at(f"/hub/login?next={base}/hub/home"), data=form)
        self.get(self.at("/hub/home"))
        return answer

    def api(self, method: str, path: str, **json_body: Any) -> requests.Response:
        headers = {"X-XSRFToken": self.xsrf, "Referer": self.hub.url + "/hub/home"}
        body = json_body or None
        if method == "GET":
            return self.get(self.at("/hub/api" + path), headers=headers)
        return self.request(method, self.at("/hub/api" + path), json=body, headers=headers)

    def raw(self, method: str, path: str, url: str) -> tuple[int, str]:
        """A request whose path no client has tidied up."""
        there = urlsplit(url)
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
        connection = HTTPConnection(str(there.hostname), there.port, timeout=30)
        connection.request(method, there.path + path, headers={"Cookie": cookies})
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, body

    def spawn(self, path: str, form: dict[str, Any]) -> requests.Response:
        self.get(self.at("/hub/home"))
        data = {**form, "_xsrf": self.xsrf}
        return self.post(self.at("/hub/spawn" + path), data=data)

    def token(self, **wanted: Any) -> str:
        name = self.api("GET", "/user").json()["name"]
        issued = self.api("POST", f"/users/{name}/tokens", **wanted)
        assert issued.status_code == 201, issued.text
        return str(issued.json()["token"])


def until(true: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Asks again until it is so. The bound only ends a test that would hang."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        answer = true()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited in vain until {what}")


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
