"""Which server this is."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import notegate
from notegate import jupyter

from .._enforce import names
from .._enforce.gate import Facts


@dataclass(frozen=True)
class Place:
    """A server or gateway, and how its addresses are read."""

    mapper: jupyter.Mapper
    behind_hub: bool
    owner: str | None
    server: notegate.Uid | None
    gateway: str | None = None

    @cached_property
    def facts(self) -> Facts:
        """What is known of the server itself, whatever is asked about."""
        if self.server is None or self.owner is None:
            return Facts()
        about = {"owner": names.user(self.owner), "name": names.server_name_of(self.server)}
        return Facts(attributes={self.server: about}, context={"server": self.server})


def of(app: Any, owner: str | None, gateway: str | None) -> Place:
    """The place that an application is in.

    Raises `ValueError` when its own addresses could not be read, so that nothing could be decided.
    """
    base_url = str(app.base_url)
    kernel = str(getattr(app.kernel_manager, "default_kernel_name", "") or "python3")
    if gateway is not None:
        if owner is not None:
            raise ValueError("`gateway` and `owner` were both given; a gateway has no owner")
        mapper = jupyter.Mapper(base_url, gateway=gateway, default_kernel=kernel)
        return Place(mapper, False, None, None, gateway)
    hub = hasattr(app.identity_provider, "hub_auth")
    if not hub and hasattr(app, "hub_auth"):
        raise ValueError(
            "the hub's older single-user application cannot be protected; "
            "take `JUPYTERHUB_SINGLEUSER_EXTENSION=0` out of the server's environment"
        )
    name = os.environ.get("JUPYTERHUB_USER") if hub else None
    if hub and name:
        if owner not in (None, name):
            raise ValueError(f"`owner` is `{owner}`, and the hub says that it is `{name}`")
        server = os.environ.get("JUPYTERHUB_SERVER_NAME", "")
        hubs = os.environ.get("JUPYTERHUB_BASE_URL", "/")
        mapper = jupyter.Mapper(hubs, name, server, default_kernel=kernel)
        _check(mapper, base_url)
        return Place(mapper, True, name, names.server(name, server))
    if hub and owner is None:
        raise ValueError("this server is a service of the hub; say whose it is with `owner`")
    name = owner or getpass.getuser()
    mapper = jupyter.Mapper(base_url, name, standalone=True, default_kernel=kernel)
    _check(mapper, base_url)
    return Place(mapper, hub, name, names.server(name, ""))


def answers_programs(handler: type) -> bool:
    """Whether a class of handlers answers with JSON."""
    from jupyter_server.base.handlers import APIHandler

    return issubclass(handler, APIHandler)


def _check(mapper: jupyter.Mapper, base_url: str) -> None:
    try:
        mapper.read("GET", base_url.rstrip("/") + "/api/status")
    except notegate.RouteError as error:
        raise ValueError(f"the base URL `{base_url}` cannot be read: {error}") from error
