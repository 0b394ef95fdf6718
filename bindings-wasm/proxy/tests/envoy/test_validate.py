"""What Envoy says of a configuration before it runs with it."""

from pathlib import Path

import pytest
from conftest import Tools
from envoy import validate

import configs
from configs import Json, Setup


def said(tools: Tools, configuration: Json, folder: Path) -> tuple[int, str]:
    setup = Setup([configs.named(configs.wasm(tools.module, configuration))], upstream=1)
    done = validate(tools.envoy, setup, folder)
    return done.returncode, done.stdout + done.stderr


def test_a_good_configuration_is_valid(tools: Tools, base: Json, tmp_path: Path) -> None:
    status, text = said(tools, base, tmp_path)
    assert (status, "OK" in text) == (0, True), text


@pytest.mark.parametrize(
    ("change", "place"),
    [
        # Each starts a proxy; all other places are the filter's own tests' matter.
        ({"identiy": []}, "identiy"),
        ({"identity": [{"jwt": {}}]}, "identity[0].jwt"),
        ({"bundle": {"packed": "bm8gYnVuZGxl"}}, "bundle"),
    ],
)
def test_a_bad_configuration_is_refused_by_the_name_of_its_field(
    tools: Tools, base: Json, tmp_path: Path, change: Json, place: str
) -> None:
    status, text = said(tools, {**base, **change}, tmp_path)
    assert status != 0, text
    assert f'"place":"{place}"' in text, text


def test_policies_that_do_not_validate_are_refused_with_their_place(
    tools: Tools, tmp_path: Path
) -> None:
    policy = 'permit (principal, action == Notebook::Action::"hub:nothing", resource);'
    status, text = said(tools, {"bundle": {"members": {"a.cedar": policy}}}, tmp_path)
    assert status != 0, text
    assert "a.cedar:1" in text, text
