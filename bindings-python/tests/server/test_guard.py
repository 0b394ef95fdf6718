"""What a real server never does, and a guard must not let through all the same."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import POLICIES
from notegate import Pdp, Uid
from notegate._enforce.asker import Asker
from notegate._enforce.denied import Denied
from notegate._enforce.enforcement import Enforcement
from notegate._enforce.gate import Facts, Gate
from notegate.jupyter_server.guard import Guard


class Reads(Guard):
    def read(self, handler: Any, asker: Asker | None) -> list[Any]:
        return []


class Ada:
    async def asker(self, handler: Any) -> Asker:
        return Asker(Uid("User", "ada"), "ada", Facts())


def test_a_request_that_asks_for_nothing_is_refused() -> None:
    gate = Gate(Pdp.open(POLICIES, watch=False), Enforcement("enforce"), logging.getLogger())
    people: Any = Ada()
    guard = Reads(gate, SimpleNamespace(), people, None)  # type: ignore[arg-type]
    handler = SimpleNamespace(request=SimpleNamespace(method="GET"))
    with pytest.raises(Denied):
        asyncio.run(guard.check(handler))
    assert not hasattr(handler, "notegate_decided")
