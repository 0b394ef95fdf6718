"""A real Envoy."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import httpx

from configs import Json, Setup

T = TypeVar("T")

PATIENCE = 120.0
"""After how many seconds something that does not come counts as never coming."""


def until(what: str, found: Callable[[], T | None]) -> T:
    """Asks again and again until there is an answer."""
    deadline = time.monotonic() + PATIENCE
    while (answer := found()) is None:
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not in {PATIENCE} seconds")
        time.sleep(0.02)
    return answer


class Listening:
    """A listener of a running proxy, and what the proxy says since it is there."""

    def __init__(self, admin: httpx.Client, log: Path, port: int, begun: int = 0) -> None:
        self.admin, self.port = admin, port
        self._log, self._begun = log, begun

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        """All that was written since it listens."""
        with self._log.open("rb") as file:
            file.seek(self._begun)
            return file.read().decode(errors="replace")

    def lines(self) -> list[Json]:
        """What the filter wrote: one object each."""
        found = re.findall(r"wasm log[^:]*: (\{.*\})$", self.log(), re.MULTILINE)
        return [json.loads(line) for line in found]

    def wrote(self, what: str, is_it: Callable[[Json], bool]) -> Json:
        """The first line that is it, as soon as there is one."""
        return until(what, lambda: next(filter(is_it, self.lines()), None))

    def stats(self) -> dict[str, int]:
        """The statistics that the filter made, without the proxy's prefix."""
        text = self.admin.get("/stats?filter=notegate").text
        pairs = (line.rsplit(": ", 1) for line in text.splitlines() if ": " in line)
        return {name.removeprefix("wasmcustom."): int(value) for name, value in pairs}

    def all_stats(self, matching: str) -> dict[str, int]:
        """The proxy's own statistics whose names match."""
        text = self.admin.get("/stats", params={"filter": matching}).text
        pairs = (line.rsplit(": ", 1) for line in text.splitlines() if ": " in line)
        return {name: int(value) for name, value in pairs if value.isdigit()}


class Envoy(Listening):
    """A running proxy with one listener."""

    def __init__(self, program: Path, setup: Setup, folder: Path, workers: int = 2) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        log, config, admin = folder / "log", folder / "bootstrap.json", folder / "admin"
        config.write_text(json.dumps(setup.bootstrap()))
        command = [program, "-c", config, "--concurrency", str(workers), "--log-path", log]
        command += ["--use-dynamic-base-id", "--admin-address-path", admin, "--log-level", "info"]
        command += ["--file-flush-interval-msec", "20"]
        self.process = subprocess.Popen([str(part) for part in command])
        try:
            self._log, self._begun = log, 0
            until("the proxy's address", lambda: self._alive() or _content(admin))
            client = httpx.Client(base_url=f"http://{admin.read_text()}", timeout=PATIENCE)
            super().__init__(client, log, 0)
            until("the proxy", lambda: self._alive() or self._ready())
            self.port = self.ports()["main"]
        except BaseException:
            self.stop()
            raise

    def ports(self) -> dict[str, int]:
        """Where its listeners are, by their names."""
        listeners = self.admin.get("/listeners?format=json").json().get("listener_statuses", [])
        address = lambda one: one["local_address"]["socket_address"]["port_value"]  # noqa: E731
        return {one["name"]: address(one) for one in listeners}

    def size(self) -> int:
        """How much it wrote so far."""
        return self._log.stat().st_size

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait(PATIENCE)

    def _alive(self) -> None:
        if self.process.poll() is not None:
            raise AssertionError(f"the proxy ended:\n{self.log()}")

    def _ready(self) -> bool | None:
        try:
            return True if self.admin.get("/ready").text.strip() == "LIVE" else None
        except httpx.TransportError:
            return None

    def __enter__(self) -> Envoy:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def validate(program: Path, setup: Setup, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the proxy says of a configuration before it runs with it."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "bootstrap.json"
    config.write_text(json.dumps(setup.bootstrap()))
    command = [program, "--mode", "validate", "-c", config, "--use-dynamic-base-id"]
    return subprocess.run([str(part) for part in command], text=True, capture_output=True)


def _content(path: Path) -> str | None:
    return (path.read_text() or None) if path.exists() else None
