"""A real hub with its proxy behind the filter: what is allowed passes all three, what is denied none."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator

import httpx
import pytest
import websockets
from conftest import ROOT, Bundles, Start, Tools
from envoy import PATIENCE, Listening, until
from hub_process import LocalHub
from messages import execution
from tokens import Issuer
from websockets.sync.client import connect

from configs import Json

# ada is its administrator, and has a file.
OPERATOR = """
c.Authenticator.admin_users = {"ada"}
c.JupyterHub.allow_named_servers = True
c.Spawner.environment = {"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp"}
"""
STATUS, KERNELS = "/jhub/user/ada/api/status", "/jhub/user/ada/api/kernels"


@pytest.fixture(scope="module")
def hub(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    hub = LocalHub(tmp_path_factory.mktemp("hub"), [str(tools.hub_proxy)], after=OPERATOR)
    try:
        hub.wait_up()
        (hub.home / "ada").mkdir()
        (hub.home / "ada" / "hello.txt").write_text("hello")
        yield hub
    finally:
        hub.stop()


@pytest.fixture(scope="module")
def envoy(
    start: Start,
    base: Json,
    bundles: Bundles,
    hub: LocalHub,
    tmp_path_factory: pytest.TempPathFactory,
) -> Listening:
    source = tmp_path_factory.mktemp("bundle") / "hub"
    shutil.copytree(ROOT / "policies" / "minimal", source)
    manifest = json.loads((source / "manifest.json").read_text())
    (source / "manifest.json").write_text(json.dumps({**manifest, "name": "hub"}))
    (source / "named.cedar").write_text(documented("policy for log-ins"))
    packed = base64.b64encode(bundles.pack(source, "--sequence", "1")).decode()
    site = {"hub": {"base_url": "/jhub/"}}
    return start({**base, "bundle": {"packed": packed}, "site": site}, hub.port)


def documented(name: str) -> str:
    """The lines of the documentation below a mark."""
    text = (ROOT / "docs" / "envoy.md").read_text()
    found = re.search(rf"<!-- tested: {name} -->\n```cedar\n(.*?)```", text, re.DOTALL)
    assert found, f"no lines for a {name}"
    return found[1]


@pytest.fixture(scope="module")
def ada(envoy: Listening, issuer: Issuer) -> Iterator[httpx.Client]:
    """A browser of ada's, who logged in to the hub and whose server runs; its log-ins bear a token."""
    client = visitor(envoy, issuer, "ada")
    start_server(client, "server", "/jhub/user/ada")
    yield client
    client.close()


def start_server(ada: httpx.Client, server: str, path: str) -> None:
    """Starts a server of ada's, and logs in to it."""
    started = ada.post(f"/jhub/hub/api/users/ada/{server}", headers=written(ada))
    assert started.status_code in (201, 202), started.text

    def ready() -> bool | None:
        # What a browser looks at sends it to the hub for a log-in to the server.
        answer = ada.get(f"{path}/files/hello.txt")
        return True if (answer.status_code, answer.text) == (200, "hello") else None

    until("ada's server", ready)


def visitor(envoy: Listening, issuer: Issuer, name: str) -> httpx.Client:
    client = httpx.Client(
        base_url=envoy.url, headers=issuer.bearer(name), follow_redirects=True, timeout=PATIENCE
    )
    client.get("/jhub/hub/login")
    form = {"username": name, "password": "x", "_xsrf": xsrf(client, "/jhub/hub/")}
    answer = client.post("/jhub/hub/login?next=/jhub/hub/home", data=form)
    assert answer.status_code == 200, answer.text
    return client


def xsrf(client: httpx.Client, path: str) -> str:
    found = [
        cookie.value
        for cookie in client.cookies.jar
        if (cookie.name, cookie.path) == ("_xsrf", path)
    ]
    return found[-1] or ""


def written(client: httpx.Client, path: str = "/jhub/hub/") -> dict[str, str]:
    """What a page of the hub or of a server sends with whatever changes something."""
    return {"x-xsrftoken": xsrf(client, path)}


def test_a_persons_own_server_answers_through_all_three(ada: httpx.Client) -> None:
    answer = ada.get(STATUS)
    assert (answer.status_code, answer.json()["kernels"]) == (200, 0)
    home = ada.get("/jhub/hub/home")
    assert (home.status_code, "ada" in home.text) == (200, True)


def test_a_named_server_of_their_own_answers_by_the_policy_of_the_documentation(
    ada: httpx.Client,
) -> None:
    start_server(ada, "servers/gpu", "/jhub/user/ada/gpu")
    answer = ada.get("/jhub/user/ada/gpu/api/status")
    assert (answer.status_code, answer.json()["kernels"]) == (200, 0)


def test_nobody_logs_in_to_the_server_of_another(
    hub: LocalHub, envoy: Listening, issuer: Issuer
) -> None:
    bob = visitor(envoy, issuer, "bob")
    client = "/jhub/hub/api/oauth2/authorize?response_type=code&client_id=jupyterhub-user-ada"
    answer = bob.get(client)
    assert (answer.status_code, set(answer.json())) == (403, {"status", "message", "decision_id"})
    assert "client_id=jupyterhub-user-ada " not in hub.said()
    bob.close()


def test_nobody_reaches_the_hub_but_for_its_login(hub: LocalHub, envoy: Listening) -> None:
    with httpx.Client(base_url=envoy.url) as client:
        assert client.get("/jhub/hub/login").status_code == 200
        for path in [STATUS, "/jhub/hub/home", "/jhub/hub/api/users"]:
            assert client.get(path).status_code == 401, path


def test_a_cookie_of_adas_does_not_help_who_is_not_ada(
    ada: httpx.Client, hub: LocalHub, envoy: Listening, issuer: Issuer
) -> None:
    ada.get(STATUS)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in ada.cookies.jar)
    before = hub.said().count("GET /jhub/user/ada/api/contents")
    path = "/jhub/user/ada/api/contents"
    answer = httpx.get(envoy.url + path, headers={**issuer.bearer("bob"), "cookie": cookies})
    assert (answer.status_code, set(answer.json())) == (403, {"status", "message", "decision_id"})
    assert hub.said().count("GET /jhub/user/ada/api/contents") == before


def test_policy_denies_the_hubs_own_administrator_what_it_grants_nobody(
    ada: httpx.Client, hub: LocalHub
) -> None:
    # The hub would do it: ada is its administrator. It is never asked.
    answer = ada.post("/jhub/hub/api/users/eve", headers=written(ada))
    assert (answer.status_code, "decision_id" in answer.json()) == (403, True)
    path = f"http://127.0.0.1:{hub.port}/jhub/hub/api/users/eve"
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in ada.cookies.jar)
    directly = httpx.post(path, headers={**written(ada), "cookie": cookies})
    assert directly.status_code == 201, directly.text


def test_a_websocket_runs_code_through_all_three_and_another_persons_is_denied(
    ada: httpx.Client, envoy: Listening, issuer: Issuer
) -> None:
    own = written(ada, "/jhub/user/ada/")
    started = ada.post(KERNELS, json={"name": "python3"}, headers=own)
    assert started.status_code == 201, started.text
    kernel = f"{KERNELS}/{started.json()['id']}"
    address = f"ws://127.0.0.1:{envoy.port}{kernel}/channels"
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in ada.cookies.jar)
    headers = {**issuer.bearer("ada"), "cookie": cookies}
    with connect(address, additional_headers=headers) as channels:
        channels.send(execution())
        while True:
            message = json.loads(channels.recv(PATIENCE))
            if message["msg_type"] == "stream":
                break
        assert message["content"]["text"] == "42\n"
    for other, status in [
        ({**issuer.bearer("bob"), "cookie": cookies}, 403),
        ({"cookie": cookies}, 401),
    ]:
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            connect(address, additional_headers=other).__enter__()
        assert refused.value.response.status_code == status
    assert ada.delete(kernel, headers=own).status_code == 204
