"""An extension whose handlers ask nobody."""

from __future__ import annotations

from typing import Any

from tornado.routing import PathMatches, Rule
from tornado.web import Application, RequestHandler


class Plain(RequestHandler):
    def get(self, what: str) -> None:
        self.write(what)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "notegate_test_extension"}]


def _load_jupyter_server_extension(app: Any) -> None:
    base = app.base_url
    app.web_app.add_handlers(r".*$", [(base + r"made-up/(.*)", Plain)])
    inner = Application([(base + r"inner/(.*)", Plain)])
    app.web_app.wildcard_router.add_rules([Rule(PathMatches(base + r"inner/.*"), inner)])
