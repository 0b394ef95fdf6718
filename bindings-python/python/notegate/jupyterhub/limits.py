"""How many named servers a person may have."""

from __future__ import annotations

import inspect
from typing import Any

from .._enforce import names
from .._enforce.gate import Facts
from .spawn import Spawns


def named_servers(spawns: Spawns, existing: Any) -> Any:
    """The hub's `named_server_limit_per_user`: the operator's limit, or the policies' when it is less.

    The policies' is the obligation `max_servers`. 0 is no limit, as the hub has it.
    """

    async def limit(handler: Any) -> int:
        operators = existing(handler) if callable(existing) else existing
        if inspect.isawaitable(operators):
            operators = await operators
        stated = [int(operators)] if operators else []
        policies = _by_policy(spawns, handler)
        return min([*stated, *policies], default=0)

    return limit


def _by_policy(spawns: Spawns, handler: Any) -> list[int]:
    asker = spawns.people.asker(handler)
    if asker is None or handler.current_user.kind != "user":
        return []
    owner, server = names.user(asker.name), names.server(asker.name, "")
    facts = asker.facts + Facts(
        attributes={server: {"owner": owner, "name": ""}},
        context={"server": server, "named": False},
    )
    answer = spawns.gate.ask(asker.uid, "server:spawnForm", server, facts)
    most = answer.obligations.get("max_servers")
    # 0 is "no limit" to the hub, so a person who may have one server gets one named one at most
    # here; the start itself is decided with the exact count.
    return [] if most is None else [max(int(most), 1)]
