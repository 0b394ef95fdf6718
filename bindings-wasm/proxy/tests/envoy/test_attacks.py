"""Every spelling that opened a door elsewhere, sent as it is."""

from __future__ import annotations

import json
import socket

import pytest
from conftest import ROOT, Start
from envoy import PATIENCE, Listening
from tokens import Issuer
from upstreams import Recorder

from configs import Json

ATTACKS = [
    line
    for line in json.loads((ROOT / "core/tests/urls/attacks.json").read_text())
    if line["site"] == "hub"
]
ALLOW = '@id("all") permit (principal, action, resource);'


def send(envoy: Listening, lines: list[bytes]) -> int:
    """Sends these lines and nothing else, and gives the status of the answer; 0 when there is none."""
    with socket.create_connection(("127.0.0.1", envoy.port), PATIENCE) as connection:
        connection.sendall(b"\r\n".join([*lines, b"connection: close", b"", b""]))
        answer = b""
        while not answer.endswith(b"\r\n\r\n") and (more := connection.recv(65_536)):
            answer += more
            if b"\r\n" in answer:
                break
    return int(answer.split(b" ")[1]) if answer else 0


def head(method: str, target: str, issuer: Issuer, *more: bytes) -> list[bytes]:
    bearer = issuer.bearer("ada")["authorization"]
    first = f"{method} {target} HTTP/1.1".encode()
    return [first, b"host: hub.example", f"authorization: {bearer}".encode(), *more]


@pytest.fixture(scope="module")
def upstream() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def open_door(start: Start, base: Json, upstream: Recorder) -> Listening:
    """A filter that allows whatever can be read: what is refused is refused for its spelling."""
    return start({**base, "bundle": {"members": {"a.cedar": ALLOW}}, "keys": []}, upstream.port)


def test_what_the_library_refuses_never_reaches_the_server(
    open_door: Listening, upstream: Recorder, issuer: Issuer
) -> None:
    refused = [line for line in ATTACKS if line["asked"] == "refused"]
    assert len(refused) > 50
    upstream.requests.clear()
    for line in refused:
        status = send(open_door, head(line["method"], line["target"], issuer))
        if status == 200 and line["target"].lower().startswith(("http://", "https://")):
            # The proxy makes a host and a path of it, before anybody decides.
            path = "/" + line["target"].split("/", 3)[3]
            assert [seen["path"] for seen in upstream.requests] == [path]
            upstream.requests.clear()
            continue
        if status == 200 and line["method"] != line["method"].strip():
            # Spaces more between a method and a target are one to the proxy, and it passes on one.
            assert [seen["path"] for seen in upstream.requests] == [line["target"]]
            upstream.requests.clear()
            continue
        # The proxy itself refuses some, and does not know some methods.
        assert status in (0, 400, 403, 404, 501), (status, line)
        assert upstream.requests == [], line


def test_what_can_be_read_reaches_the_server_as_it_was_read(
    open_door: Listening, upstream: Recorder, issuer: Issuer
) -> None:
    good = [line for line in ATTACKS if line["asked"] != "refused" and not line.get("websocket")]
    assert good
    for line in good:
        upstream.requests.clear()
        # Some spellings are allowed and not for the proxy; what it passes on is what was decided on.
        if send(open_door, head(line["method"], line["target"], issuer)) == 200:
            [seen] = upstream.requests
            path = str(seen["path"])
            assert ".." not in path and "//" not in path, (path, line)
            assert send(open_door, head(line["method"], path, issuer)) == 200


@pytest.mark.parametrize(
    "more",
    [
        [b"transfer-encoding: chunked", b"content-length: 3"],
        [b"content-length: 3", b"content-length: 4"],
        [b"host: other.example"],
        [b"x-evil: a\x00b"],
    ],
)
def test_a_head_that_can_be_read_in_two_ways_never_reaches_the_server(
    open_door: Listening, upstream: Recorder, issuer: Issuer, more: list[bytes]
) -> None:
    upstream.requests.clear()
    status = send(open_door, head("GET", "/user/ada/api/status", issuer, *more))
    assert status in (0, 400, 403), status
    assert upstream.requests == []


def test_odd_methods_never_reach_the_server(
    open_door: Listening, upstream: Recorder, issuer: Issuer
) -> None:
    upstream.requests.clear()
    for method in ["CONNECT", "TRACE", "OPTIONS", "PROPFIND", "get", "GETT", "BREW"]:
        status = send(open_door, head(method, "/user/ada/api/status", issuer))
        assert status in (0, 400, 403, 404, 501), (method, status)
    assert upstream.requests == []
