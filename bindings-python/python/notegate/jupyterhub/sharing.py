"""What the hub knows of shares: who was let in, and what a code stands for."""

from __future__ import annotations

from datetime import timezone
from typing import Any

import notegate

from .._enforce import names
from .._enforce.gate import Facts


def shared_with(handler: Any, owner: str, server: str) -> Facts:
    """The people and groups that a server is shared with."""
    user = handler.find_user(owner)
    spawner = None if user is None else user.orm_spawners.get(server)
    if spawner is None:
        return Facts()
    shares = [share for share in spawner.shares if not _ended(share)]
    people = {names.user(share.user.name) for share in shares if share.user}
    groups = {names.group(share.group.name) for share in shares if share.group}
    about = {"sharedWith": people, "sharedWithGroups": groups}
    return Facts(attributes={names.server(owner, server): about})


def code(handler: Any) -> tuple[notegate.Uid, Facts]:
    """The share code that a request presents, by its public id: the code itself is a secret."""
    from jupyterhub import orm

    presented = handler.get_argument("code", None)
    found = orm.ShareCode.find(handler.db, presented) if presented else None
    if found is None or found.owner is None or found.spawner is None:
        return notegate.Uid("ShareCode", "unknown"), Facts()
    uid = notegate.Uid("ShareCode", str(found.id))
    about: dict[str, Any] = {
        "owner": names.user(found.owner.name),
        "server": names.server(found.owner.name, found.spawner.name),
        "scopes": set(found.scopes),
    }
    if found.expires_at is not None:
        about["expires"] = found.expires_at.replace(tzinfo=timezone.utc)
    server = {"owner": about["owner"], "name": found.spawner.name}
    return uid, Facts(attributes={uid: about, about["server"]: server})


def _ended(share: Any) -> bool:
    from jupyterhub.utils import utcnow

    return share.expires_at is not None and share.expires_at < utcnow(with_tz=False)
