"""Denials that the hub shows to the person and does not hold against itself."""

from __future__ import annotations

from typing import Any

REASON = "policy-deny"
"""Becomes the HTTP reason phrase and the value of a metric's label, so it never varies."""


def denial(spawner: Any, message: str, decision_id: str | None = None) -> Exception:
    """The exception with which a hook of a spawner refuses to start it.

    `message` is for the person; the decision id is what they can give to whoever reads the records.
    Raise what is returned at once: on hub 5 the count of failed spawns is set right for it.
    """
    text = message if decision_id is None else f"{message} (decision {decision_id})"
    refused: Any = _refused(spawner, text)
    # The page of a start that failed shows this one only, whatever else the exception says.
    refused.jupyterhub_message = text
    refused.decision_id = decision_id
    exception: Exception = refused
    return exception


def _refused(spawner: Any, text: str) -> Any:
    try:
        from jupyterhub.spawner import SpawnException
    except ImportError:
        return _for_hub_5(spawner, text)
    return SpawnException(text, reason=REASON, status_code=403)


def _for_hub_5(spawner: Any, text: str) -> Any:
    from tornado.web import HTTPError

    # This hub counts every spawn that fails and ends itself at `consecutive_failure_limit`. Its
    # callback adds one when it sees the exception; a denial is no failure, so one is taken off.
    # The count is in the application's settings, of which a user's settings are a copy.
    settings = spawner.user.settings if spawner.handler is None else spawner.handler.settings
    settings["failure_count"] = settings.get("failure_count", 0) - 1
    return HTTPError(403, text)
