"""A server that policy lets a person start, and the traffic that keeps it alive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from channels import opened, printed_by, start_kernel
from conftest import PROFILES, Hub, denied
from waiting import until

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
    assert printed_by(opened(ada, start_kernel(ada)), "print(6 * 7)") == "42\n"

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
