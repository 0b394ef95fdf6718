"""A person's server that decides by the hub's policies, behind the hub's proxy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import requests
from channels import opened, printed_by, start_kernel
from conftest import PROFILES, Hub, denied
from visitor import Visitor
from waiting import until

Make = Callable[..., Hub]

SERVERS = """
os.makedirs("single-user", exist_ok=True)
with open("single-user/jupyter_server_config.py", "w") as file:
    file.write(f'''
from notegate.jupyter_server import protect
protect(c, bundle={os.path.abspath("policies")!r}, records={os.path.abspath("server.jsonl")!r})
''')
c.Spawner.environment = {"JUPYTER_CONFIG_DIR": os.path.abspath("single-user")}
c.JupyterHub.load_roles[-1]["scopes"].append("access:servers!user")
"""

POLICIES = """
@id("server-terminals")
@message("There are no terminals on this platform.")
forbid (
  principal,
  action in [Notebook::Action::"terminal:open", Notebook::Action::"terminal:connect"],
  resource
);

@id("server-code")
@message("This cell does what is not allowed.")
forbid (principal, action == Notebook::Action::"kernel:execute", resource)
when { context has code && context.code like "*forbidden()*" };

@id("server-downloads")
@message("Files in `private` stay here.")
forbid (
  principal,
  action in
    [Notebook::Action::"contents:read",
     Notebook::Action::"contents:download",
     Notebook::Action::"contents:export"],
  resource
)
when { resource has path && resource.path like "private/*" };

@id("server-extensions")
@message("Extensions come with the image.")
forbid (principal, action in Notebook::Action::"admin", resource is Notebook::Server);

@id("server-gpu-kernels")
@message("GPU kernels are for the GPU group.")
forbid (
  principal,
  action == Notebook::Action::"kernel:start",
  resource == Notebook::KernelSpec::"gpu"
);

@id("server-ports")
@message("This port is not open.")
forbid (principal, action == Notebook::Action::"port:access", resource is Notebook::Port)
when { resource.number < 1024 };

@id("server-scripts")
permit (
  principal is Notebook::Service,
  action in
    [Notebook::Action::"server:readStatus",
     Notebook::Action::"kernel:list"],
  resource is Notebook::Server
)
when { principal has owner && resource has owner && resource.owner == principal.owner };

// The hub itself lets in only whom a server is shared with.
@id("guests-enter")
permit (
  principal is Notebook::User in Notebook::Group::"members",
  action == Notebook::Action::"oauth:authorize",
  resource is Notebook::OAuthClient
);

@id("guests-look")
permit (
  principal is Notebook::User,
  action in [Notebook::Action::"server:access", Notebook::Action::"ui:view", Notebook::Action::"kernel:list"],
  resource is Notebook::Server
)
when { resource has sharedWith && principal in resource.sharedWith };
"""


def test_a_server_decides_for_whoever_the_hub_lets_in(make_hub: Make) -> None:
    hub = make_hub(after=SERVERS, policies_text=POLICIES, profiles=PROFILES)
    hub.wait_up()
    ada = hub.logged_in("ada")
    _start(ada)
    base = ada.at("/user/ada")

    # A browser, by cookie: the page, a cell, and what policy does not allow.
    assert ada.get(f"{base}/lab").status_code == 200
    channels = opened(ada, start_kernel(ada))
    assert printed_by(channels, "print(6 * 7)") == "42\n"
    assert "This cell does what is not allowed. (decision " in printed_by(channels, "forbidden()")
    terminals = _post(ada, "/api/terminals")
    denied(terminals, "There are no terminals on this platform.")
    folder = hub.folder / "home" / "ada" / "private"
    folder.mkdir()
    (folder / "x.csv").write_text("a,b\n")
    (folder.parent / "x.csv").write_text("a,b\n")
    for path in ("/files/{}x.csv", "/view/{}x.csv", "/api/contents/{}x.csv"):
        assert ada.get(base + path.format("")).status_code == 200
        denied(ada.get(base + path.format("private/")), "Files in `private` stay here.")
    denied(ada.get(f"{base}/nbconvert/html/private/x.ipynb"), "Files in `private` stay here.")
    install = _post(ada, "/lab/api/extensions", {"cmd": "install", "extension_name": "x"})
    denied(install, "Extensions come with the image.")

    # Kernels the way of the API and that of Lab, and ports.
    denied(_post(ada, "/api/kernels", {"name": "gpu"}), "GPU kernels are for the GPU group.")
    session = {"path": "x.ipynb", "type": "notebook", "name": "", "kernel": {"name": "gpu"}}
    denied(_post(ada, "/api/sessions", session), "GPU kernels are for the GPU group.")
    session["kernel"] = {"name": "python3"}
    assert _post(ada, "/api/sessions", session).status_code == 201
    denied(ada.get(f"{base}/proxy/22/"), "This port is not open.")
    with _listening() as port:
        assert ada.get(f"{base}/proxy/{port}/").text == "from the port"

    # The groups are those that the hub says.
    asked = _asked(hub, "kernel:execute")[0]["request"]
    assert asked["principal"] == {"type": "Notebook::User", "id": "ada"}
    [person] = [one for one in asked["entities"] if one["uid"]["id"] == "ada"]
    assert {"type": "Notebook::Group", "id": "members"} in person["parents"]

    # A program, by a token: it is not the person, and policy says what it may do.
    token = ada.token(note="a script", expires_in=3600, scopes=["access:servers!user"])
    script = {"Authorization": f"token {token}"}
    assert requests.get(f"{base}/api/kernels", headers=script, timeout=60).status_code == 200
    refused = requests.post(f"{base}/api/kernels", json={}, headers=script, timeout=60)
    assert refused.status_code == 403 and "(decision " in refused.text
    by_token = _asked(hub, "kernel:list", of="Notebook::Service")[-1]["request"]["principal"]
    assert by_token["id"].startswith("ada/")

    # Nobody else, until it is shared.
    bob = hub.logged_in("bob")
    assert bob.get(f"{base}/api/kernels").status_code == 403
    shared = ada.api("POST", "/shares/ada/", user="bob", scopes=["access:servers!server=ada/"])
    assert shared.status_code == 200, shared.text
    guest = hub.logged_in("bob")
    _confirm(guest, guest.get(f"{base}/lab"))
    assert guest.get(f"{base}/api/kernels").status_code == 200
    denied(_post(guest, "/api/kernels", {}), "Your groups do not allow this.")

    # The policy is edited while the server runs, and the next request shows it.
    policies = hub.policies / "more.cedar"
    policies.write_text(policies.read_text().replace("*forbidden()*", "*"))
    until(lambda: "not allowed" in printed_by(channels, "print(1)"), "the new policy is in force")


def test_a_named_server_decides_as_itself(make_hub: Make) -> None:
    hub = make_hub(after=SERVERS, policies_text=POLICIES, profiles=PROFILES)
    hub.wait_up()
    ada = hub.logged_in("ada")
    _start(ada, "second")
    ada.get(ada.at("/user/ada/second/lab"))
    assert ada.get(ada.at("/user/ada/second/api/status")).status_code == 200
    assert _asked(hub, "server:readStatus")[-1]["request"]["resource"]["id"] == "ada/second"


@contextmanager
def _listening() -> Iterator[int]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"from the port")

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _start(visitor: Visitor, name: str = "") -> None:
    path = f"/users/ada/servers/{name}" if name else "/users/ada/server"
    assert visitor.api("POST", path, profile="small").status_code in (201, 202)

    def ready() -> bool:
        servers: dict[str, Any] = visitor.api("GET", "/users/ada").json()["servers"]
        return bool(servers[name]["ready"])

    until(ready, "the server is ready")


def _confirm(visitor: Visitor, page: requests.Response) -> None:
    """What a guest clicks before a server of somebody else's is told who they are."""
    scopes = re.findall(r'name="scopes"[^>]*value="([^"]+)"', page.text)
    form = {"_xsrf": visitor.xsrf, "scopes": [unescape(scope) for scope in scopes]}
    entered = visitor.post(page.url, data=form, headers={"Referer": page.url})
    assert entered.status_code == 200, entered.text


def _post(visitor: Visitor, path: str, body: Any = None) -> requests.Response:
    own = [c for c in visitor.cookies if c.name == "_xsrf" and "/user/ada" in c.path]
    headers = {"X-XSRFToken": own[0].value or ""}
    return visitor.post(visitor.at("/user/ada") + path, json=body, headers=headers)


def _asked(hub: Hub, action: str, of: str = "Notebook::User") -> list[dict[str, Any]]:
    """As a server's own thread has written it down, of principals of a type."""
    records = Path(hub.folder / "server.jsonl")

    def found() -> list[dict[str, Any]]:
        lines = records.read_text().splitlines() if records.exists() else []
        every = [json.loads(line) for line in lines if line]
        asked = [one for one in every if one["request"]["action"]["id"] == action]
        return [one for one in asked if one["request"]["principal"]["type"] == of]

    asked: list[dict[str, Any]] = until(found, f"{action} was recorded")
    return asked
