"""The example of an Envoy, run as its README says, in a copy of its own and on free ports."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PATIENCE = 600.0
"""After how many seconds an example that says nothing counts as stuck; it installs what it needs first."""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy, as it is in the repository but for the ports that it names."""
    folder = tmp_path / "envoy"
    shutil.copytree(ROOT / "examples" / "envoy", folder, ignore=shutil.ignore_patterns(".run"))
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = {str(10_000 + place): str(one.getsockname()[1]) for place, one in enumerate(sockets)}
    for one in sockets:
        one.close()
    named = set()
    for file in folder.iterdir():
        text = file.read_text()
        named.update(port for port in ports if port in text)
        for port, free in ports.items():
            text = text.replace(port, free)
        file.write_text(text)
    assert named == set(ports)
    return folder


@pytest.fixture
def running(example: Path) -> Iterator[subprocess.Popen[str]]:
    module = os.environ.get("NOTEGATE_PROXY", ROOT / "dist" / "notegate_proxy.wasm")
    environment = {**os.environ, "NOTEGATE_PROXY": str(Path(module).absolute())}
    # No terminal: whoever copies the commands into a script has none either.
    process = subprocess.Popen(
        ["./run"],
        cwd=example,
        env=environment,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    stuck = threading.Timer(PATIENCE, lambda: os.killpg(process.pid, signal.SIGKILL))
    stuck.start()
    yield process
    stuck.cancel()
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def test_the_example_answers_as_its_readme_says_and_ends_when_it_is_told_to(
    example: Path, running: subprocess.Popen[str]
) -> None:
    said: list[str] = []
    assert running.stdout is not None
    for line in running.stdout:
        said.append(line.rstrip())
        if line.startswith("try it:"):
            break
    answers = [line.split(": ", 1)[1] for line in said[:-1]]
    assert [answer[:3] for answer in answers] == ["200", "403", "401", "403", "400"], said
    assert "Only Python kernels run here." in answers[3]
    found = re.search(r"Bearer ([^']+)' (\S+)$", said[-1])
    assert found is not None, said
    request = urllib.request.Request(found[2], headers={"authorization": f"Bearer {found[1]}"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    stats = re.search(r"<(http://[^>]+)>", (example / "README.md").read_text())
    assert stats is not None
    with urllib.request.urlopen(stats[1]) as answer:
        assert b"notegate_decisions.action.server_readStatus.outcome.deny: 1" in answer.read()
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(60) == 0
