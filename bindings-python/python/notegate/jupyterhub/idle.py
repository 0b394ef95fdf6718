"""Idle limits by group and profile, for the idle culler."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import notegate

from .._enforce import names
from .choices import Unreadable, text

log = logging.getLogger(__name__)


def cull_arbiter(bundle: Any, **opening: Any) -> Any:
    """A `cull_arbiter_hook`: a server goes when policy denies `server:idle`, or its limit has passed.

    For the culler's own configuration file, as it is a process of its own:

        from notegate.jupyterhub import cull_arbiter

        c.IdleCuller.cull_arbiter_hook = cull_arbiter("/srv/notegate/policies")

    Groups are the bundle's. `opening` are the further arguments of `notegate.Pdp.open`. What cannot
    be decided is left to the culler's own limit.
    """
    pdp = notegate.Pdp.open(bundle, **opening)

    def hook(inactive: timedelta | None, inactive_limit: float, server: Mapping[str, Any]) -> bool:
        if inactive is None:
            return False
        try:
            name = str(server["name"])
            owner = names.user(str(server["full_name"]).removesuffix("/" + name))
            uid = names.server(owner.id, name)
            about = {"owner": owner, "name": name, **_profile(server)}
            context = {"server": uid, "idleFor": inactive, **_up(server)}
            response = pdp.authorize(owner, "server:idle", uid, context, attributes={uid: about})
        except Exception:
            log.exception("whether a server may idle could not be decided")
            return inactive.total_seconds() >= inactive_limit
        return response.allowed is not True

    return hook


def _profile(server: Mapping[str, Any]) -> dict[str, notegate.Uid]:
    try:
        chosen = text(server.get("user_options") or {}, "profile")
    except Unreadable:
        return {}
    return {} if chosen is None else {"profile": names.profile(chosen)}


def _up(server: Mapping[str, Any]) -> dict[str, timedelta]:
    started = server.get("started")
    if not isinstance(started, str):
        return {}
    since = datetime.fromisoformat(started.replace("Z", "+00:00"))
    if since.tzinfo is None:
        since = since.replace(tzinfo=timezone.utc)
    return {"upFor": max(datetime.now(timezone.utc) - since, timedelta(0))}
