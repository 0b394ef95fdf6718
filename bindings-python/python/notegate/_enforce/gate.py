"""Asks the decision point, and says what is to be obeyed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import notegate

from .enforcement import Enforcement

DENIED = "Your groups do not allow this. Ask whoever runs this platform."
UNDECIDED = "This could not be decided, so it was not done. Tell whoever runs this platform."


@dataclass(frozen=True)
class Facts:
    """What the hub knows, to send with a question."""

    entities: tuple[notegate.Entity, ...] = ()
    attributes: Mapping[notegate.Uid, Mapping[str, Any]] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)

    def __add__(self, other: Facts) -> Facts:
        attributes = {uid: dict(facts) for uid, facts in self.attributes.items()}
        for uid, facts in other.attributes.items():
            attributes.setdefault(uid, {}).update(facts)
        return Facts(
            (*self.entities, *other.entities), attributes, {**self.context, **other.context}
        )


@dataclass(frozen=True)
class Answer:
    """What to do: `allowed` is to be obeyed, shadow mode counted in."""

    allowed: bool
    message: str = ""
    decision_id: str | None = None
    obligations: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The message for the person, with the decision id to give to whoever reads the records."""
        if self.decision_id is None:
            return self.message
        return f"{self.message} (decision {self.decision_id})"


class Gate:
    """The one place where the hub asks. What cannot be decided is denied."""

    def __init__(self, pdp: Any, enforcement: Enforcement, log: logging.Logger) -> None:
        self.pdp = pdp
        self.enforcement = enforcement
        self.log = log

    def ask(
        self, principal: notegate.Uid, action: str, resource: notegate.Uid, facts: Facts
    ) -> Answer:
        """The answer to one question. Microseconds, and no I/O."""
        # Of two entities with one uid the first holds: whoever adds facts later overrides nobody.
        entities = {entity.uid: entity for entity in reversed(facts.entities)}
        try:
            response = self.pdp.authorize(
                principal,
                action,
                resource,
                dict(facts.context),
                entities=list(entities.values()),
                attributes=facts.attributes,
            )
        except Exception:
            self.log.exception("%s of %r on %r could not be decided", action, principal, resource)
            return self.undecided(action)
        # `is`, so that nothing but the decision itself lets a request through.
        if response.allowed is True:
            return Answer(True, "", response.decision_id, response.obligations)
        message = response.message or DENIED
        if self._obeyed(action, response.decision_id):
            return Answer(False, message, response.decision_id)
        return Answer(True, message, response.decision_id)

    def refuse(self, action: str, message: str) -> Answer:
        """The answer to what was refused before it could be asked."""
        return Answer(not self._obeyed(action, None), message)

    def undecided(self, action: str) -> Answer:
        """The answer when there is no decision."""
        return self.refuse(action, UNDECIDED)

    def _obeyed(self, action: str, decision_id: str | None) -> bool:
        if self.enforcement.enforces(action):
            return True
        self.log.warning("%s would be denied (decision %s)", action, decision_id or "none")
        return False
