"""The example for operators starts, lets in who it says, and is visited by the idle culler."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from conftest import EXAMPLE, HERE, Visitor, denied, free_ports, until


class Example:
    """The example, as far as a visitor needs it."""

    def __init__(self, run: Path) -> None:
        port, hub_port, api_port = free_ports(3)
        self.url = f"http://127.0.0.1:{port}"
        self.records = run / "records.jsonl"
        (run / "home").mkdir()
        (run / "node_modules").symlink_to(HERE / "node_modules")
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HUB_RUN": str(run),
            "HUB_URL": self.url,
            "HUB_OWN_URL": f"http://127.0.0.1:{hub_port}",
            "HUB_PROXY_URL": f"http://127.0.0.1:{api_port}",
        }
        config = EXAMPLE / "jupyterhub_config.py"
        self.log = run / "hub.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(config)],
                cwd=run,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Example]:
    example = Example(tmp_path)
    until(lambda: "JupyterHub is now running" in example.log.read_text(), "the example is up")
    yield example
    example.process.send_signal(signal.SIGTERM)
    example.process.wait(60)


def test_the_example_does_what_its_page_says(example: Example) -> None:
    ada = Visitor(example)
    assert ada.log_in("ada", "").status_code == 200
    denied(ada.get(example.url + "/hub/spawn?profile=gpu"), "GPU servers are for the GPU group.")
    assert Visitor(example).log_in("mallory", "").status_code == 403
    assert requests.get(example.url + "/hub/health", timeout=30).ok
    # A server asks the same policies.
    assert ada.api("POST", "/users/ada/server", profile="small").status_code in (201, 202)
    until(lambda: ada.api("GET", "/users/ada").json()["servers"][""]["ready"], "it is ready")
    assert ada.get(example.url + "/user/ada/lab").status_code == 200
    own = [c for c in ada.cookies if c.name == "_xsrf" and "/user/ada" in c.path]
    install = ada.post(
        example.url + "/user/ada/lab/api/extensions",
        json={"cmd": "install", "extension_name": "x"},
        headers={"X-XSRFToken": own[0].value or ""},
    )
    denied(install, "Extensions come with the image.")
    # The culler asks the hub for everybody's servers, and the hub asks whether it may.
    until(lambda: '"cull-idle"' in example.records.read_text(), "the culler came by")
    assert "403 GET /hub/api/users" not in example.log.read_text()
