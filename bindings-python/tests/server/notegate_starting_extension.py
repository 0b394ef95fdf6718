"""An extension with a route that starts a kernel."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import APIHandler
from tornado.web import authenticated


class Start(APIHandler):
    @authenticated
    async def post(self, name: str) -> None:
        self.write({"id": await self.kernel_manager.start_kernel(kernel_name=name)})


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "notegate_starting_extension"}]


def _load_jupyter_server_extension(app: Any) -> None:
    app.web_app.add_handlers(r".*$", [(app.base_url + r"start/(\w+)", Start)])
