"""A real Enterprise Gateway on a free port, stopped by process id."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from waiting import until

HERE = Path(__file__).parent
TOKEN = "token-of-the-test"

CONFIG = """
from notegate.jupyter_server import protect

protect(c, bundle={bundle!r}, records={records!r}, gateway="eg")
c.EnterpriseGatewayApp.port = {port}
c.EnterpriseGatewayApp.port_retries = 0
c.EnterpriseGatewayApp.ip = "127.0.0.1"
c.EnterpriseGatewayApp.auth_token = {token!r}
c.EnterpriseGatewayApp.list_kernels = True
"""


class Gateway:
    """One running gateway, and what it wrote down."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = int(one.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.records = folder / "records.jsonl"
        self.log = folder / "gateway.log"
        bundle, config, data = folder / "policies", folder / "config.py", folder / "data"
        shutil.copytree(HERE / "policies", bundle)
        config.write_text(
            CONFIG.format(
                bundle=str(bundle), records=str(self.records), port=self.port, token=TOKEN
            )
        )
        for name in ("python3", "gpu"):
            kernel = data / "kernels" / name
            kernel.mkdir(parents=True)
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            about = {"argv": argv, "display_name": name, "language": "python"}
            (kernel / "kernel.json").write_text(json.dumps(about))
        environment = {
            **os.environ,
            "HOME": str(folder),
            "JUPYTER_CONFIG_DIR": str(folder / "none"),
            "JUPYTER_DATA_DIR": str(data),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "IPYTHONDIR": str(folder / "ipython"),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "enterprise_gateway", f"--config={config}"],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_up(self) -> None:
        def up() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"the gateway ended:\n{self.log.read_text()[-4000:]}")
            try:
                return self.api("GET", "/api").ok
            except requests.ConnectionError:
                return False

        until(up, "the gateway is up")

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def recorded(self, action: str) -> list[dict[str, Any]]:
        def found() -> list[dict[str, Any]]:
            lines = self.records.read_text().splitlines() if self.records.exists() else []
            all_of_them = [json.loads(line) for line in lines if line]
            return [one for one in all_of_them if one["request"]["action"]["id"] == action]

        records: list[dict[str, Any]] = until(found, f"{action} was recorded")
        return records

    def api(
        self, method: str, path: str, body: Any = None, token: str = TOKEN
    ) -> requests.Response:
        headers = {"Authorization": f"token {token}"}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=60)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    try:
        gateway.wait_up()
        yield gateway
    finally:
        gateway.stop()
