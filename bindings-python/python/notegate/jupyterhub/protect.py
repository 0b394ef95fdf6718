"""The one call of an operator: everything that JupyterHub can be made to ask, asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from traitlets.config import Config

from .._enforce.opening import after, before, opened, refuse
from . import limits, spawn
from .guard import Guard
from .login import Logins
from .people import Groups, People
from .sessions import Mfa, mfa_by_amr


def protect(
    c: Config,
    bundle: Any,
    *,
    keys: Sequence[str | Path] = (),
    records: Any = None,
    mode: str = "enforce",
    enforce: Sequence[str] = (),
    shadow: Sequence[str] = (),
    groups: Groups = "hub",
    profiles: Any = (),
    service_account: str | None = None,
    mfa: Mfa = mfa_by_amr,
    **opening: Any,
) -> None:
    """Decides every request, login, start, profile, pod and token of this hub by `bundle`.

    Called anywhere in `jupyterhub_config.py`; hooks that are set before or after it still run.

    - `bundle`, `keys`, `records` and `opening` are those of `notegate.Pdp.open`
    - `mode="shadow"` decides and records, and denies only the actions in `enforce`, such as
      `["server:start", "token:*"]`; `mode="enforce"` denies all but those in `shadow`
    - `groups` says whose groups count: those of the `"hub"`, or those that the `"bundle"` stores
    - `profiles` is a list of profiles, or a callable of the spawner, for spawners that have none
    - `service_account`, `namespace/name`, is the hub's own identity, when policies of pods name that
    - `mfa` reads from an auth state whether a second factor was used; `None` when it does not tell

    Ends the program with a message when the bundle cannot be loaded: a hub that cannot decide does
    not start.
    """
    app = _running_app()
    if groups not in ("hub", "bundle"):
        refuse("the hub", ValueError(f'`groups` is `{groups}`; it is "hub" or "bundle"'))
    gate = opened(
        "the hub",
        app.log,
        bundle,
        keys=keys,
        records=records,
        mode=mode,
        enforce=enforce,
        shadow=shadow,
        **opening,
    )
    wiring = _Wiring(app, spawn.Spawns(gate, People(groups, mfa), profiles, service_account))
    app.init_tornado_settings = before(app.init_tornado_settings, wiring.hooks)
    app.init_tornado_application = after(app.init_tornado_application, wiring.handlers)


class _Wiring:
    """What is done once the whole configuration is read, so that nothing in it can undo it."""

    def __init__(self, app: Any, spawns: spawn.Spawns) -> None:
        self._app = app
        self._spawns = spawns

    def hooks(self) -> None:
        from notegate import jupyter

        app, spawns = self._app, self._spawns
        self._mapper = jupyter.Mapper(base_url=app.base_url)
        hub = self._mapper.read("POST", f"{app.hub.base_url}login")[0].resource
        if hub is None:
            error = RuntimeError("logging in asks nothing; this is no hub that is known here")
            refuse("the hub", error)
        Logins(spawns.gate, spawns.people, hub).guard(app.authenticator)
        app.named_server_limit_per_user = limits.named_servers(
            spawns, app.named_server_limit_per_user
        )
        app.spawner_class = spawn.protected(app.spawner_class, spawns)

    def handlers(self) -> None:
        Guard(self._mapper, self._spawns).watch(self._app.tornado_application)


def _running_app() -> Any:
    from jupyterhub.app import JupyterHub

    if not JupyterHub.initialized():
        error = RuntimeError("call `protect` from `jupyterhub_config.py`; there is no hub here")
        refuse("the hub", error)
    return JupyterHub.instance()
