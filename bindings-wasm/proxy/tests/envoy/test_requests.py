"""Requests of all kinds in front of a real Jupyter Server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import httpx
import pytest
import websockets
from conftest import Bundles, Start
from envoy import Listening
from extended import websocket_over_http2
from messages import execution
from tokens import Issuer
from upstreams import Jupyter, Recorder
from websockets.sync.client import connect

from configs import Json

KERNELS = "/user/ada/api/kernels"


@pytest.fixture(scope="module")
def envoy(start: Start, base: Json, jupyter: Jupyter) -> Listening:
    return start(base, jupyter.port)


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def client(request: pytest.FixtureRequest, envoy: Listening) -> Iterator[httpx.Client]:
    second = request.param == "HTTP/2"
    with httpx.Client(base_url=envoy.url, http1=not second, http2=second, timeout=60) as client:
        yield client


def test_what_is_allowed_reaches_the_server(client: httpx.Client, issuer: Issuer) -> None:
    answer = client.get("/user/ada/api/status", headers=issuer.bearer("ada"))
    assert (answer.status_code, "kernels" in answer.json()) == (200, True), answer.text


def test_what_is_denied_does_not(client: httpx.Client, issuer: Issuer) -> None:
    answer = client.get("/user/ada/api/status", headers=issuer.bearer("bob"))
    assert answer.status_code == 403
    assert set(answer.json()) == {"status", "message", "decision_id"}
    assert answer.json()["decision_id"]


def test_nobody_in_particular_is_asked_to_log_in(client: httpx.Client) -> None:
    answer = client.get("/user/ada/api/status")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    # It reaches this server, which is no hub and has no such page.
    assert client.get("/hub/login").status_code == 404


def test_a_file_is_written_read_and_deleted(client: httpx.Client, issuer: Issuer) -> None:
    path, ada = "/user/ada/api/contents/notes 1.txt", issuer.bearer("ada")
    file = {"type": "file", "format": "text", "content": "x" * 300_000}
    # What is written decides nothing, so it is not waited for, however long it is.
    assert client.put(path, json=file, headers=ada).status_code in (200, 201)
    assert client.get(path, headers=ada).json()["content"] == file["content"]
    moved = client.patch(path, json={"path": "notes 2.txt"}, headers=ada)
    assert (moved.status_code, moved.json().get("path")) == (200, "notes 2.txt"), moved.text
    assert client.delete("/user/ada/api/contents/notes 2.txt", headers=ada).status_code == 204
    assert client.put(path, json=file, headers=issuer.bearer("bob")).status_code == 403


def test_a_kernel_is_started_by_its_body(client: httpx.Client, issuer: Issuer) -> None:
    ada = issuer.bearer("ada")
    started = client.post(KERNELS, json={"name": "python3"}, headers=ada)
    assert started.status_code == 201, started.text
    kernel = started.json()["id"]
    assert client.delete(f"{KERNELS}/{kernel}", headers=issuer.bearer("bob")).status_code == 403
    assert client.delete(f"{KERNELS}/{kernel}", headers=ada).status_code == 204


def test_a_body_in_pieces_is_read_whole(client: httpx.Client, issuer: Issuer) -> None:
    ada = issuer.bearer("ada")
    pieces = (part.encode() for part in ['{"na', 'me": "pyt', 'hon3"', "}"])
    started = client.post(KERNELS, content=pieces, headers=ada)
    assert started.status_code == 201, started.text
    assert client.delete(f"{KERNELS}/{started.json()['id']}", headers=ada).status_code == 204
    pieces = (part.encode() for part in ['{"name": "python3",', ' "name": "other"}'])
    assert client.post(KERNELS, content=pieces, headers=ada).status_code == 400


def test_a_body_that_is_too_large_is_refused(envoy: Listening, issuer: Issuer) -> None:
    url, ada, large = envoy.url + KERNELS, issuer.bearer("ada"), b" " * 70_000
    assert httpx.post(url, content=large, headers=ada).status_code == 413
    pieces = (large[place : place + 7_000] for place in range(0, len(large), 7_000))
    assert httpx.post(url, content=pieces, headers=ada).status_code == 413


SIZES = """
@id("own") permit (principal, action, resource)
when { resource has owner && resource.owner == principal };
@id("small") @message("Too large.")
forbid (principal, action == Notebook::Action::"contents:write", resource)
unless { context has bytes && context.bytes <= 300000 };
"""


def test_what_is_written_is_waited_for_where_a_policy_looks_at_its_size(
    start: Start, base: Json, bundles: Bundles, issuer: Issuer, recorder: Recorder
) -> None:
    packed = base64.b64encode(bundles.of(SIZES, 1, "sizes")).decode()
    limits = {"body_bytes": 8 << 20, "request_bytes": 8 << 20}
    sized = start({**base, "bundle": {"packed": packed}, "limits": limits}, recorder.port)
    ada = issuer.bearer("ada")

    def put(size: int, **more: int) -> int:
        content = base64.b64encode(b"x" * size).decode()
        file = {"type": "file", "format": "base64", "content": content, **more}
        return httpx.put(
            f"{sized.url}/user/ada/api/contents/a.bin", json=file, headers=ada
        ).status_code

    assert put(300_000) == 200
    assert len(recorder.requests[-1]["body"]) > 400_000
    assert put(300_001) == 403
    assert put(300_000, chunk=2) == 200
    # More than the proxy itself keeps back.
    assert put(1_500_000) == 413
    assert len(recorder.requests) == 2


@pytest.fixture
def kernel(envoy: Listening, issuer: Issuer) -> Iterator[str]:
    """A kernel of ada's."""
    ada = issuer.bearer("ada")
    with httpx.Client(base_url=envoy.url, timeout=60, headers=ada) as client:
        kernel = client.post(KERNELS, json={"name": "python3"}).json()["id"]
        yield kernel
        client.delete(f"{KERNELS}/{kernel}")


def test_a_websocket_runs_code_and_another_persons_is_denied(
    envoy: Listening, issuer: Issuer, kernel: str
) -> None:
    address = f"ws://127.0.0.1:{envoy.port}{KERNELS}/{kernel}/channels"
    with connect(address, additional_headers=issuer.bearer("ada")) as channels:
        channels.send(execution())
        while True:
            message = json.loads(channels.recv(60))
            if message["msg_type"] == "stream":
                break
        assert message["content"]["text"] == "42\n"
    for headers, status in [(issuer.bearer("bob"), 403), ({}, 401)]:
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            connect(address, additional_headers=headers).__enter__()
        assert refused.value.response.status_code == status


def test_a_websocket_over_http2_is_decided_on_too(
    envoy: Listening, issuer: Issuer, kernel: str
) -> None:
    path = f"{KERNELS}/{kernel}/channels"
    assert websocket_over_http2(envoy.port, path, issuer.bearer("ada")) == 200
    assert websocket_over_http2(envoy.port, path, issuer.bearer("bob")) == 403
    assert websocket_over_http2(envoy.port, path, {}) == 401


def test_a_body_that_ends_in_trailers_is_read(
    start: Start, base: Json, issuer: Issuer, recorder: Recorder
) -> None:
    from extended import post_with_trailers

    envoy, ada = start(base, recorder.port), issuer.bearer("ada")
    body = b'{"name": "python3"}'
    assert post_with_trailers(envoy.port, KERNELS, ada, body) == 200
    assert recorder.requests[-1]["body"] == body.decode()
    assert post_with_trailers(envoy.port, KERNELS, ada, b'{"name": 1}') == 400
    assert post_with_trailers(envoy.port, KERNELS, issuer.bearer("bob"), body) == 403
    assert len(recorder.requests) == 1


def test_obligations_and_the_canonical_path_reach_the_server_and_what_clients_spoof_does_not(
    start: Start, base: Json, issuer: Issuer, recorder: Recorder
) -> None:
    policy = '@id("all") @obligation_network_profile("lab") permit (principal, action, resource);'
    configuration = {**base, "bundle": {"members": {"a.cedar": policy}}, "keys": []}
    envoy = start(configuration, recorder.port)
    spoofed = {
        "x-notegate-decision-id": "mine",
        "x-notegate-obligation-network-profile": "open",
        "x-notegate-user": "root",
        "x-http-method-override": "DELETE",
        "x-original-url": "/user/bob/",
        "x-envoy-original-path": "/user/bob/",
    }
    path = "/user/ada/files/o'neil.csv?download=1"
    answer = httpx.get(f"{envoy.url}{path}", headers={**issuer.bearer("ada"), **spoofed})
    seen = answer.json()
    assert seen["path"] == "/user/ada/files/o%27neil.csv?download=1"
    ids = seen["headers"].pop("x-notegate-decision-id")
    assert (len(ids), "mine" in ids[0]) == (1, False)
    assert seen["headers"].pop("x-notegate-obligation-network-profile") == ["lab"]
    assert not set(spoofed) & set(seen["headers"])
