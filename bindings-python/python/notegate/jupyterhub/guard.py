"""Every request to the hub, pages and API alike, decided before its handler runs."""

from __future__ import annotations

from typing import Any

from tornado.web import Application

import notegate

from .._enforce import names
from .._enforce.application import watch
from .._enforce.denied import Denied
from .._enforce.gate import UNDECIDED, Answer, Facts
from . import clients, sharing
from .choices import Choice, Unreadable, text
from .spawn import Spawns, count

# A login is decided when it is known whose it is. A code is exchanged by a server that proves who it
# is with its secret, and gives what `oauth:authorize` was asked about, and no more.
_DECIDED_ELSEWHERE = frozenset({"hub:login", "oauth:token"})
# What a server does with a token is done by its owner: it says that they are active, and asks who
# they are.
_IN_PERSON = frozenset({"activity:report", "user:whoami"})
_STARTS = frozenset({"server:start", "server:spawnForm", "server:create", "server:update"})
_KEEP_OPTIONS = frozenset({"server:create", "server:update"})
# Not an action of the schema: what has no meaning cannot be asked.
_ADDRESS = "hub:address"
_LOG_IN = "Log in first."


class Guard:
    """Reads each request as policies name it, and asks."""

    def __init__(self, mapper: Any, spawns: Spawns) -> None:
        self._mapper = mapper
        self._spawns = spawns

    def watch(self, application: Application) -> None:
        """Makes an application decide before any of its handlers, whoever wrote them."""
        from jupyterhub.apihandlers.base import APIHandler

        watch(application, self.check, "after", lambda handler: issubclass(handler, APIHandler))

    async def check(self, handler: Any) -> None:
        """Raises what the caller is shown when a request is denied."""
        await self._spawns.people.recall(getattr(handler, "current_user", None))
        try:
            readings = self._read(handler)
        except notegate.RouteError as error:
            refused = self._spawns.gate.refuse(_ADDRESS, f"This address is refused: {error}.")
            if refused.allowed:
                return
            raise Denied(refused) from error
        if not readings:
            raise Denied(self._spawns.gate.undecided(_ADDRESS))
        for reading in readings:
            answer = self._decide(handler, reading)
            if not answer.allowed:
                raise Denied(answer)

    def _read(self, handler: Any) -> list[Any]:
        request = handler.request
        current = getattr(handler, "current_user", None)
        name = current.name if current is not None and current.kind == "user" else None
        upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
        readings = self._mapper.read(request.method, request.uri, user=name, websocket=upgrade)
        if current is None:
            return list(readings)
        kind = request.headers.get("Content-Type", "")
        return [
            narrowed
            for reading in readings
            for narrowed in (
                reading.with_body(request.body or b"", kind) if _in_body(reading) else [reading]
            )
        ]

    def _decide(self, handler: Any, reading: Any) -> Answer:
        if reading.public or reading.action in _DECIDED_ELSEWHERE:
            return Answer(True)
        people, gate = self._spawns.people, self._spawns.gate
        asker = people.asker(handler)
        if asker is None:
            # The hub sends the visitor to log in.
            if handler.request.method in ("GET", "HEAD"):
                return Answer(True)
            return gate.refuse(reading.action, _LOG_IN)
        try:
            resource, facts = self._facts(handler, reading)
        except Unreadable as error:
            return gate.refuse(reading.action, str(error))
        except Exception:
            gate.log.exception("the facts of %s could not be read", reading.action)
            return gate.refuse(reading.action, UNDECIDED)
        in_person = reading.action in _IN_PERSON and handler.current_user.kind == "user"
        principal = names.user(asker.name) if in_person else asker.uid
        return gate.ask(principal, reading.action, resource, asker.facts + facts)

    def _facts(self, handler: Any, reading: Any) -> tuple[notegate.Uid, Facts]:
        resource = reading.resource
        # Who people are and what a client is, is the hub's to say, or the bundle's, and never the address's.
        about = {
            uid: facts
            for uid, facts in reading.attributes.items()
            if not uid.type.endswith(("::User", "::OAuthClient"))
        }
        facts = Facts(attributes=about, context=reading.context)
        if reading.action in ("share:accept", "share:viewCode"):
            resource, of_code = sharing.code(handler)
            facts += of_code
        if reading.action == "oauth:authorize":
            facts += clients.of(handler, resource)
        for name in _people_in(resource, reading.context):
            user = handler.find_user(name)
            if user is not None:
                facts += self._spawns.people.person(user)
        owner, server = names.owner_of(resource), names.server_name_of(resource)
        if owner is not None and server is not None:
            facts += sharing.shared_with(handler, owner, server)
            if reading.action in _STARTS:
                facts += self._start(handler, reading, owner, server)
        return resource, facts

    def _start(self, handler: Any, reading: Any, owner: str, server: str) -> Facts:
        user = handler.find_user(owner)
        context: dict[str, Any] = {"named": bool(server)}
        if reading.action in _KEEP_OPTIONS:
            context |= _kept(handler.get_json_body())
        if user is not None:
            context["serverCount"] = count(user, server)
        return Facts(context=context)


def _in_body(reading: Any) -> bool:
    # What was chosen for a server is decided at its start, with stored choices and defaults.
    return bool(set(reading.needs) - {"spawn_options", "login"})


def _kept(body: Any) -> dict[str, Any]:
    options = body.get("user_options") if isinstance(body, dict) else None
    if not isinstance(options, dict):
        return {}
    return Choice(text(options, "profile"), text(options, "image")).context()


def _people_in(resource: notegate.Uid, context: Any) -> list[str]:
    owner = names.owner_of(resource)
    uids = [context.get("withUser"), *(context.get("members") or ())]
    named = [uid.id for uid in uids if uid is not None]
    return named if owner is None else [owner, *named]
