"""Who asks a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from tornado.web import HTTPError

import notegate

from .._enforce import names
from .._enforce.asker import Asker, address
from .._enforce.gate import Facts
from .place import Place


class People:
    """Turns who is logged in into a principal and what is known of them."""

    def __init__(self, place: Place, groups: Literal["hub", "bundle"]) -> None:
        self._place = place
        self._groups = groups

    async def asker(self, handler: Any) -> Asker | None:
        """Who sent this request; `None` when nobody is logged in."""
        place = self._place
        if place.gateway is not None:
            # Whoever has the gateway's token; the gateway itself turned away who has not.
            return Asker(names.service(place.gateway), "", Facts(context=_from(handler)))
        user = await _current_user(handler)
        if not user:
            return None
        if not place.behind_hub:
            name = self._name(handler, user)
            return Asker(names.user(name), name, Facts(context=_from(handler)))
        model = getattr(user, "hub_user", None) or user
        return self._of_hub(handler, model) if isinstance(model, Mapping) else None

    def owner(self) -> Asker | None:
        """Who asks for what the server does by itself."""
        name = self._place.owner
        return None if name is None else Asker(names.user(name), name, Facts())

    def _name(self, handler: Any, user: Any) -> str:
        from jupyter_server.auth import IdentityProvider, PasswordIdentityProvider

        # They know one secret, and make a name up for whoever has it.
        if type(handler.settings["identity_provider"]) in (
            IdentityProvider,
            PasswordIdentityProvider,
        ):
            return str(self._place.owner)
        return str(user.username)

    def _of_hub(self, handler: Any, model: Mapping[str, Any]) -> Asker:
        name, scopes = str(model["name"]), frozenset(model.get("scopes") or ())
        origin = Facts(context=_from(handler))
        if model.get("kind") == "service":
            uid = names.service(name)
            about = {"admin": bool(model.get("admin")), "scopes": scopes}
            return Asker(uid, name, origin + Facts(attributes={uid: about}))
        person = names.user(name)
        of_person = self._person(person, model) + self._shared(person, scopes)
        # A browser's token ends with its session; one that a person issued has none.
        if model.get("session_id") or not model.get("token_id"):
            return Asker(person, name, origin + of_person)
        uid = names.token(name, str(model["token_id"]))
        about = {"owner": person, "scopes": scopes}
        return Asker(uid, name, origin + of_person + Facts(attributes={uid: about}))

    def _person(self, person: notegate.Uid, model: Mapping[str, Any]) -> Facts:
        attributes = {"admin": bool(model.get("admin"))}
        if self._groups == "bundle":
            return Facts(attributes={person: attributes})
        parents = [names.group(str(group)) for group in model.get("groups") or ()]
        return Facts(entities=(notegate.Entity(person, attributes, parents),))

    def _shared(self, person: notegate.Uid, scopes: frozenset[str]) -> Facts:
        server, owner = self._place.server, self._place.owner
        if server is None or person.id == owner:
            return Facts()
        # What a share gives names the server; what an admin has does not.
        named = f"access:servers!server={server.id}"
        return Facts(attributes={server: {"sharedWith": {person}}}) if named in scopes else Facts()


async def _current_user(handler: Any) -> Any:
    from jupyter_server.base.handlers import JupyterHandler

    provider = handler.settings["identity_provider"]
    if not isinstance(handler, JupyterHandler):
        # A plain handler of tornado's knows nobody; one that does asks in its place.
        plain = JupyterHandler(handler.application, handler.request)
        return await _awaited(provider.get_user(plain))
    if not handler.check_host():
        raise HTTPError(403)
    user = await _awaited(provider.get_user(handler))
    # So that the handler, which asks again, is told the same.
    handler.current_user = handler._jupyter_current_user = user
    return user


async def _awaited(value: Any) -> Any:
    return await value if hasattr(value, "__await__") else value


def _from(handler: Any) -> dict[str, Any]:
    # Without `trust_xheaders` the address is that of the proxy in front, which tells nothing.
    trusted = getattr(handler.settings.get("serverapp"), "trust_xheaders", False)
    forwarded = "X-Forwarded-For" in handler.request.headers
    return {} if forwarded and not trusted else address(handler)
