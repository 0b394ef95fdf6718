import time
from collections.abc import Callable, Iterator
from pathlib import Path

import notegate
import pytest

POLICIES = Path(__file__).parents[2] / "policies"


@pytest.fixture
def policies() -> Path:
    return POLICIES


@pytest.fixture
def baseline() -> Iterator[notegate.Pdp]:
    with notegate.Pdp.open(POLICIES / "baseline", watch=False) as pdp:
        yield pdp


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle in which everybody may log in."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"name": "ours", "sequence": 1, "model": "notebook/1"}')
    write(folder, LOGIN)
    return folder


LOGIN = '@id("login") permit (principal, action == Notebook::Action::"hub:login", resource);'
NOBODY = '@id("closed") @message("Closed today.") forbid (principal, action, resource);'


def write(folder: Path, policy: str) -> None:
    (folder / ".next").write_text(policy)
    (folder / ".next").replace(folder / "policies.cedar")


def until(true: Callable[[], object], what: str) -> None:
    """Asks again until it is so. The bound only ends a test that would hang."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.01)
