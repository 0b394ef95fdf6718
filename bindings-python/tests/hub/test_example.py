"""The example for operators starts, lets in who it says, and is visited by the idle culler."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from conftest import EXAMPLE, HERE, denied
from hub_process import HubProcess, free_ports
from visitor import Visitor
from waiting import until


class Example(HubProcess):
    """The example, as far as a visitor needs it."""

    def __init__(self, run: Path) -> None:
        port, hub_port, api_port = free_ports(3)
        self.url = f"http://127.0.0.1:{port}"
        self.records = run / "records.jsonl"
        (run / "home").mkdir()
        (run / "node_modules").symlink_to(HERE / "node_modules")
        super().__init__(
            EXAMPLE / "jupyterhub_config.py",
            run,
            HUB_RUN=str(run),
            HUB_URL=self.url,
            HUB_OWN_URL=f"http://127.0.0.1:{hub_port}",
            HUB_PROXY_URL=f"http://127.0.0.1:{api_port}",
        )


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Example]:
    example = Example(tmp_path)
    try:
        example.wait_up()
        yield example
    finally:
        example.stop()


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
    assert "403 GET /hub/api/users" not in example.said()
