"""How much is read and written, and where a policy looks at it."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import POLICIES, Make, Server, denied
from notegate.jupyter_server import sizes
from tornado.web import HTTPError

LARGE = "No more than 1000 bytes."

SIZES = """
@id("small")
@message("No more than 1000 bytes.")
forbid (
  principal,
  action in
    [Notebook::Action::"contents:read",
     Notebook::Action::"contents:write",
     Notebook::Action::"contents:download",
     Notebook::Action::"contents:export"],
  resource
)
when { context has bytes && context.bytes > 1000 };
"""


@pytest.fixture(scope="module")
def sized(make_server: Make) -> Server:
    server = make_server((POLICIES / "policies.cedar").read_text() + SIZES)
    for name, size in (("small.csv", 1000), ("large.csv", 1001)):
        (server.root / name).write_bytes(b"x" * size)
    (server.root / "folder").mkdir()
    (server.root / "link.csv").symlink_to("large.csv")
    notebook = (server.root / "open.ipynb").read_text()
    (server.root / "large.ipynb").write_text(notebook + " " * 1001)
    return server


def file(content: str, **more: Any) -> dict[str, Any]:
    return {"type": "file", "format": "text", "content": content, **more}


@pytest.mark.parametrize("path", ["/files/{}.csv", "/api/contents/{}.csv", "/view/{}.csv"])
def test_what_is_read_has_its_size(sized: Server, path: str) -> None:
    allowed = sized.api("GET", path.format("small"))
    assert allowed.status_code == 200, allowed.text[:500]
    denied(sized.api("GET", path.format("large")), LARGE)
    # A link is as large as what it leads to.
    denied(sized.api("GET", path.format("link")), LARGE)


def test_so_has_what_is_exported_and_what_is_copied(sized: Server) -> None:
    assert sized.api("GET", "/nbconvert/html/open.ipynb").status_code == 200
    denied(sized.api("GET", "/nbconvert/html/large.ipynb"), LARGE)
    denied(sized.api("POST", "/api/contents/folder", {"copy_from": "large.csv"}), LARGE)
    copied = sized.api("POST", "/api/contents/folder", {"copy_from": "small.csv"})
    assert copied.status_code == 201, copied.text


def test_a_folder_and_what_is_not_there_have_none(sized: Server) -> None:
    assert sized.api("GET", "/api/contents/folder").status_code == 200
    assert sized.api("GET", "/files/nothing.csv").status_code == 404
    assert sized.api("GET", "/api/contents/nothing.csv").status_code == 404


def test_what_is_written_has_its_size(sized: Server) -> None:
    path = "/api/contents/{}.txt"
    assert sized.api("PUT", path.format("text"), file("é" * 500)).status_code == 201
    denied(sized.api("PUT", path.format("text"), file("é" * 501)), LARGE)
    for size, status in ((1000, 201), (1001, 403)):
        content = b64encode(b"x" * size).decode()
        body = file(content, format="base64")
        assert sized.api("PUT", path.format("base64"), body).status_code == status
    assert (sized.root / "base64.txt").stat().st_size == 1000
    cells = [{"cell_type": "raw", "metadata": {}, "source": "x" * 1000}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    body = {"type": "notebook", "format": "json", "content": notebook}
    denied(sized.api("PUT", "/api/contents/written.ipynb", body), LARGE)
    body["content"] = {**notebook, "cells": []}
    assert sized.api("PUT", "/api/contents/written.ipynb", body).status_code == 201
    twice = '{"type": "file", "format": "text", "content": "", "content": "x"}'
    status, _, _ = sized.raw("PUT", "/user/ada/api/contents/twice.txt", body=twice)
    assert status == 403 and not (sized.root / "twice.txt").exists()


def test_a_piece_counts_with_what_is_there(sized: Server) -> None:
    path, written = "/api/contents/pieces.txt", sized.root / "pieces.txt"
    assert sized.api("PUT", path, file("x" * 400, chunk=1)).status_code == 201
    assert sized.api("PUT", path, file("x" * 400, chunk=2)).status_code == 200
    denied(sized.api("PUT", path, file("x" * 201, chunk=3)), LARGE)
    assert sized.api("PUT", path, file("x" * 200, chunk=-1)).status_code == 200
    assert written.stat().st_size == 1000
    # Whoever begins with another piece adds to what is there, too.
    denied(sized.api("PUT", path, file("x", chunk=7)), LARGE)
    denied(sized.api("PUT", "/api/contents/small.csv", file("x", chunk=-1)), LARGE)
    # The first one takes the place of what is there.
    assert sized.api("PUT", path, file("x" * 1000, chunk=1)).status_code == 200
    assert written.stat().st_size == 1000


def test_where_no_policy_looks_at_it_nobody_asks_for_it(server: Server) -> None:
    body = file("x" * 2000)
    assert server.api("PUT", "/api/contents/large.txt", body).status_code == 201
    assert server.api("GET", "/files/large.txt").status_code == 200
    written = server.asked("contents:write")[-1]["request"]
    assert "bytes" not in written["context"]
    assert server.api("DELETE", "/api/contents/large.txt").status_code == 204


class Elsewhere:
    """Contents that are on no disk."""

    def __init__(self, found: Any) -> None:
        self.found = found

    def get(self, path: str, content: bool) -> Any:
        assert (path, content) == ("a.csv", False)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class Awaited(Elsewhere):
    async def get(self, path: str, content: bool) -> Any:
        return super().get(path, content)


@pytest.mark.parametrize("manager", [Elsewhere, Awaited])
def test_of_contents_that_are_on_no_disk_their_manager_is_asked(manager: type[Elsewhere]) -> None:
    def facts(found: Any, action: str = "contents:read", **context: int) -> dict[str, Any]:
        handler = SimpleNamespace(settings={"contents_manager": manager(found)})
        return asyncio.run(sizes.facts(handler, action, "a.csv", context))

    assert facts({"size": 7}) == {"bytes": 7}
    assert facts({"size": 7}, "contents:write", bytes=3, chunk=-1) == {"bytes": 10}
    assert facts({"size": None}) == facts({}) == facts(HTTPError(404)) == {}
    assert facts(HTTPError(404), "contents:write", bytes=3, chunk=2) == {"bytes": 3}
    # Nobody is asked for what the body says.
    assert facts(ValueError(), "contents:write", bytes=3, chunk=1) == {}
    with pytest.raises(HTTPError):
        facts(HTTPError(500))
    with pytest.raises(ValueError, match="lost"):
        facts(ValueError("lost"))
