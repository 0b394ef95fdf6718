"""Terminals with a command, variables and a folder of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import POLICIES, Make, Server, denied

OWN = "Only the shell."
KEPT = 'action in [Notebook::Action::"terminal:open", Notebook::Action::"terminal:connect"],'


@pytest.fixture(scope="module")
def shells(make_server: Make) -> Server:
    policies = (POLICIES / "policies.cedar").read_text()
    assert KEPT in policies
    policies = policies.replace(KEPT, 'action == Notebook::Action::"terminal:connect",')
    return make_server(
        policies
        + """
@id("only-the-shell")
@message("Only the shell.")
forbid (principal, action == Notebook::Action::"terminal:open", resource)
when { context has environment || (context has program && context.program != "true") };
"""
    )


def opened(server: Server, body: dict[str, Any] | None) -> str:
    answer = server.api("POST", "/api/terminals", body)
    assert answer.status_code == 200, answer.text[:1000]
    return str(answer.json()["name"])


def test_a_plain_one_is_opened_in_a_folder_and_under_a_name(shells: Server) -> None:
    assert opened(shells, None)
    assert opened(shells, {})
    assert opened(shells, {"cwd": "private", "name": "mine"}) == "mine"
    asked = shells.asked("terminal:open", 3)[-1]["request"]["context"]
    assert (asked["directory"], asked["name"]) == ("private", "mine")
    assert "command" not in asked


def test_a_command_of_its_own_is_what_is_run_and_what_is_decided(shells: Server) -> None:
    ran = shells.folder / "ran"
    body = {"shell_command": ["/bin/sh", "-c", f"touch {ran}; true"]}
    denied(shells.api("POST", "/api/terminals", body), OWN)
    assert opened(shells, {"shell_command": ["true"]})
    variables = {"extra_env": {"BASH_ENV": "/tmp/x"}}
    denied(shells.api("POST", "/api/terminals", variables), OWN)
    first, *_, last = shells.asked("terminal:open", 3)[-3:]
    assert first["request"]["context"]["command"] == f"/bin/sh -c 'touch {ran}; true'"
    assert last["request"]["context"]["environment"] == ["BASH_ENV"]
    assert not ran.exists()


def test_what_can_be_read_in_two_ways_is_refused(shells: Server) -> None:
    own = json.dumps(["/bin/sh"])
    for body in (
        f'{{"shell_command": ["true"], "shell_command": {own}}}',
        f'{{"shell_command": ["true"], "shell\\u005fcommand": {own}}}',
        '{"shell_command": "/bin/sh"}',
        '{"shell_command": []}',
        "[]",
    ):
        status, told, _ = shells.raw("POST", "/user/ada/api/terminals", body=body)
        assert status == 403 and "refused" in told, (body, status, told)
