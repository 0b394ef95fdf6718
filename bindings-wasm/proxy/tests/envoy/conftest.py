"""What the tests share: a proxy's program, the module, a signed bundle, servers behind the proxy."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import configs
from configs import Json, Setup
from envoy import Listening
from shared import Shared
from tokens import Issuer
from upstreams import Jupyter, Recorder

ROOT = Path(__file__).parents[4]


@dataclass(frozen=True)
class Tools:
    """Programs that were built."""

    envoy: Path
    module: Path
    notegate: Path
    modules: Path
    """Where packages for Node are."""
    hub_proxy: Path
    """The proxy that a hub runs."""


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Where they are is said by whoever starts the tests."""
    names = ("ENVOY", "NOTEGATE_PROXY", "NOTEGATE_PROGRAM", "NODE_MODULES", "HUB_PROXY")
    return Tools(*(Path(os.environ[name]).absolute() for name in names))


class Bundles:
    """Makes bundles that are signed with one key."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder = program, folder
        self._run("bundle", "keygen", folder / "key.pem")
        self.public = (folder / "key.pub.pem").read_text()

    def pack(self, source: Path, *flags: str) -> bytes:
        """A bundle as it is delivered."""
        file = self._folder / "bundle.tar"
        file.unlink(missing_ok=True)
        self._run("bundle", "pack", source, "--key", self._folder / "key.pem", "-o", file, *flags)
        return file.read_bytes()

    def of(self, policy: str, sequence: int, name: str = "tests") -> bytes:
        """One of these policies."""
        folder = self._folder / "source"
        folder.mkdir(exist_ok=True)
        manifest = {"name": name, "sequence": sequence, "model": "notebook/1"}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        (folder / "policies.cedar").write_text(policy)
        return self.pack(folder)

    def _run(self, *arguments: object) -> None:
        command = [str(self._program), *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="session")
def bundles(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    return Bundles(tools.notegate, tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="session")
def minimal(bundles: Bundles) -> bytes:
    """The smallest of the shipped bundles: ada and bob are members, and have their own servers."""
    return bundles.pack(ROOT / "policies" / "minimal", "--sequence", "1")


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture(scope="session")
def base(bundles: Bundles, minimal: bytes) -> Json:
    """A configuration of the filter: a signed bundle, and who asks by a token's claim."""
    return {
        "bundle": {"packed": base64.b64encode(minimal).decode()},
        "keys": [bundles.public],
        "identity": [{"jwt": {"user": "sub"}}],
    }


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.stop()


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    server = Jupyter("ada", tmp_path_factory.mktemp("jupyter"))
    yield server
    server.stop()


Start = Callable[..., Listening]


@pytest.fixture(scope="session")
def shared(tools: Tools, base: Json, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """The proxy that most tests add a listener to."""
    keeper = configs.named(configs.wasm(tools.module, base))
    shared = Shared(tools.envoy, keeper, tmp_path_factory.mktemp("shared"))
    yield shared
    shared.envoy.stop()


@pytest.fixture(scope="session")
def start(tools: Tools, issuer: Issuer, shared: Shared) -> Start:
    """Listens with such a configuration of the filter."""

    def start(
        configuration: Json, upstream: int, *, tls: Json | None = None, **plugin: object
    ) -> Listening:
        filters = [
            configs.jwt_authn(issuer.name, issuer.jwks),
            configs.named(configs.wasm(tools.module, configuration, **plugin)),
        ]
        return shared.listen(Setup(filters, upstream, tls))

    return start
