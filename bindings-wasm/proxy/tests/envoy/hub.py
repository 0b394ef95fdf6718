"""A real JupyterHub with its proxy, as it stands behind an Envoy."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx

from envoy import PATIENCE, until

CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/jhub/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {{"ada"}}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {home!r} + "/{{username}}"
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp"}}
"""


class Hub:
    """A running hub; ada is its administrator, and has a file."""

    def __init__(self, proxy: Path, folder: Path) -> None:
        (folder / "home" / "ada").mkdir(parents=True)
        (folder / "home" / "ada" / "hello.txt").write_text("hello")
        self.port, hub_port, api_port = free_ports(3)
        ports = {"port": self.port, "hub_port": hub_port, "api_port": api_port}
        config = folder / "jupyterhub_config.py"
        config.write_text(CONFIG.format(**ports, proxy=str(proxy), home=str(folder / "home")))
        self._folder, self._log = folder, folder / "hub.log"
        programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(config)],
                cwd=folder,
                env={**os.environ, "PATH": programs},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            until("the hub", self._ready)
        except BaseException:
            self.stop()
            raise

    def log(self) -> str:
        """All that it and its proxy wrote."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        """Ends it, its proxy and the servers that it started."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        # A hub that ended by itself leaves its proxy behind, and this file.
        left = self._folder / "jupyterhub-proxy.pid"
        if left.exists():
            with suppress(ProcessLookupError):
                os.kill(int(left.read_text()), signal.SIGTERM)

    def _ready(self) -> bool | None:
        assert self.process.poll() is None, f"the hub ended:\n{self.log()}"
        try:
            there = httpx.get(f"http://127.0.0.1:{self.port}/jhub/hub/api/").status_code == 200
        except httpx.TransportError:
            return None
        return there or None


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; its configuration has to name them."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
