"""Who asks, what they are shown, and a server that cannot decide."""

from __future__ import annotations

import requests
from conftest import TOKEN, Make, Server, denied
from waiting import until


def test_nobody_who_is_not_logged_in_is_asked_about(server: Server) -> None:
    before = server.mark()
    for target in ("/user/ada/api/kernels", "/user/ada/metrics", "/user/ada/proxy/8899/"):
        status, _, headers = server.raw("GET", target, token=None)
        assert status in (302, 403), (target, status)
        assert status == 403 or "/login" in headers["Location"]
    assert server.raw("POST", "/user/ada/api/kernels", token=None)[0] == 403
    channels = "/user/ada/api/kernels/0a1b2c3d-0000-0000-0000-000000000000/channels"
    assert server.raw("GET", channels, websocket=True, token=None)[0] == 403
    assert server.raw("GET", "/user/ada/api/status", token="wrong")[0] == 403
    assert server.raw("GET", "/user/ada/login", token=None)[0] == 200
    assert server.raw("GET", "/user/ada/api", token=None)[0] == 200
    assert server.mark() == before + 1


def test_a_browser_gets_a_page_and_a_program_gets_json(server: Server) -> None:
    visitor = requests.Session()
    visitor.get(f"{server.url}/lab?token={TOKEN}")
    page = visitor.get(f"{server.url}/files/private/secret.csv")
    assert page.headers["Content-Type"].startswith("text/html")
    denied(page, "Files in `private` stay here.")
    # A cookie and no XSRF token: refused before it is asked about.
    assert visitor.post(f"{server.url}/api/terminals").status_code == 403
    answer = server.api("POST", "/api/terminals")
    assert answer.headers["Content-Type"].startswith("application/json")
    body = answer.json()
    assert body["status"] == 403
    assert body["message"].startswith("There are no terminals on this platform.")
    place = server.place(body["decision_id"])
    assert server.recorded()[place]["request"]["principal"]["id"] == "ada"


def test_shadow_mode_denies_nothing_but_what_is_enforced(make_server: Make) -> None:
    server = make_server(mode="shadow", enforce=["terminal:*"])
    assert server.api("GET", "/files/private/secret.csv").status_code == 200
    denied(server.api("POST", "/api/terminals"), "There are no terminals on this platform.")
    [record] = server.asked("contents:download")
    assert record["decision"] == "deny"
    until(lambda: "contents:download would be denied" in server.log.read_text(), "it is logged")


def test_a_server_without_a_good_bundle_does_not_start(make_server: Make) -> None:
    server = make_server("permit (principal, action, resource) when {", wait=False)
    assert server.process.wait(60) == 1
    log = server.log.read_text()
    assert "notegate: the server is not started:" in log and "Traceback" not in log
    wrong = make_server(wait=False, mode="permissive")
    assert wrong.process.wait(60) == 1
    assert '`mode` is `permissive`; it is "enforce" or "shadow"' in wrong.log.read_text()


def test_an_authorizer_of_the_operators_own_still_counts(make_server: Make) -> None:
    server = make_server(
        after="""
from jupyter_server.auth.authorizer import Authorizer
class NoKernels(Authorizer):
    async def is_authorized(self, handler, user, action, resource):
        return resource != "kernels"
c.ServerApp.authorizer_class = NoKernels
"""
    )
    assert server.api("GET", "/api/sessions").status_code == 200
    refused = server.api("GET", "/api/kernels")
    assert refused.status_code == 403 and "decision" not in refused.text


def test_somebody_whom_policies_cannot_name_is_refused(make_server: Make) -> None:
    server = make_server(
        after="""
from jupyter_server.auth import IdentityProvider
class Odd(IdentityProvider):
    hub_auth = object()
c.ServerApp.identity_provider_class = Odd
c.Odd.token = c.IdentityProvider.token
"""
    )
    for path in ("/api/status", "/files/open.csv", "/lab", "/proxy/8899/"):
        answer = server.api("GET", path)
        assert answer.status_code == 403, (path, answer.status_code)
    assert server.api("POST", "/api/kernels", {}).status_code == 403
