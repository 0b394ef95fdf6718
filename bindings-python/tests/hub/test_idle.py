"""Idle limits, asked as the culler asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import notegate
import pytest
from conftest import EXAMPLE
from notegate.jupyterhub import cull_arbiter


def server(profile: Any) -> dict[str, Any]:
    options = {} if profile is None else {"profile": profile}
    return {
        "name": "lab",
        "full_name": "ada/lab",
        "started": "2026-11-25T07:00:00.000000Z",
        "user_options": options,
    }


@pytest.mark.parametrize(
    ("profile", "minutes", "goes"),
    [
        (None, 59, False),
        (None, 61, True),
        ("gpu", 14, False),
        ("gpu", 16, True),
        (["gpu"], 16, True),
    ],
)
def test_a_server_goes_when_its_limit_has_passed(profile: Any, minutes: int, goes: bool) -> None:
    hook = cull_arbiter(EXAMPLE / "policies")
    assert hook(timedelta(minutes=minutes), 1, server(profile)) is goes


def test_without_a_last_activity_nothing_goes() -> None:
    assert cull_arbiter(EXAMPLE / "policies")(None, 1, server(None)) is False


def test_what_cannot_be_decided_is_left_to_the_culler() -> None:
    hook = cull_arbiter(EXAMPLE / "policies")
    assert hook(timedelta(seconds=5), 10, {"name": 1}) is False
    assert hook(timedelta(seconds=15), 10, {"name": 1}) is True


def test_no_bundle_no_hook() -> None:
    with pytest.raises(notegate.LoadError):
        cull_arbiter(EXAMPLE / "nothing")
