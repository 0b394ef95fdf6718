"""What happens when the filter itself fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from conftest import Start, Tools
from envoy import Envoy
from tokens import Issuer
from upstreams import Recorder

import configs
from configs import Json, Setup

TRAPS = """
import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";
const [from, to] = process.argv.slice(2);
const module = binaryen.readBinary(readFileSync(from));
const name = "proxy_on_request_headers";
const inner = binaryen.getExportInfo(module.getExport(name)).value;
const info = binaryen.getFunctionInfo(module.getFunction(inner));
module.removeExport(name);
module.addFunction("failing", info.params, info.results, [], module.unreachable());
module.addFunctionExport("failing", name);
writeFileSync(to, module.emitBinary());
"""


@pytest.fixture(scope="module")
def failing(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The filter, which fails at every request."""
    folder = tmp_path_factory.mktemp("failing")
    script, module = folder / "traps.mjs", folder / "failing.wasm"
    script.write_text(TRAPS)
    modules = tools.modules
    (folder / "node_modules").symlink_to(modules)
    subprocess.run(["node", script, tools.module, module], check=True)
    return module


def alone(
    tools: Tools,
    issuer: Issuer,
    module: Path,
    port: int,
    base: Json,
    folder: Path,
    **plugin: object,
) -> Envoy:
    filters = [
        configs.jwt_authn(issuer.name, issuer.jwks),
        configs.named(configs.wasm(module, base, **plugin)),
    ]
    return Envoy(tools.envoy, Setup(filters, port), folder, workers=1)


@pytest.mark.parametrize("policy", ["FAIL_CLOSED", "UNSPECIFIED", "FAIL_RELOAD"])
def test_nothing_passes_a_filter_that_fails(
    tools: Tools,
    issuer: Issuer,
    failing: Path,
    base: Json,
    recorder: Recorder,
    tmp_path: Path,
    policy: str,
) -> None:
    with alone(
        tools, issuer, failing, recorder.port, base, tmp_path, failure_policy=policy
    ) as envoy:
        for _ in range(3):
            for path in ["/user/ada/api/status", "/hub/login"]:
                answer = httpx.get(envoy.url + path, headers=issuer.bearer("ada"))
                assert answer.status_code == 503
    assert recorder.requests == []


def test_the_same_filter_passes_what_is_allowed_when_it_does_not_fail(
    start: Start, issuer: Issuer, base: Json, recorder: Recorder
) -> None:
    envoy = start(base, recorder.port)
    answer = httpx.get(f"{envoy.url}/user/ada/api/status", headers=issuer.bearer("ada"))
    assert answer.status_code == 200


def test_bodies_are_waited_for_in_vain_without_the_setting_and_nothing_passes(
    start: Start, issuer: Issuer, base: Json, recorder: Recorder
) -> None:
    # A configuration of its own: some proxies have one setting for all listeners with the same.
    own = {**base, "records": "all"}
    envoy = start(own, recorder.port, allow_on_headers_stop_iteration=False)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{envoy.url}/user/ada/api/kernels",
            headers=issuer.bearer("ada"),
            json={"name": "python3"},
            timeout=3,
        )
    assert httpx.get(f"{envoy.url}/user/ada/api/status", headers=issuer.bearer("ada")).is_success
    envoy.wrote("an early end", lambda line: line.get("event") == "ended_early")
    assert [seen["method"] for seen in recorder.requests] == ["GET"]
