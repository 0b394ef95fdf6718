"""Messages that a client sends to a kernel, decided one by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import notegate
from notegate import jupyter

from .._enforce.asker import Asker
from .._enforce.gate import Answer, Facts, Gate

_V1 = "v1.kernel.websocket.jupyter.org"
# Not an action of the schema: what cannot be read cannot be asked.
_FRAME = "kernel:frame"


def on_message(handler_class: type) -> type:
    """The class of a WebSocket's handlers, with messages to kernels decided before they are passed on."""
    if not hasattr(handler_class, "on_message"):
        return handler_class

    class Decided(handler_class):
        def on_message(self, message: Any) -> Any:
            channels = getattr(self, "notegate_channels", None)
            if channels is None or channels.admits(self, message):
                return super().on_message(message)
            return None

    return Decided


class Channels:
    """The channels of one kernel that were opened by one person."""

    def __init__(self, gate: Gate, asker: Asker, kernel: notegate.Uid, facts: Facts) -> None:
        self._gate = gate
        self._asker = asker
        self._kernel = kernel
        self._facts = facts

    def admits(self, handler: Any, message: str | bytes) -> bool:
        """Whether a message may go to the kernel. A denial is answered in the kernel's place."""
        try:
            channel, header, content = _taken_apart(handler, message)
        except Exception as error:
            # Without a header there is nothing to answer to.
            self._gate.log.warning("a message to %r cannot be read: %s", self._kernel, error)
            return self._gate.undecided(_FRAME).allowed
        answer = self._answer(header, content)
        if not answer.allowed:
            _answer(handler, channel, header, answer)
        return answer.allowed

    def _answer(self, header: dict[str, Any], content: str) -> Answer:
        try:
            message = jupyter.Message(header["msg_type"], content)
        except notegate.RouteError as error:
            return self._gate.refuse(_FRAME, f"This message is refused: {error}.")
        facts = self._facts + Facts(context=message.context)
        return self._gate.ask(self._asker.uid, message.action, self._kernel, facts)


def _taken_apart(handler: Any, message: str | bytes) -> tuple[str, dict[str, Any], str]:
    """The channel, the header and the content's JSON, as the server's own reader finds them."""
    wire = _wire()
    if handler.selected_subprotocol == _V1:
        channel, parts = wire.deserialize_msg_from_ws_v1(message)
        # The kernel gets these very bytes, so they must mean the same to every reader.
        header = json.loads(parts[0], object_pairs_hook=_once)
        return str(channel), _typed(header), bytes(parts[3]).decode()
    read = wire.deserialize_binary_message if isinstance(message, bytes) else json.loads
    whole = read(message)
    content = json.dumps(whole.get("content"))
    return str(whole.get("channel") or "shell"), _typed(whole["header"]), content


def _typed(header: Any) -> dict[str, Any]:
    if not isinstance(header, dict) or not isinstance(header.get("msg_type"), str):
        raise ValueError("the header has no type")
    return header


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a field comes twice")
    return record


def _answer(handler: Any, channel: str, header: dict[str, Any], answer: Answer) -> None:
    """What a kernel would send that failed: busy, an error that people see, a reply, and idle."""
    error = {"ename": "Denied", "evalue": answer.text, "traceback": [answer.text]}
    sent: list[tuple[str, str, dict[str, Any]]] = [
        ("iopub", "status", {"execution_state": "busy"}),
        ("iopub", "error", error),
    ]
    kind = header["msg_type"]
    if kind.endswith("_request"):
        reply = {"status": "error", "execution_count": None, **error}
        sent.append((channel, kind.replace("_request", "_reply"), reply))
    sent.append(("iopub", "status", {"execution_state": "idle"}))
    session = getattr(handler, "connection", handler).session
    for where, what, content in sent:
        _send(handler, session, where, session.msg(what, content, parent={"header": header}))


def _send(handler: Any, session: Any, channel: str, message: dict[str, Any]) -> None:
    wire = _wire()
    if handler.selected_subprotocol == _V1:
        frame = wire.serialize_msg_to_ws_v1(message, channel, pack=session.pack)
        handler.write_message(frame, binary=True)
        return
    text = json.dumps({**message, "channel": channel}, default=wire.json_default)
    handler.write_message(text)


def _wire() -> Any:
    """Where a server keeps its readers of frames; older ones have them elsewhere."""
    try:
        from jupyter_server.services.kernels.connection import base
    except ImportError:
        from jupyter_server.base import zmqhandlers as base
    return base
