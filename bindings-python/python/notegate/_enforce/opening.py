"""A decision point as an operator configures it, or no program."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import notegate

from .enforcement import Enforcement
from .gate import Gate


def opened(
    what: str,
    log: logging.Logger,
    bundle: Any,
    *,
    keys: Sequence[str | Path],
    records: Any,
    mode: str,
    enforce: Sequence[str],
    shadow: Sequence[str],
    **opening: Any,
) -> Gate:
    """The gate of `what`, such as `the hub`. What the store does is logged as a warning.

    Ends the program with a message when the bundle cannot be loaded.
    """
    try:
        enforcement = Enforcement.of(mode, enforce, shadow)
        pdp = notegate.Pdp.open(bundle, keys=keys, records=records, **opening)
    except (notegate.NotegateError, ValueError, TypeError, OSError) as error:
        refuse(what, error)
    pdp.watch(lambda event: log.warning("notegate: %s", event.message))
    return Gate(pdp, enforcement, log)


def refuse(what: str, error: Exception) -> NoReturn:
    """Ends the program: an exception would be a traceback, and one that goes on has no policies."""
    lines = [f"notegate: {what} is not started: {error}"]
    lines += [f"  {problem}" for problem in getattr(error, "problems", ()) or ()]
    help_line = getattr(error, "help", None)
    if help_line:
        lines.append(f"  help: {help_line}")
    print("\n".join(lines), file=sys.stderr)
    raise SystemExit(1)


def after(method: Any, then: Any) -> Any:
    """A method, and something after it."""

    def both(*args: Any, **kwargs: Any) -> None:
        method(*args, **kwargs)
        then()

    return both


def before(method: Any, first: Any) -> Any:
    """A method, and something before it."""

    def both(*args: Any, **kwargs: Any) -> None:
        first()
        method(*args, **kwargs)

    return both
