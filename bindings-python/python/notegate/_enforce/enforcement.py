"""Which denials are obeyed, and which are recorded only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

Mode = Literal["enforce", "shadow"]

_PATTERN = re.compile(r"\*|[a-z]+:(?:\*|[A-Za-z]+\*?)")


@dataclass(frozen=True)
class Enforcement:
    """A mode for all actions, and the actions that are the other way."""

    mode: Mode
    exceptions: tuple[str, ...] = ()

    @classmethod
    def of(cls, mode: str, enforce: Sequence[str], shadow: Sequence[str]) -> Enforcement:
        """From what an operator wrote: `enforce` goes with mode `shadow`, `shadow` with `enforce`."""
        if mode == "enforce":
            if enforce:
                raise ValueError(
                    '`enforce` goes with `mode="shadow"`; here all is enforced already'
                )
            return cls("enforce", _patterns("shadow", shadow))
        if mode == "shadow":
            if shadow:
                raise ValueError(
                    '`shadow` goes with `mode="enforce"`; here all is shadowed already'
                )
            return cls("shadow", _patterns("enforce", enforce))
        raise ValueError(f'`mode` is `{mode}`; it is "enforce" or "shadow"')

    def enforces(self, action: str) -> bool:
        """Whether a denial of this action is obeyed."""
        excepted = any(fnmatchcase(action, pattern) for pattern in self.exceptions)
        return excepted is (self.mode == "shadow")


def _patterns(name: str, patterns: Sequence[str]) -> tuple[str, ...]:
    if isinstance(patterns, str):
        raise TypeError(f"`{name}` is a list of actions, such as `[{patterns!r}]`")
    for pattern in patterns:
        if not _PATTERN.fullmatch(pattern):
            raise ValueError(
                f"`{pattern}` in `{name}` is no action; write `server:start`, `server:*` or `*`"
            )
    return tuple(patterns)
