"""Another configuration while requests come."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path

import httpx
import pytest
from conftest import Bundles, Tools
from envoy import until
from shared import Shared
from tokens import Issuer
from upstreams import Recorder

import configs
from configs import Json, Setup

STATUS = "/user/ada/api/status"
ALLOW = '@id("a") @obligation_of("{0}") permit (principal, action, resource);'
DENY = ALLOW + '@id("d") @message("{0}") forbid (principal, action, resource);'


class Discovered:
    """A listener that finds its filter in a file, and bundles that nobody else has."""

    def __init__(
        self,
        tools: Tools,
        issuer: Issuer,
        bundles: Bundles,
        shared: Shared,
        port: int,
        folder: Path,
    ) -> None:
        self._tools, self._bundles, self._folder = tools, bundles, folder / "discovery"
        self._name = f"discovered-{folder.name}"
        self._folder.mkdir()
        self._version = 0
        self.put(ALLOW.format(1), 1)
        discovered = configs.discovered(self._folder, self._name)
        filters = [configs.jwt_authn(issuer.name, issuer.jwks), discovered]
        self.envoy = shared.listen(Setup(filters, port))

    def put(self, policy: str, sequence: int, **changes: object) -> None:
        """Delivers a configuration with such a bundle."""
        packed = base64.b64encode(self._bundles.of(policy, sequence, self._name)).decode()
        configuration = {
            "bundle": {"packed": packed},
            "keys": [self._bundles.public],
            "identity": [{"jwt": {"user": "sub"}}],
            **changes,
        }
        self._version += 1
        typed = configs.wasm(self._tools.module, configuration)
        discovery = configs.discovery(typed, self._name, str(self._version))
        (self._folder / "next").write_text(json.dumps(discovery))
        (self._folder / "next").replace(self._folder / "filter.json")

    def updates(self) -> tuple[int, int]:
        """How many configurations were taken, and how many refused."""
        stats = self.envoy.all_stats(f"extension_config_discovery.*{self._name}")
        ends = {name.rsplit(".", 1)[-1]: value for name, value in stats.items()}
        return ends["config_reload"], ends["config_fail"] + ends["update_rejected"]


@pytest.fixture
def discovered(
    tools: Tools,
    issuer: Issuer,
    bundles: Bundles,
    shared: Shared,
    recorder: Recorder,
    tmp_path: Path,
) -> Discovered:
    return Discovered(tools, issuer, bundles, shared, recorder.port, tmp_path)


class Load:
    """Requests by several clients, until it is enough."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.seen: list[tuple[int, str]] = []
        self.lost: list[Exception] = []
        self._enough = threading.Event()
        self._url, self._headers = url, headers
        self._threads = [threading.Thread(target=self._run) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=60) as client:
            while not self._enough.is_set():
                try:
                    answer = client.get(self._url)
                except httpx.HTTPError as lost:
                    self.lost.append(lost)
                    continue
                said = answer.json()
                if answer.status_code == 200:
                    [made] = said["headers"]["x-notegate-obligation-of"]
                else:
                    made = said["message"]
                self.seen.append((answer.status_code, made))

    def more(self) -> None:
        """Waits until there were some more."""
        enough = len(self.seen) + 200
        until("more requests", lambda: True if len(self.seen) > enough else None)

    def end(self) -> list[tuple[int, str]]:
        """Ends it, and gives what was answered."""
        self._enough.set()
        for thread in self._threads:
            thread.join()
        return self.seen


def test_a_good_configuration_swaps_under_load_and_no_request_is_lost_or_mixed(
    discovered: Discovered, issuer: Issuer
) -> None:
    load = Load(discovered.envoy.url + STATUS, issuer.bearer("ada"))
    load.more()
    for sequence in range(2, 6):
        taken = discovered.updates()[0]
        policy = (DENY if sequence % 2 == 0 else ALLOW).format(sequence)
        discovered.put(policy, sequence)
        until("the swap", lambda taken=taken: True if discovered.updates()[0] > taken else None)
        load.more()
    seen = load.end()
    assert load.lost == []
    # Each answer is of one bundle as a whole, and each bundle was in force.
    assert set(seen) == {(200, "1"), (403, "2"), (200, "3"), (403, "4"), (200, "5")}


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "open"},
        {"keys": []},
        {"bundle": {"packed": "bm8gYnVuZGxl"}},
        {"bundle": {"members": {"a.cedar": "permit (principal, action, resource);"}}},
    ],
    ids=["field", "unsigned", "damaged", "loose"],
)
def test_a_bad_configuration_is_refused_and_the_old_one_goes_on(
    discovered: Discovered, issuer: Issuer, change: Json
) -> None:
    if "keys" in change:
        # Signed by nobody that counts: it is another key's.
        change = {"keys": [OTHER_KEY]}
    load = Load(discovered.envoy.url + STATUS, issuer.bearer("ada"))
    discovered.put(DENY.format(2), 2, **change)
    until("the refusal", lambda: True if discovered.updates()[1] > 0 else None)
    load.more()
    assert set(load.end()) == {(200, "1")}
    assert load.lost == []
    refused = "configuration_refused"
    discovered.envoy.wrote("why it was refused", lambda line: line.get("event") == refused)
    # What comes after it is taken.
    discovered.put(DENY.format(3), 3)
    status = lambda: httpx.get(discovered.envoy.url + STATUS, headers=issuer.bearer("ada"))  # noqa: E731
    until("the next", lambda: True if status().status_code == 403 else None)


def test_an_older_bundle_is_refused_and_the_newer_one_goes_on(
    discovered: Discovered, issuer: Issuer
) -> None:
    discovered.put(DENY.format(9), 9)
    ask = lambda: httpx.get(discovered.envoy.url + STATUS, headers=issuer.bearer("ada"))  # noqa: E731
    until("the swap", lambda: True if ask().status_code == 403 else None)
    discovered.put(ALLOW.format(8), 8)
    older = "8, and 9 was in force already"
    discovered.envoy.wrote("why it was refused", lambda line: older in line.get("message", ""))
    until("the refusal", lambda: True if discovered.updates()[1] > 0 else None)
    assert ask().status_code == 403


OTHER_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""
