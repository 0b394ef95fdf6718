"""The values for the usual chart: they parse, and their snippet is what a hub takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import EXAMPLE

HUB = """
import sys
from jupyterhub.app import JupyterHub
app = JupyterHub.instance()
c = app.config
exec(sys.stdin.read())
print("wired", app.init_tornado_settings.__module__)
"""


@pytest.fixture
def values() -> Any:
    return yaml.safe_load((EXAMPLE / "values.yaml").read_text())["hub"]


def run(snippet: str, program: str = HUB) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        input=snippet,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_snippet_is_what_a_hub_takes(values: Any, tmp_path: Path) -> None:
    snippet = values["extraConfig"]["50-notegate"]
    key = tmp_path / "key.pem"
    key.write_text(values["extraFiles"]["notegate-key"]["stringData"])
    mounted = {
        "/srv/notegate/hub.tar": str(EXAMPLE / "policies"),
        values["extraFiles"]["notegate-key"]["mountPath"]: str(key),
    }
    for there, here in mounted.items():
        assert there in snippet
        snippet = snippet.replace(there, here)
    # The key is real, so a folder that nobody signed is refused.
    refused = run(snippet)
    assert refused.returncode == 1
    assert refused.stderr.startswith("notegate: the hub is not started:")
    assert "sign" in refused.stderr
    lines = snippet.splitlines()
    wired = run("\n".join(line for line in lines if "keys=" not in line))
    assert wired.returncode == 0, wired.stderr
    assert "notegate._enforce" in wired.stdout


def test_what_is_mounted_is_where_the_snippet_looks(values: Any) -> None:
    volumes = {volume["name"] for volume in values["extraVolumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in values["extraVolumeMounts"]}
    assert set(mounts) == volumes
    assert f'bundle="{mounts["policies"]}/' in values["extraConfig"]["50-notegate"]


SERVER = """
import sys
from jupyter_server.serverapp import ServerApp
app = ServerApp.instance()
c = app.config
exec(sys.stdin.read())
print("wired", app.init_webapp.__module__)
"""


def test_the_snippet_for_servers_is_what_one_takes(tmp_path: Path) -> None:
    single_user = yaml.safe_load((EXAMPLE / "values.yaml").read_text())["singleuser"]
    snippet = single_user["extraFiles"]["notegate-server"]["stringData"]
    mounts = single_user["storage"]["extraVolumeMounts"]
    assert f'bundle="{mounts[0]["mountPath"]}/' in snippet
    key = tmp_path / "key.pem"
    key.write_text(single_user["extraFiles"]["notegate-key"]["stringData"])
    snippet = snippet.replace(
        single_user["extraFiles"]["notegate-key"]["mountPath"], str(key)
    ).replace("/srv/notegate/hub.tar", str(EXAMPLE / "policies"))
    refused = run(snippet, SERVER)
    assert refused.returncode == 1
    assert refused.stderr.startswith("notegate: the server is not started:")
    lines = snippet.splitlines()
    wired = run("\n".join(line for line in lines if "keys=" not in line), SERVER)
    assert wired.stdout == "wired notegate._enforce.opening\n", wired.stderr


def test_without_a_hub_there_is_nothing_to_protect() -> None:
    code = "from notegate.jupyterhub import protect\nprotect(None, bundle='x')"
    alone = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert alone.returncode == 1
    assert "call `protect` from `jupyterhub_config.py`" in alone.stderr
    assert "Traceback" not in alone.stderr
