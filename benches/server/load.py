"""Two hundred people at one real server, with policy and without: `make bench-server`.

Both servers run at once and take turns, so that whatever else the machine does meets both alike. Each
person thinks for a second, on average, between two requests, which are those of an open page. The
difference is given beside the differences between turns of one and the same server.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

PEOPLE = 200
SEED = 20261125
TOKEN = "token-of-the-bench"  # noqa: S105, of servers on loopback that end with this
TURNS, SECONDS = (2, 4.0) if os.environ.get("QUICK") else (6, 10.0)
POLICIES = Path(__file__).parents[2] / "policies" / "minimal"
WANTED = (
    "/api/kernels",
    "/api/sessions",
    "/api/status",
    "/api/contents/open.csv?content=0",
    "/api/contents/open.csv",
    "/files/open.csv",
    "/api/kernelspecs",
)


class Server:
    """A server in a folder of its own."""

    def __init__(self, folder: Path, name: str, wiring: str) -> None:
        self.name = name
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        root, config = folder / name / "root", folder / name / "config"
        root.mkdir(parents=True)
        config.mkdir()
        (root / "open.csv").write_text("a,b\n1,2\n")
        (config / "jupyter_server_config.py").write_text(
            f"{wiring}\nc.ServerApp.port = {port}\nc.ServerApp.ip = '127.0.0.1'\n"
            f"c.ServerApp.open_browser = False\nc.ServerApp.allow_root = True\n"
            f"c.ServerApp.root_dir = {str(root)!r}\nc.IdentityProvider.token = {TOKEN!r}\n"
            "c.Application.log_level = 'ERROR'\n"
        )
        home = {"HOME": str(folder / name), "JUPYTER_CONFIG_DIR": str(config)}
        with (folder / name / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server"],
                cwd=folder / name,
                env={**os.environ, **home},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def seconds_of_processor(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wiring(folder: Path) -> str:
    bundle = folder / "policies"
    shutil.copytree(POLICIES, bundle)
    (bundle / "entities.json").write_text(
        json.dumps(
            [
                {
                    "uid": {"type": "Notebook::User", "id": "ada"},
                    "attrs": {},
                    "parents": [{"type": "Notebook::Group", "id": "members"}],
                }
            ]
        )
    )
    # Kinds of kernels have no owner, and the page asks for them.
    with (bundle / "policies.cedar").open("a") as policies:
        policies.write(
            '\npermit (principal, action == Notebook::Action::"kernelspec:list", resource);\n'
        )
    # Not beside the policies, whose folder is watched.
    (folder / "records").mkdir()
    records = str(folder / "records" / "decisions.jsonl")
    return (
        "from notegate.jupyter_server import protect\n"
        f"protect(c, bundle={str(bundle)!r}, records={records!r}, owner='ada')"
    )


async def person(
    session: Any, url: str, draw: random.Random, end: float, took: list[float]
) -> None:
    await asyncio.sleep(draw.random())
    while time.perf_counter() < end:
        start = time.perf_counter()
        async with session.get(url + draw.choice(WANTED)) as answer:
            await answer.read()
            answer.raise_for_status()
        took.append(time.perf_counter() - start)
        await asyncio.sleep(draw.expovariate(1.0))


async def turn(server: Server, seed: int) -> tuple[list[float], float]:
    """How long each request took, and the processor's time for one."""
    took: list[float] = []
    headers = {"Authorization": f"token {TOKEN}"}
    connector = aiohttp.TCPConnector(limit=PEOPLE)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        before, end = server.seconds_of_processor(), time.perf_counter() + SECONDS
        people = [
            person(session, server.url, random.Random(f"{seed} {one}"), end, took)  # noqa: S311, a stated seed
            for one in range(PEOPLE)
        ]
        await asyncio.gather(*people)
        return took, (server.seconds_of_processor() - before) / len(took)


async def up(server: Server) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            if server.process.poll() is not None:
                raise SystemExit(f"the server `{server.name}` ended")
            try:
                async with session.get(server.url + "/api"):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


def quantile(took: list[float], part: float) -> float:
    return sorted(took)[min(len(took) - 1, int(part * len(took)))] * 1e3


async def measured(servers: list[Server]) -> None:
    for server in servers:
        await up(server)
        await turn(server, SEED)
    medians: dict[str, list[float]] = {server.name: [] for server in servers}
    every: dict[str, list[float]] = {server.name: [] for server in servers}
    processor: dict[str, list[float]] = {server.name: [] for server in servers}
    for number in range(TURNS):
        for server in servers if number % 2 else servers[::-1]:
            took, each = await turn(server, SEED + number)
            every[server.name] += took
            medians[server.name].append(quantile(took, 0.5))
            processor[server.name].append(each * 1e6)
    print(f"{PEOPLE} people, {TURNS} turns of {SECONDS:.0f} s each, seed {SEED}, minimal bundle")
    print(
        f"{'':10} {'requests':>9} {'p50 ms':>8} {'p99 ms':>8} {'of turns, p50 ms':>18} {'CPU us':>8}"
    )
    for name, took in every.items():
        spread = f"{min(medians[name]):.2f} to {max(medians[name]):.2f}"
        cost = statistics.median(processor[name])
        print(
            f"{name:10} {len(took):9} {quantile(took, 0.5):8.2f} {quantile(took, 0.99):8.2f} "
            f"{spread:>18} {cost:8.0f}"
        )
    without, with_policy = (every[server.name] for server in servers)
    more = quantile(with_policy, 0.5) - quantile(without, 0.5)
    noise = max(max(one) - min(one) for one in medians.values())
    print(
        f"policy adds {more:.2f} ms at the median; turns of one server differ by up to {noise:.2f} ms"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        servers = [Server(folder, "without", ""), Server(folder, "with", wiring(folder))]
        try:
            asyncio.run(measured(servers))
        finally:
            for server in servers:
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()


if __name__ == "__main__":
    main()
