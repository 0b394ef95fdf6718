"""Files, and all the ways in which their bytes leave a server."""

from __future__ import annotations

import pytest
from conftest import Server, denied

STAYS = "Files in `private` stay here."


@pytest.mark.parametrize(
    "path",
    [
        "/files/{}.csv",
        "/files/{}.csv?download=1",
        "/view/{}.csv",
        "/nbclassic/view/{}.csv",
        "/api/contents/{}.csv",
        "/api/contents/{}.csv?content=1",
        "/api/contents/{}.csv?format=base64&type=file",
        "/nbconvert/html/{}.ipynb",
        "/nbconvert/python/{}.ipynb?download=true",
    ],
)
def test_what_is_private_leaves_by_no_route(server: Server, path: str) -> None:
    allowed = server.api("GET", path.format("open"))
    assert allowed.status_code == 200, allowed.text[:500]
    answer = server.api("GET", path.format("private/secret"))
    assert "a,b" not in answer.text
    denied(answer, STAYS)


def test_a_live_document_of_it_is_not_opened(server: Server) -> None:
    body = {"format": "json", "type": "notebook"}
    path = "/api/collaboration/session/{}.ipynb"
    assert server.api("PUT", path.format("open"), body).status_code in (200, 201)
    denied(server.api("PUT", path.format("private/secret"), body), STAYS)


def test_a_copy_is_a_reading_of_what_is_copied(server: Server) -> None:
    denied(server.api("POST", "/api/contents/", {"copy_from": "private/secret.csv"}), STAYS)
    copied = server.api("POST", "/api/contents/", {"copy_from": "open.csv"})
    assert copied.status_code == 201, copied.text
    assert server.api("DELETE", f"/api/contents/{copied.json()['path']}").status_code == 204


def test_it_is_seen_that_it_is_there(server: Server) -> None:
    # The policy closes reading, not looking.
    found = server.api("GET", "/api/contents/private/secret.csv?content=0")
    assert found.status_code == 200 and found.json()["content"] is None


def test_what_is_stored_of_a_file_goes_on_counting(server: Server) -> None:
    denied(server.api("GET", "/files/stored.csv"), "This file is marked as internal.")
    assert server.api("GET", "/files/open.csv").text == "a,b\n1,2\n"


@pytest.mark.parametrize(
    "target",
    [
        "/user/ada/files/%70rivate/secret.csv",
        "/user/ada/files/private%2Fsecret.csv",
        "/user/ada/files/open/../private/secret.csv",
        "/user/ada/files//private/secret.csv",
        "/user/ada/files/./private/secret.csv",
        "/user/ada/files/private/secret.csv/",
        "/user/ada//files/private/secret.csv",
        "/user/ada/files/private\\secret.csv",
        "/user/ada/api/contents/%2e/private/secret.csv",
    ],
)
def test_no_other_spelling_reaches_it(server: Server, target: str) -> None:
    status, body, _ = server.raw("GET", target)
    assert status in (400, 403, 404), (status, body)
    assert "a,b" not in body


def test_terminals_ports_and_extensions_are_closed(server: Server) -> None:
    denied(server.api("POST", "/api/terminals"), "There are no terminals on this platform.")
    status, body, _ = server.raw("GET", "/user/ada/terminals/websocket/1", websocket=True)
    assert status == 403 and "There are no terminals" in body
    for path in ("/proxy/8888/", "/proxy/absolute/8888/x", "/proxy/8898/"):
        denied(server.api("GET", path), "Only port 8899 is open.")
    status, body, _ = server.raw("GET", "/user/ada/proxy/8888/ws", websocket=True)
    assert status == 403 and "Only port 8899 is open." in body
    # Nothing listens there, and the proxy says so.
    assert server.api("GET", "/proxy/8899/").status_code in (500, 502, 503)
    remote = server.api("GET", "/proxy/example.org:80/")
    denied(remote, "Other hosts are not reached through a server.")
    install = {"cmd": "install", "extension_name": "x"}
    denied(server.api("POST", "/lab/api/extensions", install), "Extensions come with the image.")
