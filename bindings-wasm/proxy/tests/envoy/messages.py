"""Messages on the channels of a kernel."""

from __future__ import annotations

import json


def execution() -> str:
    """Asks a kernel to print 42."""
    header = {
        "msg_id": "1",
        "msg_type": "execute_request",
        "session": "s",
        "username": "",
        "version": "5.3",
    }
    content = {"code": "print(6 * 7)", "silent": False, "store_history": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    return json.dumps({**message, "channel": "shell", "buffers": []})
