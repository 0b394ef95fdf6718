"""A running hub with the gate before its proxy, configured by the very lines of the documentation."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import websocket
from channels import opened, printed_by, start_kernel
from hub_process import LocalHub
from visitor import Visitor
from waiting import until

ROOT = Path(__file__).parents[4]
MODULES = Path(__file__).parents[1] / "node_modules"
POLICIES = ROOT / "policies" / "minimal"
STATUS = "/user/ada/api/status"
WHO = "x-forwarded-user"


class Hub(LocalHub):
    """With the smallest of the shipped bundles, in which ada and bob are members."""

    def __init__(self, folder: Path) -> None:
        self.policies = folder / "policies"
        shutil.copytree(POLICIES, self.policies)
        documented = (ROOT / "docs" / "javascript.md").read_text()
        found = re.search(r"<!-- tested: hub -->\n```python\n(.*?)```", documented, re.DOTALL)
        assert found, "the documentation has no lines for a hub"
        lines = found[1]
        for theirs, ours in [
            ("/srv/proxy/node_modules", MODULES),
            ("/srv/policies", self.policies),
        ]:
            assert theirs in lines
            lines = lines.replace(theirs, str(ours))
        super().__init__(folder, [], after=lines)

    def person(self, name: str) -> Visitor:
        """Somebody of whom the hop in front says who it is."""
        visitor = Visitor(self)
        visitor.headers[WHO] = name
        return visitor


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = Hub(tmp_path_factory.mktemp("hub"))
    try:
        hub.wait_up()
        yield hub
    finally:
        hub.stop()


@pytest.fixture(scope="module")
def ada(hub: Hub) -> Visitor:
    """In her browser, logged in, and with a server that runs."""
    ada = hub.person("ada")
    assert ada.log_in("ada").status_code == 200
    assert ada.api("POST", "/users/ada/server").status_code in (201, 202)
    until(lambda: ada.api("GET", "/users/ada").json()["servers"][""]["ready"], "it is ready")
    # A page, for a browser is sent to the hub and back for a log-in to the server.
    assert ada.get(ada.at("/user/ada/lab")).status_code == 200
    return ada


def as_bob(hub: Hub, ada: Visitor) -> Visitor:
    """Bob with all of ada's cookies, to whom the hub and her server would listen."""
    bob = hub.person("bob")
    bob.cookies.update(ada.cookies)
    return bob


def test_a_person_reaches_their_own_server(ada: Visitor) -> None:
    answer = ada.get(ada.at(STATUS))
    assert (answer.status_code, answer.json()["kernels"]) == (200, 0)
    assert ada.get(ada.at("/hub/home")).status_code == 200


def test_nobody_gets_further_than_the_log_in(hub: Hub, ada: Visitor) -> None:
    nobody = Visitor(hub)
    nobody.cookies.update(ada.cookies)
    assert nobody.get(nobody.at("/hub/login"), allow_redirects=False).status_code in (200, 302)
    for path in [STATUS, "/hub/home", "/hub/api/users"]:
        assert nobody.get(nobody.at(path)).status_code == 401, path


def test_anothers_server_is_denied_whoever_the_cookies_are_of(hub: Hub, ada: Visitor) -> None:
    bob = as_bob(hub, ada)
    path = "/user/ada/api/contents"
    denied = bob.get(bob.at(path))
    assert (denied.status_code, set(denied.json())) == (403, {"status", "message", "decision_id"})
    assert denied.json()["decision_id"] in hub.said()
    # It was the gate: the same cookies get in under their own name.
    assert ada.get(ada.at(path)).status_code == 200


def test_somebody_who_is_not_let_into_anothers_server_does_not_log_in_to_it(hub: Hub) -> None:
    bob = hub.person("bob")
    assert bob.log_in("bob").status_code == 200
    client = "/hub/api/oauth2/authorize?client_id=jupyterhub-user-ada&response_type=code"
    answer = bob.get(bob.at(client))
    assert (answer.status_code, set(answer.json())) == (403, {"status", "message", "decision_id"})


def test_a_websocket_runs_code_and_anothers_is_denied(hub: Hub, ada: Visitor) -> None:
    url = start_kernel(ada)
    channels = opened(ada, url, **{WHO: "ada"})
    assert printed_by(channels, "print(6 * 7)") == "42\n"
    channels.close()
    for who, status in [({WHO: "bob"}, 403), ({}, 401)]:
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            opened(ada, url, **who)
        assert refused.value.status_code == status


def test_no_other_spelling_of_a_path_gets_through(hub: Hub, ada: Visitor) -> None:
    attacks = json.loads((ROOT / "core" / "tests" / "urls" / "attacks.json").read_text())
    refused = ("hub", "GET", "refused")
    found = [one for one in attacks if (one["site"], one["method"], one["asked"]) == refused]
    # Of what cannot be sent as a path, or is longer than Node reads, the proxy hears nothing.
    spelt = [one["target"] for one in found if re.fullmatch(r"/[!-~]{1,4000}", one["target"])]
    assert len(spelt) > 50
    bob = as_bob(hub, ada)
    for path in spelt:
        status, body = bob.raw("GET", path, hub.url, **{WHO: "bob"})
        assert status in (400, 403), (path, status, body)
        assert set(json.loads(body)) == {"status", "message", "decision_id"}, path


def test_an_edit_is_in_force_in_the_next_proxy_that_the_hub_starts(hub: Hub, ada: Visitor) -> None:
    closed = '@message("Closed today.") forbid (principal, action, resource);'
    (hub.policies / "closed.cedar").write_text(closed)
    assert ada.get(ada.at(STATUS)).status_code == 200
    proxy = hub.proxy_id()
    assert proxy is not None
    os.kill(proxy, signal.SIGTERM)

    def message() -> str | None:
        try:
            return str(ada.get(ada.at(STATUS)).json()["message"])
        except (requests.ConnectionError, KeyError):
            return None

    assert until(message, "the next proxy answers") == "Closed today."
    assert hub.proxy_id() != proxy
