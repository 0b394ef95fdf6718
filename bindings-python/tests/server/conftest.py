"""A real server on a free port, with the extensions that people have, stopped by process id."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket
from waiting import until

HERE = Path(__file__).parent
POLICIES = HERE / "policies"
TOKEN = "token-of-the-test"
V1 = "v1.kernel.websocket.jupyter.org"

CONFIG = """
from notegate.jupyter_server import protect

protect(c, bundle={bundle!r}, records={records!r}, owner="ada", **{options!r})
c.ServerApp.port = {port}
c.ServerApp.port_retries = 0
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.base_url = "/user/ada/"
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True
c.ServerApp.root_dir = {root!r}
c.IdentityProvider.token = {token!r}
c.FileContentsManager.delete_to_trash = False
{after}
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Server:
    """One running server, and what it wrote down."""

    def __init__(self, folder: Path, bundle: Path, after: str, options: dict[str, Any]) -> None:
        port = free_port()
        self.folder, self.bundle = folder, bundle
        self.root = folder / "root"
        self.origin = f"http://127.0.0.1:{port}"
        self.url = f"{self.origin}/user/ada"
        self.port = port
        self.records = folder / "records.jsonl"
        self.log = folder / "server.log"
        configuration, data = folder / "config", folder / "data"
        configuration.mkdir()
        self._files()
        _kernel(data, "gpu", "GPU")
        self.config = configuration / "jupyter_server_config.py"
        self.config.write_text(
            CONFIG.format(
                bundle=str(bundle),
                records=str(self.records),
                options=options,
                port=port,
                root=str(self.root),
                token=TOKEN,
                after=after,
            )
        )
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "JUPYTER_CONFIG_DIR": str(configuration),
            "JUPYTER_DATA_DIR": str(data),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "IPYTHONDIR": str(folder / "ipython"),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server"],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _files(self) -> None:
        (self.root / "private").mkdir(parents=True)
        for name in ("open.csv", "stored.csv", "private/secret.csv"):
            (self.root / name).write_text("a,b\n1,2\n")
        notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        for name in ("open.ipynb", "private/secret.ipynb"):
            (self.root / name).write_text(json.dumps(notebook))

    def wait_up(self) -> None:
        def up() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended:\n{self.log.read_text()[-4000:]}")
            try:
                return requests.get(f"{self.url}/api", timeout=5).ok
            except requests.ConnectionError:
                return False

        until(up, "the server is up")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def recorded(self) -> list[dict[str, Any]]:
        if not self.records.exists():
            return []
        return [json.loads(line) for line in self.records.read_text().splitlines() if line]

    def mark(self) -> int:
        """The place of a record of now, when all before it are written: they are written in order."""
        denial = self.api("POST", "/api/terminals").json()["decision_id"]
        return self.place(denial)

    def place(self, decision: str) -> int:
        """The place of a decision's record, as soon as it is written."""

        def written() -> list[int]:
            return [at for at, one in enumerate(self.recorded()) if one["decision_id"] == decision]

        [place] = until(written, f"decision {decision} was recorded")
        return int(place)

    def asked(self, action: str, count: int = 1) -> list[dict[str, Any]]:
        """The records of an action, as soon as there are so many. They are written by another thread."""

        def enough() -> list[dict[str, Any]]:
            found = [one for one in self.recorded() if one["request"]["action"]["id"] == action]
            return found if len(found) >= count else []

        found: list[dict[str, Any]] = until(enough, f"{action} was recorded {count} times")
        return found

    def api(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        headers = {"Authorization": f"token {TOKEN}"}
        return requests.request(
            method, self.url + path, json=body, headers=headers, timeout=60, **more
        )

    def raw(
        self,
        method: str,
        target: str,
        websocket: bool = False,
        token: str | None = TOKEN,
        body: str | None = None,
    ) -> tuple[int, str, dict[str, str]]:
        """A request whose target no client has tidied up."""
        headers = {} if token is None else {"Authorization": f"token {token}"}
        if websocket:
            headers |= {
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            }
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        told = answer.status, "", dict(answer.getheaders())
        if answer.status != 101:
            told = answer.status, answer.read().decode("utf-8", "replace"), told[2]
        connection.close()
        return told

    def kernel(self, name: str | None = None) -> str:
        started = self.api("POST", "/api/kernels", {} if name is None else {"name": name})
        assert started.status_code == 201, started.text
        return str(started.json()["id"])

    def channels(self, kernel: str, protocol: str | None = V1) -> Channels:
        return Channels(self, kernel, protocol)


class Channels:
    """The channels of a kernel, as a client has them."""

    def __init__(self, server: Server, kernel: str, protocol: str | None) -> None:
        url = f"{server.url.replace('http', 'ws')}/api/kernels/{kernel}/channels"
        self.protocol = protocol
        self.socket = websocket.create_connection(
            url,
            header={"Authorization": f"token {TOKEN}"},
            subprotocols=[protocol] if protocol else None,
            timeout=60,
        )

    def send(self, kind: str, content: dict[str, Any], channel: str = "shell") -> str:
        header = {
            "msg_id": uuid.uuid4().hex,
            "session": "test",
            "username": "",
            "date": "2026-01-01T00:00:00Z",
            "msg_type": kind,
            "version": "5.3",
        }
        self.send_parts(channel, json.dumps(header), json.dumps(content))
        return str(header["msg_id"])

    def send_parts(self, channel: str, header: str, content: str) -> None:
        if self.protocol is None:
            text = (
                f'{{"channel": {json.dumps(channel)}, "header": {header}, "parent_header": {{}}, '
                f'"metadata": {{}}, "content": {content}, "buffers": []}}'
            )
            self.socket.send(text)
            return
        parts = [channel.encode(), header.encode(), b"{}", b"{}", content.encode()]
        offsets = [8 * (len(parts) + 2)]
        for part in parts:
            offsets.append(offsets[-1] + len(part))
        counted = [len(offsets), *offsets]
        packed = b"".join(number.to_bytes(8, "little") for number in counted)
        self.socket.send_binary(packed + b"".join(parts))

    def receive(self) -> dict[str, Any]:
        frame = self.socket.recv()
        if isinstance(frame, str):
            message: dict[str, Any] = json.loads(frame)
            return message
        count = int.from_bytes(frame[:8], "little")
        ends = [int.from_bytes(frame[8 * (at + 1) : 8 * (at + 2)], "little") for at in range(count)]
        parts = [frame[start:end] for start, end in itertools.pairwise(ends)]
        return {
            "channel": parts[0].decode(),
            "header": json.loads(parts[1]),
            "parent_header": json.loads(parts[2]),
            "content": json.loads(parts[4]),
        }

    def replies(self, message_id: str) -> list[dict[str, Any]]:
        """What came for a message, up to its reply and the kernel's being idle again."""
        found: list[dict[str, Any]] = []
        replied = idle = False
        while not (replied and idle):
            message = self.receive()
            if message["parent_header"].get("msg_id") != message_id:
                continue
            found.append(message)
            kind = message["header"]["msg_type"]
            replied = replied or kind.endswith("_reply")
            idle = idle or message["content"].get("execution_state") == "idle"
        return found

    def run(self, code: str) -> list[dict[str, Any]]:
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        return self.replies(self.send("execute_request", {**content, "allow_stdin": False}))


def printed(replies: list[dict[str, Any]]) -> str:
    streams = [one for one in replies if one["header"]["msg_type"] == "stream"]
    return "".join(one["content"]["text"] for one in streams)


def errors(replies: list[dict[str, Any]]) -> list[str]:
    found = [one for one in replies if one["header"]["msg_type"] == "error"]
    return [one["content"]["evalue"] for one in found]


def denied(answer: requests.Response, message: str) -> None:
    assert answer.status_code == 403, (answer.status_code, answer.text[:2000])
    text = answer.text.replace("&#39;", "'").replace("&#96;", "`")
    assert message in text and "(decision " in text, text[:3000]


def _kernel(data: Path, name: str, display: str) -> None:
    """A kernel that is Python under another name."""
    folder = data / "kernels" / name
    folder.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    specification = {"argv": argv, "display_name": display, "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(specification))


Make = Callable[..., Server]


@pytest.fixture(scope="session")
def make_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    made: list[Server] = []

    def make(
        policies: str | None = None, after: str = "", wait: bool = True, **options: Any
    ) -> Server:
        folder = tmp_path_factory.mktemp("server")
        bundle = folder / "policies"
        shutil.copytree(POLICIES, bundle)
        if policies is not None:
            (bundle / "policies.cedar").write_text(policies)
        server = Server(folder, bundle, after, options)
        made.append(server)
        if wait:
            server.wait_up()
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture(scope="session")
def server(make_server: Make) -> Server:
    """The server that most tests share."""
    return make_server()
