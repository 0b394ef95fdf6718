"""What the filter costs over one that sets a header, in a real Envoy: `make bench-envoy`.

All proxies run at once and take turns, and the lowest of each counts: CPU of the proxy for each
request, its resident memory with one worker, and the CPU until it listens, most of which goes into
compiling the module.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "bindings-wasm" / "proxy" / "tests" / "envoy"))

import configs
from configs import Json, Setup
from envoy import Envoy

TARGET = "/user/ada/api/status"
TURNS, SECONDS = (2, 2) if os.environ.get("QUICK") else (6, 4)


def policies(count: int) -> str:
    """One policy that allows, among others of the kind that a platform has."""
    own = "permit (principal is Notebook::User, action, resource)"
    texts = [f'@id("own") {own} when {{ resource has owner && resource.owner == principal }};']
    for number in range(count - 1):
        group, scope = f'Notebook::Group::"g{number}"', 'action == Notebook::Action::"server:start"'
        texts.append(f'@id("p{number}") permit (principal in {group}, {scope}, resource);')
    return "\n".join(texts)


def filtered(module: Path, count: int | None) -> list[Json]:
    """The filters of one run: none with -1, the one that sets a header with None."""
    if count == -1:
        return []
    header = {"name": "x-user", "hop": "whole_listener"}
    own: Json = {"identity": [{"header": header}], "records": "none"}
    own["bundle"] = {"members": {"a.cedar": policies(count or 1)}}
    return [configs.named(configs.wasm(module, {} if count is None else own))]


class Measured(Setup):
    """A listener that answers by itself."""

    def bootstrap(self) -> Json:
        whole = super().bootstrap()
        text = json.dumps(whole)
        direct = {"match": {"prefix": "/"}, "direct_response": {"status": 200}}
        route = found(r'"routes": (\[\{.*?\}\])\}\]\}', text)
        answering: Json = json.loads(text.replace(route, json.dumps([direct])))
        return answering


def found(pattern: str, text: str) -> str:
    """What the pattern has in its one group."""
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"no {pattern} in {text}")
    return match[1]


def cpu(envoy: Envoy) -> float:
    """Seconds of CPU that the proxy has used."""
    fields = Path(f"/proc/{envoy.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(envoy: Envoy) -> int:
    """Megabytes of memory that the proxy holds."""
    text = Path(f"/proc/{envoy.process.pid}/status").read_text()
    return int(found(r"VmRSS:\s+(\d+)", text)) // 1024


def turn(envoy: Envoy) -> float:
    """Microseconds of CPU for a request."""
    before = cpu(envoy)
    command = ["wrk", "-t1", "-c8", f"-d{SECONDS}s", "-H", "x-user: ada", f"{envoy.url}{TARGET}"]
    done = subprocess.run(command, check=True, text=True, capture_output=True).stdout
    if "Non-2xx" in done:
        raise ValueError(done)
    return (cpu(envoy) - before) / int(found(r"(\d+) requests in", done)) * 1e6


def main(program: Path, module: Path, header: Path) -> None:
    runs: list[tuple[str, Path, int | None]] = [
        ("no filter", module, -1),
        ("a header", header, None),
        ("10 policies", module, 10),
        ("1000 policies", module, 1000),
    ]
    with tempfile.TemporaryDirectory() as folder:
        running = {
            name: Envoy(
                program, Measured(filtered(one, count), 1), Path(folder) / name.replace(" ", "-"), 1
            )
            for name, one, count in runs
        }
        started = {name: cpu(envoy) for name, envoy in running.items()}
        lowest = dict.fromkeys(running, float("inf"))
        for _ in range(TURNS):
            for name, envoy in running.items():
                lowest[name] = min(lowest[name], turn(envoy))
        for name, envoy in running.items():
            over = lowest[name] - lowest["a header"]
            print(
                f"{name}: {lowest[name]:.1f} us a request, {over:+.1f} over a header; "
                f"{resident(envoy)} MB; {started[name]:.1f} s of CPU until it listened"
            )
            envoy.stop()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
