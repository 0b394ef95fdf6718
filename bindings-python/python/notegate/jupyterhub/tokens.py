"""Ceilings on what tokens of servers may do."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from .._enforce import names
from .._enforce.gate import Facts

if TYPE_CHECKING:
    from .spawn import Spawns

Scopes = Callable[[Any], Awaitable[list[str]]]


def ceiling(spawns: Spawns, existing: Any) -> Scopes:
    """Scopes of a server's own token. Those of the hub's role `server` are always in it."""

    async def scopes(spawner: Any) -> list[str]:
        wanted = await _resolved(existing, spawner)
        if not wanted:
            return []
        least = _least(spawner)
        return sorted(least | _opened(spawns, spawner, wanted - least))

    return scopes


async def client_scopes(spawns: Spawns, existing: Any, spawner: Any) -> list[str]:
    """Scopes of the tokens that a server gets for the person in front of it."""
    return sorted(_opened(spawns, spawner, await _resolved(existing, spawner)))


async def _resolved(existing: Any, spawner: Any) -> frozenset[str]:
    scopes = existing(spawner) if callable(existing) else existing
    if inspect.isawaitable(scopes):
        scopes = await scopes
    return frozenset(scopes or ())


def _least(spawner: Any) -> frozenset[str]:
    from jupyterhub import orm

    return frozenset(orm.Role.find(spawner.user.db, "server").scopes)


def _opened(spawns: Spawns, spawner: Any, wanted: Iterable[str]) -> set[str]:
    whole = set(wanted)
    if not whole or _may_carry(spawns, spawner, whole):
        return whole
    narrowed = {scope for scope in whole if _may_carry(spawns, spawner, {scope})}
    return narrowed if narrowed and _may_carry(spawns, spawner, narrowed) else set()


def _may_carry(spawns: Spawns, spawner: Any, scopes: set[str]) -> bool:
    owner = names.user(spawner.user.name)
    context = {"scopes": scopes, "server": names.server(spawner.user.name, spawner.name)}
    facts = spawns.people.person(spawner.user) + Facts(context=context)
    return spawns.gate.ask(owner, "token:issue", owner, facts).allowed
