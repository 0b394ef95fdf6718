"""A server that policy lets a person start, and the traffic that keeps it alive."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
import websocket
from conftest import PROFILES, Hub, Visitor, denied, until

Make = Callable[..., Hub]

SCOPES = """
c.Spawner.server_token_scopes = [
    "users:activity!user", "access:servers!server", "read:users:name!user", "admin:users",
]
c.Spawner.oauth_client_allowed_scopes = ["read:users:name!user", "self"]
c.JupyterHub.load_roles += [{"name": "boss", "users": ["ada"], "scopes": ["admin:users"]}]
"""


def test_a_server_starts_is_used_and_reports(make_hub: Make) -> None:
    hub = make_hub(after=SCOPES, options_text="", profiles=PROFILES)
    hub.wait_up()
    ada = hub.logged_in("ada")
    assert ada.api("POST", "/users/ada/server", profile="small").status_code in (201, 202)
    until(lambda: ada.api("GET", "/users/ada").json()["servers"][""]["ready"], "it is ready")

    # In through the proxy, by way of the hub's login for servers.
    status = ada.get(ada.at("/user/ada/api/status"))
    page = ada.get(ada.at("/user/ada/lab"))
    assert page.status_code == 200, page.text[:500]
    status = ada.get(ada.at("/user/ada/api/status"))
    assert status.status_code == 200, status.text[:500]
    assert printed_by(channels_of(ada), "print(6 * 7)") == "42\n"

    # The server's own token says that its owner is active.
    until(lambda: _asked(hub, "activity:report"), "the server reported")
    assert all(record["decision"] == "allow" for record in _asked(hub, "activity:report"))
    assert all(record["decision"] == "allow" for record in _asked(hub, "user:whoami"))

    # What the operator's configuration wanted for its token, policy cut to what it allows.
    tokens = ada.api("GET", "/users/ada/tokens").json()["api_tokens"]
    scopes = {
        s for token in tokens if token["note"].startswith("Server at") for s in token["scopes"]
    }
    assert any(scope.startswith("read:users:name") for scope in scopes)
    assert not any(scope.startswith("admin:users") for scope in scopes)

    # Nobody else gets in.
    bob = hub.logged_in("bob")
    assert bob.get(bob.at("/user/ada/api/status")).status_code == 403
    denied(bob.get(bob.at("/hub/user/ada/lab")), "Your groups do not allow this")

    assert ada.api("DELETE", "/users/ada/server").status_code in (202, 204)
    until(lambda: "" not in ada.api("GET", "/users/ada").json()["servers"], "it is stopped")


def _asked(hub: Hub, action: str) -> list[dict[str, Any]]:
    return [record for record in hub.recorded() if record["request"]["action"]["id"] == action]


def channels_of(visitor: Visitor) -> Any:
    """The channels of a new kernel of ada's, as a browser opens them."""
    base = visitor.at("/user/ada")
    xsrf = next(c.value for c in visitor.cookies if c.name == "_xsrf" and "/user/ada" in c.path)
    kernel = visitor.post(
        f"{base}/api/kernels", json={"name": "python3"}, headers={"X-XSRFToken": xsrf or ""}
    )
    assert kernel.status_code == 201, kernel.text
    there = urlsplit(base)
    url = f"ws://{there.netloc}{there.path}/api/kernels/{kernel.json()['id']}/channels"
    request = visitor.prepare_request(requests.Request("GET", url.replace("ws://", "http://")))
    return websocket.create_connection(
        url, cookie=request.headers["Cookie"], origin=f"http://{there.netloc}", timeout=60
    )


def printed_by(channels: Any, code: str) -> str:
    """What a cell printed, or what went wrong."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "session": uuid.uuid4().hex,
        "username": "ada",
        "version": "5.3",
        "date": "2026-01-01T00:00:00Z",
    }
    content = {"code": code, "silent": False, "allow_stdin": False, "store_history": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    channels.send(json.dumps({**message, "channel": "shell", "buffers": []}))
    said = ""
    while True:
        answer = json.loads(channels.recv())
        if answer["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        found = answer["content"]
        if answer["header"]["msg_type"] in ("stream", "error"):
            said += str(found.get("text") or found.get("evalue"))
        if found.get("execution_state") == "idle":
            return said
