"""Every authorizer that is measured from Python, asked in the best form it offers."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import casbin
import cedarpy
import notegate


class Authorizer(ABC):
    """A world as one of them holds it."""

    name: ClassVar[str]
    package: ClassVar[str]
    form: ClassVar[str]
    together: ClassVar[int] = 1
    """How many questions one call decides."""

    @abstractmethod
    def __init__(self, folder: Path, questions: list[Any]) -> None: ...

    @abstractmethod
    def allowed(self, start: int, end: int) -> int:
        """Asks these questions, one after the other, and counts what is allowed."""


class Notegate(Authorizer):
    """Ours, as a program asks it."""

    name, package = "Notegate, in pairs", "notegate"
    form = "one by one, in pairs of strings, with a dict of a bool; the time is its own clock's"

    def __init__(self, folder: Path, questions: list[Any]) -> None:
        self.pdp = opened(folder)
        self.questions = [self.question(question["request"]) for question in questions]

    def question(self, request: Any) -> tuple[Any, str, Any, dict[str, Any]]:
        context = {"mfa": request["context"]["mfa"]}
        action = request["action"]["id"]
        return self.uid(request["principal"]), action, self.uid(request["resource"]), context

    def uid(self, uid: dict[str, str]) -> Any:
        return uid["type"].removeprefix("Notebook::"), uid["id"]

    def allowed(self, start: int, end: int) -> int:
        authorize, allowed = self.pdp.authorize, 0
        for principal, action, resource, context in self.questions[start:end]:
            allowed += authorize(principal, action, resource, context).allowed
        return allowed


class Timed(Notegate):
    name = "Notegate, with the time"
    form = "one by one, in pairs of strings, with a dict of a datetime and a bool"

    def question(self, request: Any) -> tuple[Any, str, Any, dict[str, Any]]:
        principal, action, resource, context = super().question(request)
        now = datetime.fromisoformat(request["context"]["now"].replace("Z", "+00:00"))
        return principal, action, resource, {"now": now, **context}


class Handles(Notegate):
    name = "Notegate, with handles"
    form = "one by one, with handles in the place of pairs"

    def uid(self, uid: dict[str, str]) -> Any:
        return self.pdp.prepare(uid["type"], uid["id"])


class Batches(Notegate):
    name = "Notegate, in batches"
    form = "a hundred at a time, in pairs of strings with dicts; times are of one of them"
    together = 100

    def allowed(self, start: int, end: int) -> int:
        allowed = 0
        for at in range(start, end, self.together):
            questions = self.questions[at : min(at + self.together, end)]
            for response in self.pdp.authorize_batch(questions):
                allowed += response.allowed
        return allowed


def opened(folder: Path) -> notegate.Pdp:
    """A world as a bundle, its policies in Cedar's own text."""
    with TemporaryDirectory() as made:
        bundle = Path(made)
        manifest = {"name": "world", "sequence": 1, "model": "notebook/1"}
        (bundle / "manifest.json").write_text(json.dumps(manifest))
        policies = cedarpy.policies_from_json_str((folder / "policies.json").read_text())
        (bundle / "policies.cedar").write_text(policies)
        (bundle / "entities.json").write_bytes((folder / "entities.json").read_bytes())
        return notegate.Pdp.open(bundle, watch=False)


class Cedarpy(Authorizer):
    """Everything that cedarpy can parse beforehand is."""

    name, package = "cedarpy", "cedarpy"
    form = "policies and entities parsed once; requests as dictionaries"

    def __init__(self, folder: Path, questions: list[Any]) -> None:
        self.policies = cedarpy.PolicySet.from_json_str((folder / "policies.json").read_text())
        self.entities = cedarpy.Entities.from_json_str((folder / "entities.json").read_text())
        self.requests = [self.request(question["request"]) for question in questions]

    def request(self, request: Any) -> dict[str, Any]:
        now = {"__extn": {"fn": "datetime", "arg": request["context"]["now"]}}
        return {**request, "context": {**request["context"], "now": now}}

    def allowed(self, start: int, end: int) -> int:
        authorize, policies, entities = cedarpy.is_authorized, self.policies, self.entities
        allowed = 0
        for request in self.requests[start:end]:
            allowed += authorize(request, policies, entities).allowed
        return allowed


class Pycasbin(Authorizer):
    """Groups are roles; one matcher holds the condition of all policies."""

    name, package = "pycasbin", "pycasbin"
    form = (
        "`FastEnforcer`, which finds policies by action and namespace, loaded once; groups as "
        "roles; one matcher with the condition of all; ranks and clearance given with the request"
    )

    def __init__(self, folder: Path, questions: list[Any]) -> None:
        model, policies = (str(folder / name) for name in ("casbin.conf", "casbin.csv"))
        # By the places of action and namespace, in requests as in policies.
        self.enforcer = casbin.FastEnforcer(model, policies, cache_key_order=[1, 2])
        self.requests = [question["casbin"] for question in questions]

    def allowed(self, start: int, end: int) -> int:
        enforce, allowed = self.enforcer.enforce, 0
        for request in self.requests[start:end]:
            allowed += enforce(*request)
        return allowed


AUTHORIZERS: list[type[Authorizer]] = [Notegate, Timed, Handles, Batches, Cedarpy, Pycasbin]
