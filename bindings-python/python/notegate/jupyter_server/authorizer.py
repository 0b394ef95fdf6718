"""What the server asks by itself, beside what was asked before its handler ran."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.authorizer import Authorizer as Base


class Authorizer(Base):
    """Lets through what the guard allowed, and the authorizer that was configured allows as well.

    Older servers take what `is_authorized` gives for the answer, a coroutine included, so it is none
    unless the other authorizer's is.
    """

    def __init__(self, guard: Any, other: Any) -> None:
        super().__init__(parent=other.parent)
        # Older servers have no such trait, and nobody asks for it there.
        self.identity_provider = getattr(other, "identity_provider", None)
        self._guard = guard
        self._other = other

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> Any:
        """Whether this request may go on. The action and the resource that come here are not trusted."""
        if not self._decided(handler):
            self._guard.gate.log.warning("%s of %s was not decided before", action, resource)
            return False
        return self._other.is_authorized(handler, user, action, resource)

    def _decided(self, handler: Any) -> bool:
        return getattr(handler, "notegate_decided", False) is True
