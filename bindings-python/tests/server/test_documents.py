"""The page for operators says what a server takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from conftest import POLICIES

PAGE = Path(__file__).parents[3] / "docs" / "jupyter-server.md"


def test_the_snippet_for_a_server_is_what_one_takes(tmp_path: Path) -> None:
    [snippet] = [one for one in _shown() if "protect(" in one and "gateway=" not in one]
    snippet = snippet.replace("/srv/notegate/policies", str(POLICIES))
    snippet = snippet.replace("/var/log/notegate.jsonl", str(tmp_path / "records.jsonl"))
    code = (
        "from jupyter_server.serverapp import ServerApp\napp = ServerApp.instance()\n"
        f"c = app.config\n{snippet}\nprint(app.init_webapp.__module__)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ran.stdout == "notegate._enforce.opening\n", ran.stderr


def test_the_provisioner_has_the_name_that_the_page_says() -> None:
    from jupyter_client.provisioning import KernelProvisionerFactory

    [snippet] = [one for one in _shown() if "default_provisioner_name" in one]
    name = re.findall(r'"(.*?)"', snippet)[0]
    assert name in KernelProvisionerFactory.instance().provisioners


def _shown() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
