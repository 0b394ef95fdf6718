"""The one call of an operator: everything that JupyterHub can be made to ask, asks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from traitlets.config import Config

import notegate

from . import limits, spawn
from .enforcement import Enforcement
from .gate import Gate
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
    app = _running_app(c)
    try:
        enforcement = Enforcement.of(mode, enforce, shadow)
        if groups not in ("hub", "bundle"):
            raise ValueError(f'`groups` is `{groups}`; it is "hub" or "bundle"')
        pdp = notegate.Pdp.open(bundle, keys=keys, records=records, **opening)
    except (notegate.NotegateError, ValueError, TypeError, OSError) as error:
        _refuse(error)
    pdp.watch(lambda event: app.log.warning("notegate: %s", event.message))
    people = People(groups, mfa)
    gate = Gate(pdp, enforcement, app.log)
    wiring = _Wiring(app, spawn.Spawns(gate, people, profiles, service_account))
    app.init_tornado_settings = wiring.before(app.init_tornado_settings, wiring.hooks)
    app.init_tornado_application = wiring.after(app.init_tornado_application, wiring.handlers)


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
            _refuse(RuntimeError("logging in asks nothing; this is no hub that is known here"))
        Logins(spawns.gate, spawns.people, hub).guard(app.authenticator)
        app.named_server_limit_per_user = limits.named_servers(
            spawns, app.named_server_limit_per_user
        )
        app.spawner_class = spawn.protected(app.spawner_class, spawns)

    def handlers(self) -> None:
        Guard(self._mapper, self._spawns).watch(self._app.tornado_application)

    @staticmethod
    def before(method: Any, first: Any) -> Any:
        def both() -> None:
            first()
            method()

        return both

    @staticmethod
    def after(method: Any, then: Any) -> Any:
        def both() -> None:
            method()
            then()

        return both


def _running_app(c: Config) -> Any:
    from jupyterhub.app import JupyterHub

    if not JupyterHub.initialized():
        _refuse(RuntimeError("call `protect` from `jupyterhub_config.py`; there is no hub here"))
    return JupyterHub.instance()


def _refuse(error: Exception) -> NoReturn:
    # An exception would be a traceback, and a program that goes on is a hub without policies.
    lines = [f"notegate: the hub is not started: {error}"]
    lines += [f"  {problem}" for problem in getattr(error, "problems", ()) or ()]
    help_line = getattr(error, "help", None)
    if help_line:
        lines.append(f"  help: {help_line}")
    print("\n".join(lines), file=sys.stderr)
    raise SystemExit(1)
