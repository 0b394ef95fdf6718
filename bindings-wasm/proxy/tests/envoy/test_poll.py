"""Newer bundles from a server that the proxy knows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from conftest import Bundles, Tools
from envoy import Envoy, until
from tokens import Issuer
from upstreams import Recorder

import configs
from configs import Setup

STATUS = "/user/ada/api/status"
ALLOW = '@id("a") permit (principal, action, resource);'
DENY = '@id("d") @message("{0}") forbid (principal, action, resource);'


class Policies:
    """A server that has a bundle under a tag."""

    def __init__(self) -> None:
        self.body, self.etag, self.status = b"", "", 200
        self.asked: list[str | None] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tag = self.headers.get("if-none-match")
                server.asked.append(tag)
                status = 304 if tag == server.etag and server.status == 200 else server.status
                self.send_response(status)
                self.send_header("etag", server.etag)
                self.send_header("content-length", "0" if status == 304 else str(len(server.body)))
                self.end_headers()
                if status != 304:
                    self.wfile.write(server.body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def has(self, body: bytes, etag: str) -> None:
        """Has this from now on."""
        self.body, self.etag = body, etag


@pytest.fixture
def policies() -> Policies:
    return Policies()


@pytest.fixture
def envoy(
    tools: Tools,
    issuer: Issuer,
    bundles: Bundles,
    recorder: Recorder,
    policies: Policies,
    tmp_path: Path,
) -> Iterator[Envoy]:
    source = {"cluster": "policies", "authority": "policies.example", "path": "/hub.tar"}
    configuration = {
        "poll": {**source, "interval_seconds": 1},
        "keys": [bundles.public],
        "identity": [{"jwt": {"user": "sub"}}],
    }
    filters = [
        configs.jwt_authn(issuer.name, issuer.jwks),
        configs.named(configs.wasm(tools.module, configuration)),
    ]
    clusters = [configs.cluster("policies", policies.port)]
    policies.has(bundles.of(ALLOW, 1), '"1"')
    with Envoy(tools.envoy, Setup(filters, recorder.port, clusters=clusters), tmp_path) as envoy:
        yield envoy


def test_workers_agree_on_what_the_server_has_and_nothing_older_or_unsigned_is_taken(
    envoy: Envoy, issuer: Issuer, bundles: Bundles, policies: Policies
) -> None:
    def answers() -> set[int]:
        # A connection of its own each, so that every worker is asked.
        ada = issuer.bearer("ada")
        return {httpx.get(envoy.url + STATUS, headers=ada).status_code for _ in range(40)}

    until("the first", lambda: True if answers() == {200} else None)
    until("a question by its tag", lambda: True if '"1"' in policies.asked else None)
    policies.has(bundles.of(DENY.format(2), 2), '"2"')
    until("the second on every worker", lambda: True if answers() == {403} else None)
    asked = len(policies.asked)
    policies.has(bundles.of(ALLOW, 1), '"3"')
    older = "sequence.older"
    envoy.wrote("an older one", lambda line: line.get("error", {}).get("code") == older)
    policies.has(b"no bundle", '"4"')
    damaged = len(policies.asked)
    until("more questions", lambda: True if len(policies.asked) > damaged + 1 else None)
    assert answers() == {403}
    assert len(policies.asked) > asked
    policies.has(bundles.of(ALLOW, 3), '"5"')
    until("the third on every worker", lambda: True if answers() == {200} else None)
    assert envoy.stats()["notegate_sequence"] == 3
