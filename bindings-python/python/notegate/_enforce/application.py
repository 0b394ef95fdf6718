"""A tornado application whose requests are all decided before they are handled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from tornado.web import Application, HTTPError, RequestHandler

from .denied import write_json, write_page

Check = Callable[[Any], Awaitable[None]]
"""Raises what the caller is shown when the request of a handler is denied."""

Answers = Callable[[type], bool]
"""Whether a class of handlers answers programs, so that its errors are JSON."""


When = Literal["before", "after"]
"""Whether to check before or after a handler prepares itself.

Before, because there are some that do half of their work there; after, where that is what finds out who asks.
"""

Extend = Callable[[type], type]
"""A class of handlers, with more to it."""


def watch(
    application: Application,
    check: Check,
    when: When,
    answers_programs: Answers,
    extend: Extend = lambda handler_class: handler_class,
) -> None:
    """Makes an application check before any of its handlers, whoever adds them and when.

    What is no handler, such as an application inside the application, could not be asked about, and is
    not found.
    """
    delegate, find = application.get_handler_delegate, application.find_handler
    guarded: dict[type, type] = {}

    def get_handler_delegate(request: Any, target_class: Any, *args: Any, **kwargs: Any) -> Any:
        if target_class not in guarded:
            json = answers_programs(target_class)
            guarded[target_class] = _guarded(target_class, extend(target_class), check, when, json)
        made: Any = delegate(request, guarded[target_class], *args, **kwargs)
        made.notegate = True
        return made

    def find_handler(request: Any, **kwargs: Any) -> Any:
        found = find(request, **kwargs)
        if getattr(found, "notegate", False):
            return found
        return get_handler_delegate(request, _Unknown, {})

    application.get_handler_delegate = get_handler_delegate  # type: ignore[method-assign]
    application.find_handler = find_handler  # type: ignore[method-assign]


def _guarded(handler_class: type, extended: type, check: Check, when: When, json: bool) -> type:
    class Guarded(extended):  # type: ignore[misc]
        async def prepare(self, *args: Any, **kwargs: Any) -> None:
            if when == "before":
                await check(self)
                if self._finished:
                    return
            outcome = super().prepare(*args, **kwargs)
            if hasattr(outcome, "__await__"):
                await outcome
            if when == "after" and not self._finished:
                await check(self)

        def write_error(self, status_code: int, **kwargs: Any) -> None:
            error = (kwargs.get("exc_info") or (None, None))[1]
            if json and write_json(self, status_code, error):
                return
            if pageless and write_page(self, error):
                return
            try:
                super().write_error(status_code, **kwargs)
            except Exception:
                # There are handlers whose own page of errors is one more error.
                if not write_page(self, error):
                    raise

    pageless = handler_class.write_error is RequestHandler.write_error  # type: ignore[attr-defined]
    Guarded.__name__ = handler_class.__name__
    Guarded.__qualname__ = handler_class.__qualname__
    Guarded.__module__ = handler_class.__module__
    return Guarded


class _Unknown(RequestHandler):
    def prepare(self) -> None:
        raise HTTPError(404)
