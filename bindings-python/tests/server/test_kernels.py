"""Kernels: how they are started, and what is sent to them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import V1, Make, Server, denied, errors, printed
from waiting import until

GPU = "GPU kernels are for the group gpu-users. Ask the help desk."


@pytest.fixture(autouse=True)
def none_left(server: Server) -> Iterator[None]:
    yield
    for kernel in server.api("GET", "/api/kernels").json():
        server.api("DELETE", f"/api/kernels/{kernel['id']}")


def session(name: str | None, path: str = "open.ipynb") -> dict[str, object]:
    kernel = {} if name is None else {"kernel": {"name": name}}
    return {"path": path, "type": "notebook", "name": "", **kernel}


def test_a_kernel_is_started_by_the_name_in_the_body(server: Server) -> None:
    assert server.kernel("python3")
    denied(server.api("POST", "/api/kernels", {"name": "gpu"}), GPU)
    denied(server.api("POST", "/api/kernels", {"name": "GPU"}), GPU)


def test_a_kernel_without_a_name_is_the_default_one(server: Server, make_server: Make) -> None:
    assert server.kernel()
    other = make_server(after='c.MultiKernelManager.default_kernel_name = "gpu"')
    denied(other.api("POST", "/api/kernels", {}), GPU)
    denied(other.api("POST", "/api/kernels"), GPU)
    assert other.kernel("python3")


def test_a_session_starts_its_kernel_the_way_of_the_lab(server: Server) -> None:
    denied(server.api("POST", "/api/sessions", session("gpu")), GPU)
    started = server.api("POST", "/api/sessions", session("python3"))
    assert started.status_code == 201, started.text
    changed = {"kernel": {"name": "gpu"}}
    denied(server.api("PATCH", f"/api/sessions/{started.json()['id']}", changed), GPU)
    known = server.asked("kernel:start")[-1]["request"]
    assert known["resource"]["id"] == "gpu"
    server.api("DELETE", f"/api/sessions/{started.json()['id']}")
    deleted = server.asked("session:delete")[-1]["request"]
    assert "open.ipynb" in json.dumps(deleted)


def test_kernels_are_counted(server: Server) -> None:
    for _ in range(3):
        server.kernel()
    denied(server.api("POST", "/api/kernels", {}), "You have three kernels already.")


def test_restarting_and_interrupting_are_asked_about_as_what_they_are(server: Server) -> None:
    kernel = server.kernel()
    assert server.api("POST", f"/api/kernels/{kernel}/interrupt").status_code == 204
    assert server.api("POST", f"/api/kernels/{kernel}/restart").status_code == 200
    restarted = server.asked("kernel:restart")[-1]["request"]
    assert restarted["resource"] == {"type": "Notebook::Kernel", "id": kernel}
    # Policies see which kind of kernel it is, and whose.
    assert '"python3"' in json.dumps(restarted)


@pytest.mark.parametrize("protocol", [V1, None])
def test_cells_are_decided_one_by_one(server: Server, protocol: str | None) -> None:
    channels = server.channels(server.kernel(), protocol)
    assert printed(channels.run("print(6 * 7)")) == "42\n"
    refused = channels.run("forbidden()")
    assert [one["header"]["msg_type"] for one in refused] == [
        "status",
        "error",
        "execute_reply",
        "status",
    ]
    assert "This cell does what is not allowed. (decision " in errors(refused)[0]
    reply = refused[2]
    assert reply["channel"] == "shell" and reply["content"]["status"] == "error"
    # And the kernel goes on.
    assert printed(channels.run("print(1)")) == "1\n"


@pytest.mark.parametrize("protocol", [V1, None])
def test_messages_are_decided_by_type_on_whichever_channel(
    server: Server, protocol: str | None
) -> None:
    channels = server.channels(server.kernel(), protocol)
    for channel in ("shell", "control"):
        content = {"command": "initialize", "type": "request", "seq": 1, "arguments": {}}
        sent = channels.send("debug_request", content, channel)
        assert "There is no debugger" in errors(channels.replies(sent))[0]
        sent = channels.send("made_up_request", {}, channel)
        assert "This message is refused" in errors(channels.replies(sent))[0]
    code = {"code": "forbidden()", "silent": True}
    sent = channels.send("execute_request", code, "control")
    assert "not allowed" in errors(channels.replies(sent))[0]


@pytest.mark.parametrize("protocol", [V1, None])
@pytest.mark.parametrize("cell", ["", "1 + 1"])
def test_what_is_evaluated_beside_a_cell_is_code_of_it(
    server: Server, protocol: str | None, cell: str
) -> None:
    channels = server.channels(server.kernel(), protocol)
    marker = f"ran-{uuid.uuid4().hex}"

    def evaluated(expression: str, **more: object) -> list[dict[str, Any]]:
        content = {"code": cell, "user_expressions": {"a": expression}, **more}
        return channels.replies(channels.send("execute_request", content))

    for silent in (True, False):
        replies = evaluated(f"open({marker!r}, 'w') or forbidden()", silent=silent)
        assert "This cell does what is not allowed." in errors(replies)[0]
    # As a kernel that is asked for nothing forbidden evaluates it.
    replies = evaluated("6 * 7", silent=True)
    [reply] = [one for one in replies if one["header"]["msg_type"] == "execute_reply"]
    assert reply["content"]["user_expressions"]["a"]["data"] == {"text/plain": "42"}
    for wrong in (["forbidden()"], {"a": ["forbidden()"]}, "forbidden()"):
        content = {"code": cell, "silent": True, "user_expressions": wrong}
        sent = channels.send("execute_request", content)
        assert "This message is refused" in errors(channels.replies(sent))[0]
    assert printed(channels.run(f"import os; print(os.path.exists({marker!r}))")) == "False\n"
    known = [one["request"]["context"] for one in server.asked("kernel:execute")]
    assert ["6 * 7"] in [one.get("userExpressions") for one in known]


@pytest.mark.parametrize("protocol", [V1, None])
def test_no_message_can_be_read_in_two_ways(server: Server, protocol: str | None) -> None:
    channels = server.channels(server.kernel(), protocol)
    marker = uuid.uuid4().hex
    header = f'{{"msg_id": "{marker}", "session": "s", "version": "5.3", "msg_type": '
    harmless, run = '"kernel_info_request"', '"execute_request"'
    cell = json.dumps("open('ran', 'w') # forbidden()")
    code = f'{{"code": {cell}, "silent": false}}'
    twice = f'{{"code": "1", "code": {cell}, "silent": false}}'
    packed = json.dumps(code)
    attempts = [
        (header + f'{harmless}, "msg_type": {run}}}', code),
        (header + f'{run}, "msg_type": {harmless}}}', code),
        (header + f"{run}}}", twice),
        (header + f"{run}}}", packed),
        (header + f"{run}}}", "[]"),
        ("[]", code),
        ("{}", code),
    ]
    for one, content in attempts:
        channels.send_parts("shell", one, content)
    # All that came before has been read when this is answered.
    assert printed(channels.run("import os; print(os.path.exists('ran'))")) == "False\n"


def test_what_is_open_is_decided_by_the_policies_of_now(make_server: Make) -> None:
    server = make_server()
    channels = server.channels(server.kernel())
    assert printed(channels.run("print(1)")) == "1\n"
    policies = server.bundle / "policies.cedar"
    policies.write_text(
        policies.read_text()
        + """
@id("closed")
@message("The platform is closed for maintenance.")
forbid (principal, action == Notebook::Action::"kernel:execute", resource);
"""
    )
    until(lambda: errors(channels.run("print(1)")), "the new policy is in force")
    assert "closed for maintenance" in errors(channels.run("print(1)"))[0]
    # What does not parse leaves the last good ones in force.
    policies.write_text("forbid (")
    until(lambda: "expected" in server.log.read_text(), "the log says why")
    assert "closed for maintenance" in errors(channels.run("print(1)"))[0]
