"""The smallest bundle on a real hub: members get as far as their own servers, and no further."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conftest import Hub, denied
from waiting import until

MINIMAL = Path(__file__).parents[3] / "policies" / "minimal"
NOBODY_ELSE = "Your groups do not allow this"


def test_members_reach_their_own_servers_and_nobody_else_does(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub(bundle=MINIMAL)
    hub.wait_up()
    denied(hub.visitor().log_in("mallory"), NOBODY_ELSE)

    ada = hub.logged_in("ada")
    home = ada.get(ada.at("/hub/home"))
    assert home.status_code == 200
    assert 'id="start"' in home.text
    assert ada.spawn("/ada", {}).status_code == 200
    until(lambda: ada.api("GET", "/users/ada").json()["servers"][""]["ready"], "it is ready")
    page = ada.get(ada.at("/user/ada/lab"))
    assert page.status_code == 200, page.text[:500]
    assert ada.get(ada.at("/user/ada/api/status")).status_code == 200

    def recorded() -> bool:
        actions = {record["request"]["action"]["id"] for record in hub.recorded()}
        return {"oauth:authorize", "server:start", "hub:view"} <= actions

    until(recorded, "all of it was recorded")

    bob = hub.logged_in("bob")
    assert bob.get(bob.at("/user/ada/api/status")).status_code == 403
    denied(bob.get(bob.at("/hub/user/ada/lab")), NOBODY_ELSE)
    denied(ada.get(ada.at("/hub/admin")), NOBODY_ELSE)
