"""The one call of an operator: everything that a server can be made to ask, asks."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from traitlets.config import Application, Config

from .._enforce.application import When, watch
from .._enforce.opening import after, opened, refuse
from ..ipython import FACTS
from . import place
from .authorizer import Authorizer
from .channels import on_message
from .guard import Guard
from .people import People


def protect(
    c: Config,
    bundle: Any,
    *,
    keys: Sequence[str | Path] = (),
    records: Any = None,
    mode: str = "enforce",
    enforce: Sequence[str] = (),
    shadow: Sequence[str] = (),
    groups: Literal["hub", "bundle"] = "hub",
    owner: str | None = None,
    gateway: str | None = None,
    **opening: Any,
) -> None:
    """Decides every request, kernel and kernel message of this server by `bundle`.

    Called anywhere in `jupyter_server_config.py`, or in `jupyter_enterprise_gateway_config.py`.

    - `bundle`, `keys`, `records` and `opening` are those of `notegate.Pdp.open`
    - `mode="shadow"` decides and records, and denies only the actions in `enforce`, such as
      `["terminal:*", "contents:download"]`; `mode="enforce"` denies all but those in `shadow`
    - `groups` says whose groups count: those of the `"hub"`, or those that the `"bundle"` stores.
      Without a hub they are always the bundle's
    - `owner` is the person whose server this is. A hub tells it; elsewhere it is the user that the server
      runs as unless it is said. Whoever has the token of a server without a hub is its owner
    - `gateway` is the name of an Enterprise Gateway, and of the service that asks there

    Ends the program with a message when the bundle cannot be loaded: a server that cannot decide does
    not start.
    """
    app = _running_app()
    if groups not in ("hub", "bundle"):
        refuse(_SERVER, ValueError(f'`groups` is `{groups}`; it is "hub" or "bundle"'))
    gate = opened(
        _SERVER,
        app.log,
        bundle,
        keys=keys,
        records=records,
        mode=mode,
        enforce=enforce,
        shadow=shadow,
        **opening,
    )

    def wire() -> None:
        try:
            here = place.of(app, owner, gateway)
        except ValueError as error:
            refuse(_SERVER, error)
        guard = Guard(gate, here, People(here, groups), app.kernel_manager)
        settings = app.web_app.settings
        settings["notegate"] = guard
        settings["authorizer"] = Authorizer(guard, settings["authorizer"])
        # A gateway's handlers compare its token when they prepare themselves.
        when: When = "before" if gateway is None else "after"
        watch(app.web_app, guard.check, when, place.answers_programs, on_message)
        # Kernels inherit it, and the IPython extension asks by it.
        if isinstance(bundle, (str, Path)) and here.server is not None:
            facts: dict[str, Any] = {"bundle": str(bundle), "keys": [str(key) for key in keys]}
            facts |= {"owner": here.owner, "server": here.server.id}
            os.environ[FACTS] = json.dumps(facts)

    # Once the application is there, and before any extension adds to it: nothing in the configuration
    # can undo it, and an extension that fails to load takes nothing away.
    app.init_webapp = after(app.init_webapp, wire)


_SERVER = "the server"


def _running_app() -> Any:
    app = Application.instance() if Application.initialized() else None
    if not hasattr(app, "init_webapp"):
        message = "call `protect` from `jupyter_server_config.py`; there is no server here"
        refuse(_SERVER, RuntimeError(message))
    return app
