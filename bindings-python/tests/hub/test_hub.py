"""Decisions of a real hub: allowed, denied, and said so."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import requests
from conftest import Hub, denied
from visitor import Visitor
from waiting import until

GPU = "GPU servers are for the GPU group. Choose another profile, or ask your group lead."
CLOSED = "Your groups do not allow this"


def test_a_member_logs_in_and_someone_else_is_told_why_not(hub: Hub) -> None:
    assert "Logout" in hub.logged_in("ada").get(hub.url + "/hub/home").text
    denied(hub.visitor().log_in("mallory"), CLOSED)


def test_a_policy_says_what_the_suspended_person_reads(hub: Hub) -> None:
    denied(hub.visitor().log_in("sue"), "Your account is suspended. Write to the help desk.")


def test_hooks_of_the_operator_still_run_set_before_or_after(hub: Hub) -> None:
    gus = hub.logged_in("gus")
    assert "gus" in (hub.folder / "logged-in").read_text().splitlines()
    assert gus.api("POST", "/users/gus/servers/hooked", profile="small").status_code in (201, 202)
    until(lambda: (hub.folder / "spawned").exists(), "the operator's own hook ran")
    assert "gus" in (hub.folder / "spawned").read_text().splitlines()
    until(lambda: _stopped(gus, "gus", "hooked"), "the server is gone")


def test_the_form_shows_only_profiles_that_policy_opens(hub: Hub) -> None:
    assert _profiles_shown(hub.logged_in("bob")) == {"small"}
    assert _profiles_shown(hub.logged_in("gus")) == {"small", "gpu"}


@pytest.mark.parametrize(
    "way",
    [
        lambda ada: ada.api("POST", "/users/ada/server", profile="gpu"),
        lambda ada: ada.api("POST", "/users/ada/server", profile=["gpu"]),
        lambda ada: ada.api("POST", "/users/ada/servers/other", profile="gpu"),
        lambda ada: ada.spawn("/ada", {"profile": "gpu"}),
        lambda ada: ada.spawn("", {"profile": "gpu"}),
        lambda ada: ada.get(ada.at("/hub/spawn?profile=gpu")),
        lambda ada: ada.get(ada.at("/hub/spawn/ada?profile=gpu")),
    ],
    ids=["rest", "rest-list", "named", "form", "own-form", "query", "query-named"],
)
def test_a_profile_of_others_is_denied_by_every_way_in(hub: Hub, way: Any) -> None:
    denied(way(hub.logged_in("ada")), GPU)
    assert hub.process.poll() is None


def test_stored_options_are_decided_when_they_are_used(hub: Hub) -> None:
    ada = hub.logged_in("ada")
    kept = ada.api("PUT", "/users/ada/servers/kept", user_options={"profile": "gpu"})
    if kept.status_code in (404, 405):  # hub 5 keeps none, and has no such request
        return
    assert kept.status_code == 201, kept.text
    denied(ada.api("POST", "/users/ada/servers/kept"), GPU)
    assert ada.api("DELETE", "/users/ada/servers/kept", remove=True).status_code == 204


@pytest.mark.parametrize(
    "options",
    [
        {"profile": "nope"},
        {"profile": ["small", "gpu"]},
        {"profile": {"slug": "small"}},
        {"profile": 'small"] || true'},
        {"profile": "small\n"},
        {"profile": "x" * 5000},
        {"profile": 7},
        {"profile": "SMALL"},
        {"profile": "\u0455mall"},
    ],
    ids=["unknown", "two", "object", "quote", "newline", "long", "number", "case", "look-alike"],
)
def test_options_without_one_meaning_are_refused_readably(
    hub: Hub, options: dict[str, Any]
) -> None:
    answer = hub.logged_in("ada").api("POST", "/users/ada/server", **options)
    assert answer.status_code == 403, answer.text
    assert answer.json()["message"]
    assert "Traceback" not in answer.text


def test_what_a_person_sent_is_never_markup(hub: Hub) -> None:
    answer = hub.logged_in("ada").spawn("/ada", {"profile": "<script>alert(1)</script>"})
    assert answer.status_code == 403
    assert "There is no profile" in answer.text
    assert "<script>alert(1)" not in answer.text


def test_denials_do_not_end_the_hub(hub: Hub) -> None:
    ada = hub.logged_in("ada")
    for _ in range(5):  # two more than `consecutive_failure_limit`
        denied(ada.api("POST", "/users/ada/server", profile="gpu"), GPU)
    # The hub ends itself two seconds after the last failure; a request after that has an answer.
    assert requests.get(f"{hub.url}/hub/api/", timeout=5).ok
    assert "Aborting due to" not in hub.said()
    assert "consecutive spawns failed" not in hub.said()


def test_named_servers_are_limited_by_count(hub: Hub) -> None:
    olga = hub.logged_in("olga")
    for name in ("one", "two"):
        assert olga.api("POST", f"/users/olga/servers/{name}", profile="small").ok
    third = olga.api("POST", "/users/olga/servers/three", profile="small")
    denied(third, "You may have two named servers.")
    for name in ("one", "two"):
        until(partial(_stopped, olga, "olga", name), "the server is gone")


def test_starting_the_server_of_another_is_for_the_help_desk(hub: Hub) -> None:
    # Both hold the hub's scope `admin:servers`; only one is in the group that policy names.
    denied(hub.logged_in("bob").api("POST", "/users/ada/server", profile="small"), CLOSED)
    denied(hub.logged_in("bob").spawn("/ada", {"profile": "small"}), CLOSED)

    def by_bob() -> bool:
        asked = [record["request"] for record in hub.recorded()]
        return ("bob", "ada/") in [(one["principal"]["id"], one["resource"]["id"]) for one in asked]

    until(by_bob, "the denial was recorded")


def test_stopping_the_server_of_another_is_for_the_help_desk(hub: Hub) -> None:
    denied(hub.logged_in("bob").api("DELETE", "/users/ada/server"), CLOSED)
    assert hub.logged_in("hal").api("DELETE", "/users/ada/server").status_code in (204, 400, 404)


def test_tokens_are_short_and_narrow(hub: Hub) -> None:
    ada = hub.logged_in("ada")
    narrow = {"scopes": ["read:users:name!user"], "expires_in": 3600}
    assert ada.api("POST", "/users/ada/tokens", **narrow).status_code == 201
    wide = {"scopes": ["self"], "expires_in": 3600}
    denied(ada.api("POST", "/users/ada/tokens", **wide), "Tokens do not carry administration")
    # Without scopes the hub would give it all of its owner's rights.
    denied(
        ada.api("POST", "/users/ada/tokens", expires_in=3600), "Tokens do not carry administration"
    )
    forever = {"scopes": ["read:users:name!user"]}
    denied(ada.api("POST", "/users/ada/tokens", **forever), "A token lasts a week at most.")


def test_a_token_is_not_its_owner(hub: Hub) -> None:
    token = hub.logged_in("ada").token(scopes=["servers!user", "tokens!user"], expires_in=3600)
    with requests.Session() as program:
        program.headers["Authorization"] = f"token {token}"
        assert program.get(f"{hub.url}/hub/api/user").json()["name"] == "ada"
        started = program.post(f"{hub.url}/hub/api/users/ada/server", json={"profile": "small"})
        denied(started, CLOSED)
        issued = program.post(f"{hub.url}/hub/api/users/ada/tokens", json={"expires_in": 60})
        denied(issued, CLOSED if "Ask whoever" in issued.text else "Tokens do not carry")


def test_credentials_in_the_body_issue_no_token(hub: Hub) -> None:
    body = {"auth": {"username": "ada", "password": "x"}, "expires_in": 60}
    answer = requests.post(f"{hub.url}/hub/api/users/ada/tokens", json=body, timeout=30)
    assert answer.status_code == 403
    assert answer.json()["message"] == "Log in first."


def test_sharing_is_between_members(hub: Hub) -> None:
    ada = hub.logged_in("ada")
    ada.get(ada.at("/hub/home"))
    assert hub.logged_in("root-admin").api("POST", "/users/stranger").status_code in (201, 403, 409)
    denied(
        ada.api("POST", "/shares/ada/", user="stranger", scopes=["access:servers!server=ada/"]),
        "Servers are shared with members only.",
    )
    shared = ada.api("POST", "/shares/ada/", user="bob", scopes=["access:servers!server=ada/"])
    assert shared.status_code in (200, 201), shared.text


def test_administration_is_by_policy_and_not_by_scope_alone(hub: Hub) -> None:
    olga = hub.logged_in("olga")
    assert olga.api("POST", "/groups/summer").status_code == 201
    assert olga.api("DELETE", "/groups/summer").status_code == 204
    assert olga.api("GET", "/users").status_code == 200
    # The hub's own admin flag opens nothing by itself.
    admin = hub.logged_in("root-admin")
    denied(admin.api("POST", "/groups/summer"), CLOSED)
    denied(admin.api("GET", "/users"), CLOSED)
    denied(admin.api("POST", "/shutdown"), CLOSED)
    denied(admin.get(admin.at("/hub/admin")), CLOSED)


def test_nobody_makes_an_admin(hub: Hub) -> None:
    denied(
        hub.logged_in("olga").api("PATCH", "/users/bob", admin=True),
        "Admins are appointed by two people",
    )


def test_services_of_the_hub_work_as_policy_says(hub: Hub) -> None:
    headers = {"Authorization": "token culler-token-of-the-test"}
    assert requests.get(f"{hub.url}/hub/api/users", headers=headers, timeout=30).ok
    answer = requests.get(f"{hub.url}/hub/api/info", headers=headers, timeout=30)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/hub/api//users/ada",
        "/hub/api/users/ada%2Ftokens",
        "/hub/api/users/ada/../bob",
        "/hub/api/users/ada/%2e%2e/bob",
        "/hub/api/users/ada%5Ctokens",
        "/hub/api/users/ada;x=1",
        "/hub/api/users/ada%00",
        "/hub/api/users/%C0%AE",
        "/hub/api/users/ada/",
    ],
)
def test_addresses_with_two_meanings_are_refused(hub: Hub, path: str) -> None:
    ada = hub.logged_in("ada")
    # The hub itself, as the proxy resolves some of these before it forwards them.
    status, body = ada.raw("GET", path, hub.own_url)
    assert status in (400, 403, 404), body
    assert '"kind"' not in body  # nothing of anybody's account


def test_what_the_proxy_resolves_is_decided_as_it_was_resolved(hub: Hub) -> None:
    ada = hub.logged_in("ada")
    for path in ("/hub/api/users/ada/../bob", "/hub/api/users/ada/%2e%2e/bob"):
        status, body = ada.raw("GET", path, hub.url)
        assert status in (403, 404), body


def test_names_are_parts_and_never_text(hub: Hub) -> None:
    visitor = hub.logged_in("o'neil")
    assert visitor.api("GET", "/user").json()["name"] == "o'neil"
    for name in ('ada"] || true', "ada\\", "ada/", "\u0430da"):
        assert hub.visitor().log_in(name).status_code in (400, 401, 403, 500)


def test_progress_shows_the_denial(hub: Hub) -> None:
    ada = hub.logged_in("ada")
    decision = denied(ada.api("POST", "/users/ada/servers/seen", profile="gpu"), GPU)
    stream = ada.get(ada.at("/hub/api/users/ada/servers/seen/progress"))
    if stream.status_code == 200:
        assert GPU in stream.text and decision in stream.text
    page = ada.get(ada.at("/hub/spawn-pending/ada/seen"))
    assert page.status_code in (403, 404)
    assert page.status_code == 404 or GPU in page.text.replace("&#39;", "'")


def _profiles_shown(visitor: Visitor) -> set[str]:
    page = visitor.get(visitor.at("/hub/spawn")).text
    return {slug for slug in ("small", "gpu") if f'value="{slug}"' in page}


def _stopped(visitor: Visitor, name: str, server: str) -> bool:
    answer = visitor.api("DELETE", f"/users/{name}/servers/{server}", remove=True)
    return answer.status_code in (204, 404)
