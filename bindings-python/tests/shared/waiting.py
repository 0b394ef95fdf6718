"""Waiting for what will be so."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 120.0
"""In seconds."""


def until(true: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Asks again until it is so. The bound only ends a test that would hang."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        answer = true()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited in vain until {what}")
