"""A denial on its way to a browser or a caller of the API."""

from __future__ import annotations

import json
from typing import Any

from tornado.web import HTTPError

from .gate import Answer


class Denied(HTTPError):
    """A request that policy does not allow: a page for people, JSON for programs."""

    def __init__(self, answer: Answer) -> None:
        # The reason is the title of the page, above the message.
        super().__init__(403, answer.text, reason="Forbidden")
        self.jupyterhub_message = answer.text
        self.decision_id = answer.decision_id


def write_json(handler: Any, status: int, error: Any) -> bool:
    """Writes a denial as JSON, with the decision id as a field; False for any other error."""
    try:
        message, decision_id = error.jupyterhub_message, error.decision_id
    except AttributeError:
        return False
    body = {"status": status, "message": message, "decision_id": decision_id}
    handler.set_header("Content-Type", "application/json")
    handler.clear_header("Content-Length")
    handler.write(json.dumps(body))
    return True
