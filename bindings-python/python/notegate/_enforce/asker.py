"""Who asks, and from where."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

import notegate

from .gate import Facts


@dataclass(frozen=True)
class Asker:
    """Who asks, with the facts about them."""

    uid: notegate.Uid
    name: str
    facts: Facts


def address(handler: Any) -> dict[str, Any]:
    """Where a request came from, after the proxies that are trusted."""
    try:
        return {"sourceIp": ipaddress.ip_address(handler.request.remote_ip.partition("%")[0])}
    except (AttributeError, ValueError):
        return {}
