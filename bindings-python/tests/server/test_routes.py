"""Every route of a server with the usual extensions, asked about before its handler runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from conftest import HERE, POLICIES, Make, denied

CORPUS = Path(__file__).parents[3] / "core" / "tests" / "urls"
DECISION = re.compile(r"\(decision ([0-9a-f-]{36})\)")

# All that a route may want to find in a body.
BODY = json.dumps({"path": "notes/b.csv", "cmd": "install", "extension_name": "x"})
NOTHING = 'permit (principal == Notebook::User::"nobody", action, resource);\n'


def lines(name: str) -> list[dict[str, Any]]:
    read = json.loads((CORPUS / name).read_text())
    return [line for line in read if line["site"] == "server"]


def test_every_route_is_decided_before_it_is_handled(make_server: Make) -> None:
    server = make_server(NOTHING)
    decided: dict[str, list[list[str]]] = {}
    for line in lines("routes.json"):
        if line["target"].endswith(("/robots.txt", "/favicon.ico")):
            # This server has a handler there that cannot be made, and ends the connection.
            assert line["asked"] == "public"
            continue
        status, body, _ = server.raw(
            line["method"],
            line["target"],
            line.get("websocket", False),
            body=None if line["method"] in ("GET", "HEAD", "DELETE") else BODY,
        )
        said = (line["method"], line["target"], status, body[:300])
        if line["target"].endswith("/oauth_callback"):
            # A login, which is decided at the hub; there is none here.
            assert status == 404, said
            continue
        if line["asked"] == "public":
            assert "(decision " not in body and "address is refused" not in body, said
            continue
        assert status == 403, said
        if line["asked"] == "refused":
            assert line["method"] == "HEAD" or "address is refused" in body, said
            continue
        # Heads have no body, and a plain handler of the server's wants its XSRF token first.
        if line["method"] == "HEAD" or (line["target"][-1] == "/" and line["method"] != "GET"):
            continue
        found = DECISION.search(body)
        assert found, said
        decided[found[1]] = line["asked"]

    # A denial ends at the first reading that is not allowed.
    server.asked("server:readStatus")
    server.stop()
    recorded = {record["decision_id"]: record["request"] for record in server.recorded()}
    assert len(decided) > 100
    for decision, asked in decided.items():
        action, resource = asked[0]
        request = recorded[decision]
        assert request["action"]["id"] == action, (asked, request)
        _kind, _, quoted = resource.partition("::")[2].partition("::")
        # Before the body is read, a kernel has no name.
        named = json.loads(quoted) or request["resource"]["id"]
        assert request["resource"]["id"] == named, (asked, request)


def test_no_spelling_of_an_attack_reaches_a_handler(make_server: Make) -> None:
    server = make_server(NOTHING)
    tried = 0
    for line in lines("attacks.json"):
        target = line["target"]
        # A client cannot send them: they end the request line.
        if any(ord(letter) < 0x21 or ord(letter) > 0x7E for letter in target) or not target:
            continue
        status, body, _ = server.raw(line["method"], target, line.get("websocket", False))
        tried += 1
        if line["asked"] == "public":
            continue
        # Refused by us, or before us by the server's own reader of HTTP.
        assert status in (400, 403, 404, 405), (line, status, body[:300])
    assert tried > 30


def test_a_route_of_an_extension_that_nobody_knows_is_asked_about(make_server: Make) -> None:
    closed = """
@id("not-this-one")
@message("Not this one.")
forbid (principal, action == Notebook::Action::"server:other", resource)
when { context has path && context.path like "made-up/closed*" };
"""
    server = make_server(
        (POLICIES / "policies.cedar").read_text() + closed,
        after=f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        'c.ServerApp.jpserver_extensions = {"notegate_test_extension": True}\n',
    )
    assert server.api("GET", "/made-up/open").text == "open"
    denied(server.api("GET", "/made-up/closed"), "Not this one.")
    # It has no login of its own, and is not for everybody all the same.
    assert server.raw("GET", "/user/ada/made-up/open", token=None)[0] == 403
    # An application inside the application could not be asked about.
    assert server.api("GET", "/inner/anything").status_code == 404
