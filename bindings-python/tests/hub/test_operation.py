"""What an operator does: starting, changing policies, rolling out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLE, PROFILES, Hub, denied
from waiting import until

GPU = "GPU servers are for the GPU group."
Make = Callable[..., Hub]


def refusal(hub: Hub) -> str:
    status = hub.process.wait(60)
    log = hub.said()
    assert status != 0, log
    assert "Traceback" not in log
    return log


def test_no_bundle_no_hub(make_hub: Make, tmp_path: Path) -> None:
    log = refusal(make_hub(bundle=tmp_path / "nothing"))
    assert "notegate: the hub is not started" in log
    assert "No such file or directory" in log


def test_a_wrong_bundle_names_what_is_wrong_with_it(make_hub: Make, tmp_path: Path) -> None:
    bundle = tmp_path / "wrong"
    bundle.mkdir()
    (bundle / "manifest.json").write_text((EXAMPLE / "policies" / "manifest.json").read_text())
    (bundle / "policies.cedar").write_text("permit (principal, action == nonsense, resource);")
    log = refusal(make_hub(bundle=bundle))
    assert "notegate: the hub is not started" in log
    assert "policies.cedar" in log


def test_a_typing_error_in_an_action_is_no_silence(make_hub: Make) -> None:
    assert "`server-start` in `enforce`" in refusal(
        make_hub(mode="shadow", enforce=["server-start"])
    )


def test_an_edited_policy_holds_for_the_next_request(make_hub: Make) -> None:
    hub = make_hub()
    hub.wait_up()
    ada = hub.logged_in("ada")
    assert ada.api("GET", "/user").ok
    people = hub.policies / "people.cedar"
    closed = (
        '@id("closed")\n@message("The hub is closed for the night.")\n'
        "forbid (principal, action, resource);\n"
    )
    people.write_text(people.read_text() + closed)
    until(lambda: "bundle activated" in hub.said(), "the edit is in force")
    denied(ada.api("GET", "/user"), "The hub is closed for the night.")
    # A broken edit changes nothing: the last good policies stay.
    people.write_text("permit (")
    until(lambda: "the last good stays" in hub.said(), "the edit is refused")
    denied(ada.api("GET", "/user"), "The hub is closed for the night.")


def test_who_may_no_longer_log_in_is_sent_to_log_in_again(make_hub: Make) -> None:
    hub = make_hub(after="c.Authenticator.auth_refresh_age = 1")
    hub.wait_up()
    ada = hub.logged_in("ada")
    people = hub.policies / "people.cedar"
    closed = (
        '@id("closed")\n@message("Come back on Monday.")\nforbid (principal, '
        'action == Notebook::Action::"hub:login", resource);\n'
    )
    people.write_text(people.read_text() + closed)
    until(lambda: "bundle activated" in hub.said(), "the edit is in force")
    until(lambda: "/hub/login" in ada.get(hub.url + "/hub/home").url, "the login is asked again")
    denied(ada.log_in("ada"), "Come back on Monday.")


def test_the_obligation_max_servers_is_a_limit(make_hub: Make) -> None:
    one = """
    @id("one-server")
    @obligation_max_servers("1")
    permit (
      principal,
      action in [Notebook::Action::"server:start", Notebook::Action::"server:spawnForm"],
      resource is Notebook::Server
    );
    """
    hub = make_hub(policies_text=one, profiles=PROFILES)
    hub.wait_up()
    ada = hub.logged_in("ada")
    assert ada.api("POST", "/users/ada/servers/first", profile="small").ok
    second = ada.api("POST", "/users/ada/servers/second", profile="small")
    # The hub is told the limit, and says so in its own words before it starts anything.
    assert second.status_code == 400
    assert "maximum of 1 named servers" in second.json()["message"]
    denied(ada.api("POST", "/users/ada/server", profile="small"), "You may have 1 servers.")
    assert ada.api("DELETE", "/users/ada/servers/first", remove=True).status_code in (202, 204)


def test_shadow_mode_records_and_denies_nothing_but_what_is_enforced(make_hub: Make) -> None:
    hub = make_hub(mode="shadow", enforce=["token:*"])
    hub.wait_up()
    mallory = hub.logged_in("mallory")
    assert mallory.api("GET", "/user").ok

    def found() -> list[dict[str, Any]]:
        logins = [one for one in hub.recorded() if one["request"]["action"]["id"] == "hub:login"]
        return [login for login in logins if login["decision"] == "deny"]

    shadowed = until(found, "the login was recorded")
    assert [record["request"]["principal"]["id"] for record in shadowed] == ["mallory"]
    assert "hub:login would be denied" in hub.said()
    issued = mallory.api("POST", "/users/mallory/tokens", expires_in=60, scopes=[])
    denied(issued, "")


def test_what_cannot_be_decided_is_denied(make_hub: Make) -> None:
    # A claim that no policy can read makes the request one that cannot be asked.
    hub = make_hub(
        before="def claim(auth_state):\n    return {'a': object()}",
        after="",
        options_text=", mfa=claim",
    )
    hub.wait_up()
    answer = hub.visitor().log_in("ada")
    assert answer.status_code == 403
    assert "This could not be decided, so it was not done." in answer.text


@pytest.mark.parametrize("name", ["baseline", "classroom"])
def test_shipped_bundles_let_a_person_in(make_hub: Make, name: str) -> None:
    bundle = EXAMPLE.parents[1] / "policies" / name
    hub = make_hub(bundle=bundle, groups="bundle")
    hub.wait_up()
    entities = json.loads((bundle / "entities.json").read_text())
    person = next(
        entity["uid"]["id"]
        for entity in entities
        if entity["uid"]["type"] == "Notebook::User" and entity["parents"]
    )
    visitor = hub.logged_in(person)
    assert visitor.api("GET", "/user").json()["name"] == person
