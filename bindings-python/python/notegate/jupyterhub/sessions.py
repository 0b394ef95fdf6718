"""When and how people logged in, as their authenticator said it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

_SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "sms", "swk", "fpt", "face"})

Mfa = Callable[[Mapping[str, Any]], "bool | None"]
"""Reads from an auth state whether a second factor was used; `None` when it does not tell."""


@dataclass(frozen=True)
class Session:
    """What is known of a person's last login."""

    mfa: bool | None = None
    authenticated: datetime | None = None

    def or_else(self, other: Session) -> Session:
        """This, and what only the other knows."""
        mfa = other.mfa if self.mfa is None else self.mfa
        return Session(mfa, self.authenticated or other.authenticated)

    def context(self) -> dict[str, Any]:
        """The facts for a question. What is not known is left out."""
        facts: dict[str, Any] = {}
        if self.mfa is not None:
            facts["mfa"] = self.mfa
        if self.authenticated is not None:
            age = datetime.now(timezone.utc) - self.authenticated
            facts["authAge"] = max(age, timedelta(0))
        return facts


def read(auth_state: Mapping[str, Any] | None, mfa: Mfa) -> Session:
    """What an auth state tells. Claims are looked for where authenticators keep them."""
    state = auth_state or {}
    return Session(mfa(state), _auth_time(state))


def mfa_by_amr(auth_state: Mapping[str, Any]) -> bool | None:
    """Whether the claim `amr` (RFC 8176) names a second factor."""
    for claims in _claims(auth_state):
        methods = claims.get("amr")
        if isinstance(methods, (list, tuple)):
            return any(method in _SECOND_FACTORS for method in methods if isinstance(method, str))
    return None


def _auth_time(auth_state: Mapping[str, Any]) -> datetime | None:
    for claims in _claims(auth_state):
        seconds = claims.get("auth_time")
        if isinstance(seconds, int) and not isinstance(seconds, bool):
            try:
                return datetime.fromtimestamp(seconds, timezone.utc)
            except (OverflowError, OSError, ValueError):
                return None
    return None


def _claims(auth_state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield auth_state
    for name in ("id_token_claims", "oauth_user", "claims", "user"):
        claims = auth_state.get(name)
        if isinstance(claims, Mapping):
            yield claims
