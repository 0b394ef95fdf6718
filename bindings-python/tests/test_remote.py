"""What is followed from an address: a web server on loopback, with tags as web servers have them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import notegate
import pytest
from conftest import LOGIN, NOBODY, until, write

ADA, HUB = ("User", "ada"), ("Hub", "main")
LONG_AGO = "Wed, 01 Jan 2025 00:00:00 GMT"


class Shelf(ThreadingHTTPServer):
    """Files by path, and the status of every answer that was given."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files: dict[str, bytes] = {}
        self.answered: Queue[int] = Queue()

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Answer(BaseHTTPRequestHandler):
    server: Shelf

    def do_GET(self) -> None:
        content = self.server.files.get(self.path)
        tag = f'"{sha256(content or b"").hexdigest()}"'
        unchanged = self.headers.get("If-None-Match") == tag
        status = 404 if content is None else 304 if unchanged else 200
        body = content if content is not None and status == 200 else b""
        self.send_response(status)
        if content is not None:
            self.send_header("ETag", tag)
            self.send_header("Last-Modified", LONG_AGO)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.answered.put(status)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with Shelf() as shelf:
        thread = threading.Thread(target=shelf.serve_forever)
        thread.start()
        yield shelf
        shelf.shutdown()
        thread.join()


class Author:
    """Signs what is put on the shelf."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.public, self._secret = str(folder / "public.pem"), str(folder / "secret.pem")
        self._run("keygen", self._secret, "--public", self.public)

    def bundle(self, folder: Path, sequence: int, policy: str) -> bytes:
        manifest = f'{{"name": "ours", "sequence": {sequence}, "model": "notebook/1"}}'
        (folder / "manifest.json").write_text(manifest)
        write(folder, policy)
        return self._packed("pack", str(folder))

    def grants(self, sequence: int, text: str) -> bytes:
        grants = self.folder / "grants.json"
        grants.write_text(text)
        return self._packed(
            "pack-grants", str(grants), "--for", "ours", "--sequence", str(sequence)
        )

    def _packed(self, *arguments: str) -> bytes:
        packed = self.folder / "packed.tar"
        packed.unlink(missing_ok=True)
        self._run(*arguments, "--key", self._secret, "--output", str(packed))
        return packed.read_bytes()

    def _run(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "notegate", "bundle", *arguments], check=True)


@pytest.fixture
def author(tmp_path: Path) -> Author:
    folder = tmp_path / "author"
    folder.mkdir()
    return Author(folder)


def allowed(pdp: notegate.Pdp, who: tuple[str, str] = ADA) -> bool:
    return pdp.authorize(who, "hub:login", HUB).allowed


def seen(shelf: Shelf) -> int:
    return shelf.answered.get(timeout=60)


def test_what_an_address_has_comes_into_force_and_unchanged_costs_no_body(
    bundle: Path, shelf: Shelf, author: Author
) -> None:
    events: Queue[notegate.Event] = Queue()
    shelf.files["/hub.tar"] = author.bundle(bundle, 1, LOGIN)
    with notegate.Pdp.open(shelf.address("/hub.tar"), keys=[author.public]) as pdp:
        pdp.watch(events.put)
        assert seen(shelf) == 200
        assert allowed(pdp)
        assert pdp.status.source == shelf.address("/hub.tar")
        pdp.look()
        assert seen(shelf) == 304
        shelf.files["/hub.tar"] = author.bundle(bundle, 2, NOBODY)
        pdp.look()
        assert seen(shelf) == 200
        assert events.get(timeout=60).code == "activated"
        assert (pdp.status.sequence, allowed(pdp)) == (2, False)


def test_a_bad_bundle_at_an_address_leaves_the_last_good_one(
    bundle: Path, shelf: Shelf, author: Author, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = Author(other)
    good = author.bundle(bundle, 5, LOGIN)
    bad = {
        "broken": good[:700],
        "nonsense": b"<html>Log in to the network</html>",
        "by a stranger": stranger.bundle(bundle, 6, NOBODY),
        "from before": author.bundle(bundle, 4, NOBODY),
    }
    events: Queue[notegate.Event] = Queue()
    shelf.files["/hub.tar"] = good
    with notegate.Pdp.open(shelf.address("/hub.tar"), keys=[author.public]) as pdp:
        pdp.watch(events.put)
        revision = pdp.status.revision
        for what, content in bad.items():
            shelf.files["/hub.tar"] = content
            pdp.look()
            assert events.get(timeout=60).code == "refused", what
            assert (pdp.status.revision, allowed(pdp)) == (revision, True), what
            # It is told at once, and stands when all places were looked at.
            until(lambda: pdp.status.last_error, what)
        del shelf.files["/hub.tar"]
        pdp.look()
        assert events.get(timeout=60).code == "unreachable"
        assert (pdp.status.revision, allowed(pdp)) == (revision, True)
        shelf.files["/hub.tar"] = author.bundle(bundle, 7, NOBODY)
        pdp.look()
        assert events.get(timeout=60).code == "activated"
        assert (pdp.status.sequence, allowed(pdp)) == (7, False)
        until(lambda: pdp.status.consecutive_failures == 0, "it stands as well again")


def test_what_is_not_there_or_could_be_anybody_s_is_not_opened(
    bundle: Path, shelf: Shelf, author: Author
) -> None:
    with pytest.raises(notegate.LoadError):
        notegate.Pdp.open(shelf.address("/none.tar"), keys=[author.public])
    shelf.files["/hub.tar"] = author.bundle(bundle, 1, LOGIN)
    with pytest.raises(notegate.LoadError, match="anybody"):
        notegate.Pdp.open(shelf.address("/hub.tar"))
    with pytest.raises(notegate.LoadError, match="followed"):
        notegate.Pdp.open(shelf.address("/hub.tar"), keys=[author.public], watch=False)


EVE = ("User", "eve")
FOR_EVE = """[{
    "id": "for-eve",
    "principal": {"type": "Notebook::User", "id": "eve"},
    "action": "hub:login",
    "resource": {"type": "Notebook::Hub", "id": "main"},
    "expires": "2100-01-01T00:00:00Z",
    "reason": "on call",
    "approved_by": ["grace"]
}]"""
NO_POLICY = '@id("none") permit (principal, action, resource) when { false };'


def test_grants_come_by_themselves_from_an_address_and_go_again(
    bundle: Path, shelf: Shelf, author: Author
) -> None:
    events: Queue[notegate.Event] = Queue()
    shelf.files["/hub.tar"] = author.bundle(bundle, 1, NO_POLICY)
    shelf.files["/grants.tar"] = author.grants(1, FOR_EVE)
    here, grants = shelf.address("/hub.tar"), shelf.address("/grants.tar")
    with notegate.Pdp.open(here, grants=grants, keys=[author.public]) as pdp:
        pdp.watch(events.put)
        assert allowed(pdp, EVE)
        assert not allowed(pdp)
        assert pdp.authorize(EVE, "hub:login", HUB).reason == ["grant:for-eve"]
        shelf.files["/grants.tar"] = author.grants(2, "[]")
        pdp.look()
        assert events.get(timeout=60).code == "activated"
        assert not allowed(pdp, EVE)
        # Taken away is taken away, also when the older ones are put there again.
        shelf.files["/grants.tar"] = author.grants(1, FOR_EVE)
        pdp.look()
        assert events.get(timeout=60).code == "refused"
        assert not allowed(pdp, EVE)


@pytest.mark.parametrize("watch", [True, False])
@pytest.mark.parametrize("form", [bytes, Path, str])
def test_grants_from_a_file_or_bytes_hold_for_the_bundle_they_name(
    bundle: Path, author: Author, form: type, watch: bool
) -> None:
    hub = author.bundle(bundle, 1, NO_POLICY)
    content = author.grants(1, FOR_EVE)
    file = author.folder / "grants.tar"
    file.write_bytes(content)
    given = content if form is bytes else form(file)
    with notegate.Pdp.open(hub, grants=given, keys=[author.public], watch=watch) as pdp:
        assert allowed(pdp, EVE)
        assert not allowed(pdp)


def test_grants_that_nobody_trusted_signed_refuse_the_start(
    bundle: Path, author: Author, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    hub, forged = author.bundle(bundle, 1, NO_POLICY), Author(other).grants(1, FOR_EVE)
    with pytest.raises(notegate.LoadError):
        notegate.Pdp.open(hub, grants=forged, keys=[author.public])
    with pytest.raises(notegate.LoadError):
        notegate.Pdp.open(hub, grants=b"nonsense", keys=[author.public])
    with pytest.raises(TypeError, match="grants"):
        notegate.Pdp.open(hub, grants=7)  # type: ignore[arg-type]
