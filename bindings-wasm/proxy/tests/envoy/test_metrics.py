"""What the proxy counts, and what it writes down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import Start, Tools
from envoy import Envoy
from tokens import Issuer
from upstreams import Recorder

import configs
from configs import Json, Setup

STATUS = "/user/ada/api/status"


@pytest.fixture
def alone(
    tools: Tools, base: Json, issuer: Issuer, recorder: Recorder, tmp_path: Path
) -> Iterator[Envoy]:
    """A proxy in which nobody else counts."""
    filters = [
        configs.jwt_authn(issuer.name, issuer.jwks),
        configs.named(configs.wasm(tools.module, base)),
    ]
    with Envoy(tools.envoy, Setup(filters, recorder.port), tmp_path) as envoy:
        yield envoy


def test_decisions_are_counted_by_action_and_outcome_and_the_denied_are_written_down(
    alone: Envoy, issuer: Issuer
) -> None:
    envoy = alone
    ada, bob = issuer.bearer("ada"), issuer.bearer("bob")
    for headers in [ada, ada, bob]:
        httpx.get(envoy.url + STATUS, headers=headers)
    httpx.get(envoy.url + STATUS)
    httpx.get(f"{envoy.url}/user/ada//api")
    stats = envoy.stats()
    assert stats["notegate_decisions.action.server_readStatus.outcome.allow"] == 2
    assert stats["notegate_decisions.action.server_readStatus.outcome.deny"] == 1
    assert stats["notegate_undecided.kind.unauthenticated"] == 1
    assert stats["notegate_undecided.kind.refused"] == 1
    assert stats["notegate_sequence"] == 1
    assert stats["notegate_expired"] == 0
    assert stats["notegate_revision"] > 0
    assert "notegate_age_seconds" in stats
    record = envoy.wrote("a record", lambda line: "request" in line)
    assert record["decision"] == "deny"
    assert record["request"]["principal"] == {"type": "Notebook::User", "id": "bob"}
    prometheus = envoy.admin.get("/stats/prometheus").text
    assert "notegate_decisions_action_server_readStatus_outcome_deny" in prometheus


def test_shadow_mode_counts_what_it_would_deny_and_passes_it_on(
    start: Start, base: Json, issuer: Issuer, recorder: Recorder
) -> None:
    envoy = start({**base, "mode": "shadow"}, recorder.port)
    name = "notegate_decisions.action.server_readStatus.outcome.shadow_deny"
    before = envoy.stats().get(name, 0)
    assert httpx.get(envoy.url + STATUS, headers=issuer.bearer("bob")).status_code == 200
    assert httpx.get(envoy.url + STATUS).status_code == 200
    assert envoy.stats()[name] == before + 1
