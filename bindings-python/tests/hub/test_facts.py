"""What goes into a question, and which denials are obeyed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from notegate._enforce import names
from notegate._enforce.enforcement import Enforcement
from notegate.jupyterhub.choices import Unreadable, resources, text
from notegate.jupyterhub.sessions import Session, mfa_by_amr, read


def test_no_two_things_have_one_id() -> None:
    servers = [("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c"), ("a", "b%2Fc"), ("a/b/c", "")]
    assert len({names.server(owner, name).id for owner, name in servers}) == len(servers)
    for owner, name in servers:
        uid = names.server(owner, name)
        assert (names.owner_of(uid), names.server_name_of(uid)) == (owner, name)
    assert names.service("ada/7") != names.token("ada", "7")


@pytest.mark.parametrize("value", [["a", "b"], {"a": 1}, 7, True, "a\nb", "x" * 2000, [["a"]], [7]])
def test_an_option_without_one_meaning_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable):
        text({"profile": value}, "profile")


def test_an_option_is_the_same_by_form_and_by_json() -> None:
    assert text({"profile": ["gpu"]}, "profile") == text({"profile": "gpu"}, "profile") == "gpu"
    nothing_said: list[dict[str, Any]] = [{}, {"profile": None}, {"profile": ""}]
    for nothing in (*nothing_said, {"profile": []}, {"profile": [""]}):
        assert text(nothing, "profile") is None


def test_compute_is_counted_in_integers() -> None:
    compute = {
        "cpu_limit": 0.5,
        "mem_limit": "2G",
        "extra_resource_limits": {"nvidia.com/gpu": "1"},
    }
    assert resources(compute) == {"cpu": 500, "memory": 2 * 1024**3, "gpu": 1}
    assert resources({"cpu_guarantee": 1, "extra_resource_limits": {"other": "9"}}) == {"cpu": 1000}


def test_denials_are_obeyed_by_mode_and_action() -> None:
    everything = Enforcement.of("enforce", (), ())
    assert everything.enforces("server:start")
    nothing = Enforcement.of("shadow", (), ())
    assert not nothing.enforces("server:start")
    some = Enforcement.of("shadow", ("server:*", "hub:login"), ())
    assert [some.enforces(a) for a in ("server:start", "hub:login", "hub:view")] == [1, 1, 0]
    most = Enforcement.of("enforce", (), ("share:*",))
    assert [most.enforces(a) for a in ("share:grant", "sharecode:create")] == [0, 1]


@pytest.mark.parametrize(
    ("mode", "enforce", "shadow"),
    [
        ("Enforce", (), ()),
        ("enforce", ("hub:login",), ()),
        ("shadow", (), ("hub:login",)),
        ("shadow", "hub:login", ()),
        ("shadow", ("hub",), ()),
        ("shadow", ("server:[a-z]*",), ()),
        ("shadow", ("",), ()),
    ],
)
def test_a_mode_that_means_nothing_is_an_error(mode: str, enforce: object, shadow: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        Enforcement.of(mode, enforce, shadow)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "used"),
    [
        ({}, None),
        ({"amr": ["pwd"]}, False),
        ({"amr": ["pwd", "otp"]}, True),
        ({"oauth_user": {"amr": ["mfa"]}}, True),
        ({"amr": "mfa"}, None),
        ({"amr": [{"mfa": 1}]}, False),
    ],
)
def test_a_second_factor_is_one_that_the_claims_name(
    state: dict[str, object], used: object
) -> None:
    assert mfa_by_amr(state) is used


def test_the_age_of_a_login_is_never_negative_or_guessed() -> None:
    now = datetime.now(timezone.utc)
    assert "authAge" not in Session().context()
    assert Session(None, now + timedelta(hours=1)).context()["authAge"] == timedelta(0)
    assert read({"auth_time": 2**80}, mfa_by_amr).authenticated is None
    assert read({"auth_time": True}, mfa_by_amr).authenticated is None
    assert read({"auth_time": 1}, mfa_by_amr).context()["authAge"] > timedelta(days=365)
