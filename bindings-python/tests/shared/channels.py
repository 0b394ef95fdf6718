"""The channels of a kernel behind a hub."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import urlsplit

import requests
import websocket
from visitor import Visitor


def start_kernel(visitor: Visitor) -> str:
    """Where the channels of a new kernel of ada's are."""
    base = visitor.at("/user/ada")
    xsrf = next(c.value for c in visitor.cookies if c.name == "_xsrf" and "/user/ada" in c.path)
    kernel = visitor.post(
        f"{base}/api/kernels", json={"name": "python3"}, headers={"X-XSRFToken": xsrf or ""}
    )
    assert kernel.status_code == 201, kernel.text
    return f"{base}/api/kernels/{kernel.json()['id']}/channels"


def opened(visitor: Visitor, url: str, **headers: str) -> Any:
    """The channels, as a browser opens them."""
    request = visitor.prepare_request(requests.Request("GET", url))
    there = urlsplit(url)
    return websocket.create_connection(
        url.replace("http://", "ws://"),
        cookie=request.headers["Cookie"],
        header=headers,
        origin=f"http://{there.netloc}",
        timeout=60,
    )


def printed_by(channels: Any, code: str) -> str:
    """What a cell printed, or what went wrong."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "session": uuid.uuid4().hex,
        "username": "ada",
        "version": "5.3",
        "date": "2026-01-01T00:00:00Z",
    }
    content = {"code": code, "silent": False, "allow_stdin": False, "store_history": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    channels.send(json.dumps({**message, "channel": "shell", "buffers": []}))
    said = ""
    while True:
        answer = json.loads(channels.recv())
        if answer["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        found = answer["content"]
        if answer["header"]["msg_type"] in ("stream", "error"):
            said += str(found.get("text") or found.get("evalue"))
        if found.get("execution_state") == "idle":
            return said
