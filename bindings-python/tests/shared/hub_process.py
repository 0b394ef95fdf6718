"""A real hub with its proxy on free ports of this machine, stopped by process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from waiting import PATIENCE, until

LOCAL = """
{before}
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/jhub/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {home!r} + "/{{username}}"
c.Spawner.args = ["--allow-root"]
{after}
"""


class HubProcess:
    """A running hub, and what it and its proxy wrote."""

    def __init__(self, config: Path, folder: Path, **environment: str) -> None:
        self.folder, self.log = folder, folder / "hub.log"
        # Where the program of people's servers is.
        programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(config)],
                cwd=folder,
                env={**os.environ, "PATH": programs, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        """All that was written so far."""
        return self.log.read_text(errors="replace")

    def wait_up(self) -> None:
        """Returns as soon as people can come."""

        def up() -> bool:
            assert self.process.poll() is None, f"the hub ended:\n{self.said()[-4000:]}"
            return "JupyterHub is now running" in self.said()

        until(up, "the hub is up")

    def stop(self) -> None:
        """Ends it, its proxy and the servers that it started."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        # A hub that ended by itself or hard leaves its proxy behind, and this file.
        proxy = self.proxy_id()
        if proxy is not None:
            with suppress(ProcessLookupError):
                os.kill(proxy, signal.SIGTERM)

    def proxy_id(self) -> int | None:
        """The process id of its proxy, while there is one."""
        file = self.folder / "jupyterhub-proxy.pid"
        try:
            return int(file.read_text())
        except (FileNotFoundError, ValueError):
            return None


class LocalHub(HubProcess):
    """One below `/jhub/` to which everybody may log in, and whose servers are processes of this machine."""

    def __init__(
        self, folder: Path, proxy: Sequence[str], *, before: str = "", after: str = ""
    ) -> None:
        self.port, hub_port, api_port = free_ports(3)
        self.url = f"http://127.0.0.1:{self.port}/jhub"
        self.own_url = f"http://127.0.0.1:{hub_port}/jhub"
        self.home = folder / "home"
        self.home.mkdir()
        config = folder / "jupyterhub_config.py"
        config.write_text(
            LOCAL.format(
                before=before,
                after=after,
                port=self.port,
                hub_port=hub_port,
                api_port=api_port,
                proxy=list(proxy),
                home=str(self.home),
            )
        )
        super().__init__(config, folder)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on: a hub has to be told its own."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
