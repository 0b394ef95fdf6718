"""Every request to a server, decided before its handler runs."""

from __future__ import annotations

from typing import Any

from tornado.web import HTTPError, authenticated

import notegate
from notegate import jupyter

from .._enforce import names
from .._enforce.asker import Asker
from .._enforce.denied import Denied
from .._enforce.gate import Answer, Facts, Gate
from . import sizes
from .channels import Channels
from .people import People
from .place import Place

# A login is decided at the hub, which is asked about this server first.
_DECIDED_ELSEWHERE = frozenset({"oauth:callback"})
# Not an action of the schema: what has no meaning cannot be asked.
_ADDRESS = "server:address"


class Guard:
    """Reads each request as policies name it, and asks."""

    def __init__(self, gate: Gate, place: Place, people: People, kernels: Any) -> None:
        self.gate = gate
        self.place = place
        self.people = people
        self.kernels = kernels

    async def check(self, handler: Any) -> None:
        """Raises what the caller is shown when a request is denied."""
        await self._check(handler)
        handler.notegate_decided = True

    async def _check(self, handler: Any) -> None:
        if handler.request.method == "OPTIONS" and _only_tells_headers(handler):
            return
        asker = await self.people.asker(handler)
        try:
            readings = self.read(handler, asker)
        except notegate.RouteError as error:
            refused = self.gate.refuse(_ADDRESS, f"This address is refused: {error}.")
            if refused.allowed:
                return
            raise Denied(refused) from error
        if not readings:
            # All of nothing would be allowed.
            raise Denied(self.gate.undecided(_ADDRESS))
        if all(one.public or one.action in _DECIDED_ELSEWHERE for one in readings):
            return
        if asker is None:
            _log_in(handler)
            return
        for reading in readings:
            answer = await self.decide(handler, asker, reading)
            if not answer.allowed:
                raise Denied(answer)

    def read(self, handler: Any, asker: Asker | None) -> list[jupyter.Reading]:
        """What a request asks for. All must be allowed, and there is at least one."""
        request = handler.request
        upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
        name = None if asker is None else asker.name
        readings = self.place.mapper.read(request.method, request.uri, name, upgrade)
        if asker is None:
            return readings
        if any(one.action == "contents:write" for one in readings) and sizes.is_asked(
            self.gate.pdp
        ):
            readings = [one.measured() for one in readings]
        kind = request.headers.get("Content-Type", "")
        return [
            narrowed
            for reading in readings
            for narrowed in (
                reading.with_body(_body(handler), kind) if reading.needs else [reading]
            )
        ]

    async def decide(self, handler: Any, asker: Asker, reading: jupyter.Reading) -> Answer:
        """The answer to one reading of a request."""
        resource = reading.resource
        if resource is None:
            # For everybody.
            return Answer(True)
        try:
            facts = asker.facts + await self._facts(handler, reading, resource)
        except Exception:
            self.gate.log.exception("the facts of %s could not be read", reading.action)
            return self.gate.undecided(reading.action)
        if reading.action == "kernel:connect":
            handler.notegate_channels = Channels(self.gate, asker, resource, facts)
        return self.gate.ask(asker.uid, reading.action, resource, facts)

    async def _facts(self, handler: Any, reading: jupyter.Reading, resource: notegate.Uid) -> Facts:
        about, context = reading.attributes, dict(reading.context)
        kind = resource.type.rpartition("::")[2]
        # Who people are is the hub's to say, or the bundle's, and never the address's.
        attributes = {uid: facts for uid, facts in about.items() if not uid.type.endswith("::User")}
        if kind == "Kernel":
            attributes.setdefault(resource, {}).update(self._kernel(resource.id))
        if kind == "Session":
            attributes.setdefault(resource, {}).update(await _session(handler, resource.id))
        if reading.action in ("kernel:start", "session:update"):
            context["kernelCount"] = self.kernel_count()
            context |= _for_whom(handler) if self.place.gateway is not None else {}
        if kind in ("File", "Notebook") and sizes.is_asked(self.gate.pdp):
            path = str(about[resource]["path"])
            context |= await sizes.facts(handler, reading.action, path, context)
        return self.place.facts + Facts(attributes=attributes, context=context)

    def kernel_count(self, starting: str | None = None) -> int:
        """How many kernels there are, without the one that is being started."""
        return sum(1 for kernel in self.kernels.list_kernel_ids() if kernel != starting)

    def _kernel(self, kernel_id: str) -> dict[str, Any]:
        if kernel_id not in self.kernels:
            return {}
        name = self.kernels.get_kernel(kernel_id).kernel_name
        return {"spec": notegate.Uid("KernelSpec", str(name).lower())}


async def _session(handler: Any, session_id: str) -> dict[str, Any]:
    # There is none with such an id, or it is of another server.
    try:
        found = handler.settings["session_manager"].get_session(session_id=session_id)
        model = await found if hasattr(found, "__await__") else found
    except HTTPError:
        return {}
    facts: dict[str, Any] = {"path": str(model["path"])}
    if model.get("kernel"):
        facts["kernel"] = notegate.Uid("Kernel", str(model["kernel"]["id"]))
    return facts


def _for_whom(handler: Any) -> dict[str, Any]:
    # What whoever has the gateway's token says; policies name the service that may say it.
    body = handler.get_json_body() or {}
    name = body.get("env", {}).get("KERNEL_USERNAME")
    return {"onBehalfOf": names.user(name)} if isinstance(name, str) else {}


def _body(handler: Any) -> bytes:
    if getattr(type(handler), "_stream_request_body", False):
        raise notegate.RouteError("its body comes after the decision")
    return handler.request.body or b""


def _log_in(handler: Any) -> None:
    page = handler.request.method in ("GET", "HEAD") and "Upgrade" not in handler.request.headers
    # Only a handler of the server's knows where people log in.
    if not page or not hasattr(handler, "identity_provider"):
        raise HTTPError(403, "Log in first.")
    # To the page to log in, or 403 where there are no pages.
    authenticated(lambda _: None)(handler)
    if not handler._finished:
        # The server knows who it is, and policies have no name for them.
        raise HTTPError(403, "It is not known who asks.")


def _only_tells_headers(handler: Any) -> bool:
    # Those of a server and a gateway say who may call from elsewhere. Whose is the extension's own may do
    # anything, and the server's proxy passes it on.
    module = getattr(type(handler).options, "__module__", "")
    return module.partition(".")[0] in ("jupyter_server", "enterprise_gateway", "tornado")
