"""Kernels of an Enterprise Gateway, whose server is an older one."""

from __future__ import annotations

import json
import uuid
from typing import Any

import websocket
from conftest import TOKEN, Gateway


def start(name: str, person: str = "ada") -> dict[str, Any]:
    return {"name": name, "env": {"KERNEL_USERNAME": person}}


def test_kernels_are_started_for_the_people_that_policy_names(gateway: Gateway) -> None:
    started = gateway.api("POST", "/api/kernels", start("python3"))
    assert started.status_code == 201, started.text
    for refused in (start("gpu"), start("python3", "eve"), {"name": "python3"}, {}):
        answer = gateway.api("POST", "/api/kernels", refused)
        assert answer.status_code == 403, (refused, answer.text)
        assert "(decision " in answer.json()["message"]
    assert (
        "GPU kernels are not started here."
        in gateway.api("POST", "/api/kernels", start("gpu")).json()["message"]
    )
    asked = gateway.recorded("kernel:start")[0]["request"]
    assert asked["principal"] == {"type": "Notebook::Service", "id": "eg"}
    assert asked["context"]["onBehalfOf"] == {"__entity": {"type": "Notebook::User", "id": "ada"}}


def test_nobody_without_the_token_is_asked_about(gateway: Gateway) -> None:
    assert gateway.api("POST", "/api/kernels", start("python3"), "wrong").status_code == 401
    assert gateway.api("GET", "/api/kernelspecs", token="wrong").status_code == 401
    assert gateway.api("GET", "/api/kernelspecs").status_code == 200
    assert gateway.api("GET", "/api").status_code == 200


def test_what_is_no_route_of_a_gateway_is_refused(gateway: Gateway) -> None:
    for path in ("/api/kernels/%2e%2e/x", "/api//kernels", "/files/x"):
        assert gateway.api("GET", path).status_code in (403, 404)


def test_cells_are_decided_one_by_one(gateway: Gateway) -> None:
    kernel = gateway.api("POST", "/api/kernels", start("python3")).json()["id"]
    url = f"ws://127.0.0.1:{gateway.port}/api/kernels/{kernel}/channels"
    channels = websocket.create_connection(
        url, header={"Authorization": f"token {TOKEN}"}, timeout=60
    )
    said = {code: _run(channels, code) for code in ("print(6 * 7)", "forbidden()", "print(1)")}
    assert "42\n" in said["print(6 * 7)"] and "1\n" in said["print(1)"]
    assert any(
        "This cell does what is not allowed. (decision " in one for one in said["forbidden()"]
    )
    assert gateway.api("DELETE", f"/api/kernels/{kernel}").status_code == 204


def _run(channels: Any, code: str) -> list[str]:
    """What was printed, and what went wrong, up to the kernel's being idle again."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "session": "test",
        "username": "",
        "msg_type": "execute_request",
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "allow_stdin": False, "user_expressions": {}}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
    channels.send(json.dumps({**message, "content": content, "buffers": []}))
    said: list[str] = []
    while True:
        answer = json.loads(channels.recv())
        if answer["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        found = answer["content"]
        said += [found[name] for name in ("text", "evalue") if name in found]
        if found.get("execution_state") == "idle":
            return said
