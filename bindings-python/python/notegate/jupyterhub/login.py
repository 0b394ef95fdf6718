"""Logging in, and staying logged in."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import notegate

from .._enforce import names
from .._enforce.asker import address
from .._enforce.denied import Denied
from .._enforce.gate import Answer, Facts, Gate
from .people import People
from .sessions import Session


class Logins:
    """The questions about one hub's logins."""

    def __init__(self, gate: Gate, people: People, hub: notegate.Uid) -> None:
        self.gate = gate
        self.people = people
        self.hub = hub

    def guard(self, authenticator: Any) -> None:
        """Makes an authenticator ask. Hooks and methods of the operator run first, as before."""
        authenticator.post_auth_hook = self._post_auth(authenticator.post_auth_hook)
        authenticator.refresh_user = self._refresh(authenticator.refresh_user)

    def _post_auth(self, existing: Any) -> Any:
        async def hook(authenticator: Any, handler: Any, auth_model: Any) -> Any:
            if existing is not None:
                auth_model = existing(authenticator, handler, auth_model)
                if inspect.isawaitable(auth_model):
                    auth_model = await auth_model
            if not auth_model:
                return auth_model
            known = handler.find_user(auth_model["name"])
            session = self._fresh(self.people.read(auth_model.get("auth_state")))
            answer = self._ask(handler, self._model(auth_model, known), auth_model["name"], session)
            if not answer.allowed:
                raise Denied(answer)
            self.people.logged_in(auth_model["name"], session)
            return auth_model

        return hook

    def _refresh(self, existing: Any) -> Any:
        async def refresh_user(user: Any, handler: Any = None, **kwargs: Any) -> Any:
            refreshed = existing(user, handler, **kwargs)
            if inspect.isawaitable(refreshed):
                refreshed = await refreshed
            if not refreshed:
                return refreshed
            await self.people.recall(user)
            model = refreshed if isinstance(refreshed, Mapping) else {}
            session = self.people.known(user.name)
            if "auth_state" in model:
                session = self.people.read(model["auth_state"]).or_else(session)
                self.people.logged_in(user.name, session)
            answer = self._ask(handler, self._model(model, user), user.name, session)
            return refreshed if answer.allowed else False

        return refresh_user

    def _ask(self, handler: Any, person: Facts, name: str, session: Session) -> Answer:
        context = Facts(context={**address(handler), **session.context()})
        return self.gate.ask(names.user(name), "hub:login", self.hub, person + context)

    def _model(self, model: Mapping[str, Any], known: Any) -> Facts:
        groups, admin = model.get("groups"), model.get("admin")
        if groups is None:
            groups = [] if known is None else [group.name for group in known.groups]
        if admin is None:
            admin = known is not None and known.admin
        names_of_groups = [group if isinstance(group, str) else group.name for group in groups]
        return self.people.described(model.get("name") or known.name, names_of_groups, bool(admin))

    def _fresh(self, session: Session) -> Session:
        # An authenticator that does not tell when the person proved who they are did it just now.
        return session.or_else(Session(None, datetime.now(timezone.utc)))
