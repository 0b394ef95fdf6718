"""What the pages for operators show is what a hub takes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import EXAMPLE, Hub
from test_values import run

DOCS = EXAMPLE.parents[1] / "docs"


def shown(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


@pytest.mark.parametrize("page", ["jupyterhub.md", "rolling-out.md"])
def test_each_snippet_of_configuration_is_what_a_hub_takes(page: str, tmp_path: Path) -> None:
    snippets = [snippet for snippet in shown(page, "python") if "protect(" in snippet]
    assert snippets
    for snippet in snippets:
        here = snippet.replace("/srv/notegate/policies", str(EXAMPLE / "policies"))
        here = here.replace("/var/log/notegate.jsonl", str(tmp_path / "records.jsonl"))
        wired = run("from notegate.jupyterhub import protect\n" + here)
        assert wired.returncode == 0, wired.stderr


def test_the_policy_shown_is_one_of_the_example() -> None:
    policies = (EXAMPLE / "policies" / "servers.cedar").read_text()
    for snippet in shown("jupyterhub.md", "cedar"):
        assert snippet in policies


def test_the_command_that_counts_denials(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub(mode="shadow")
    hub.wait_up()
    hub.logged_in("bobby")
    command = next(line for line in shown("rolling-out.md", "console") if "denials" in line)
    words = shlex.split(command.removeprefix("$ ").strip())
    assert words[0] == "python3"
    counted = subprocess.run(
        [sys.executable, *words[1:-1], str(hub.records)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert counted.returncode == 0, counted.stderr
    assert re.search(r"^ +\d+  hub:login +bobby$", counted.stdout, re.MULTILINE), counted.stdout
    hub.stop()


def test_a_file_that_is_no_record_is_an_error(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text("[]\n")
    answer = subprocess.run(
        [sys.executable, "-m", "notegate.jupyterhub.denials", str(wrong)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 1
    assert "line 1 is no record of a decision" in answer.stderr
