"""Counts the denials in a file of records: `python3 -m notegate.jupyterhub.denials RECORDS`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path


def counted(lines: Iterable[str]) -> list[str]:
    """Denials by action and principal, most frequent first. A line that is no record is an error."""
    denials: Counter[tuple[str, str]] = Counter()
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            asked = record["request"]
            if record["decision"] == "deny":
                denials[asked["action"]["id"], asked["principal"]["id"]] += 1
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} is no record of a decision") from error
    width = max((len(action) for action, _ in denials), default=0)
    return [
        f"{count:5}  {action:{width}}  {ascii(principal)[1:-1]}"
        for (action, principal), count in denials.most_common()
    ]


def main(arguments: list[str]) -> int:
    """Prints what was counted."""
    if len(arguments) != 1:
        print("usage: python3 -m notegate.jupyterhub.denials RECORDS", file=sys.stderr)
        return 1
    try:
        with Path(arguments[0]).open(encoding="utf-8") as records:
            print("\n".join(counted(records)))
    except (OSError, ValueError) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
