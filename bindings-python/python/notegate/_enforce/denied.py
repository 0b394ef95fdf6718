"""A denial on its way to a browser or a caller of the API."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from tornado.web import HTTPError, RequestHandler

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
    _finish(handler, "application/json", json.dumps(body))
    return True


def write_page(handler: Any, error: Any) -> bool:
    """Writes a denial as a page, for a handler that has none; False for any other error."""
    if not isinstance(error, Denied):
        return False
    handler.clear()
    handler.set_status(error.status_code, error.reason)
    page = f"<!DOCTYPE html><title>Forbidden</title><p>{escape(error.jupyterhub_message)}</p>"
    _finish(handler, "text/html; charset=UTF-8", page)
    return True


def _finish(handler: Any, content_type: str, body: str) -> None:
    handler.set_header("Content-Type", content_type)
    handler.clear_header("Content-Length")
    # As tornado ends a response: there are handlers whose own way to is for answers of theirs only.
    RequestHandler.finish(handler, body)
