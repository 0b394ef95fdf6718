"""Which server or service an OAuth client of the hub is."""

from __future__ import annotations

from typing import Any

import notegate

from .._enforce import names
from .._enforce.gate import Facts


def of(handler: Any, client: notegate.Uid) -> Facts:
    """What the hub knows of a client, also where its id could be of two servers."""
    from jupyterhub import orm

    query = handler.db.query(orm.OAuthClient).filter_by(identifier=client.id)
    found = query.one_or_none()
    if found is None:
        return Facts()
    if found.spawner is not None and found.spawner.user is not None:
        owner, name = found.spawner.user.name, found.spawner.name
        about = {names.server(owner, name): {"owner": names.user(owner), "name": name}}
        return Facts(attributes={client: {"server": names.server(owner, name)}, **about})
    if found.service is not None:
        return Facts(attributes={client: {"service": names.service(found.service.name)}})
    return Facts()
