"""Authorizers in Python beside Notegate: `peers.py WORLDS FOLDER` leaves a file of figures for each.

Before any decision is timed, each decides a world as it has to be decided, in a process of its own. Then they
take turns.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import sys
from importlib.metadata import version
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from authorizers import AUTHORIZERS, Authorizer

QUICK = bool(os.environ.get("QUICK"))
BUDGET_NS = 150_000_000 if QUICK else 2_000_000_000
TURN_NS = 200_000_000
LEAST = 4 if QUICK else 16
PERCENTILES = {"p50_ns": (500, 1), "p99_ns": (990, 100), "p999_ns": (999, 1000)}


def compare(authorizer: Authorizer, questions: list[Any]) -> tuple[int, int]:
    """How many questions are decided as they have to be, and how many of them are allowed."""
    began, allowed, compared = perf_counter_ns(), 0, 0
    for at, question in enumerate(questions):
        found = authorizer.allowed(at, at + 1)
        if found != question["allowed"]:
            sys.exit(f"{authorizer.name} decides question {at} otherwise: {question}")
        allowed, compared = allowed + found, at + 1
        if perf_counter_ns() - began > BUDGET_NS and compared >= LEAST:
            break
    if authorizer.together > 1 and authorizer.allowed(0, compared) != allowed:
        sys.exit(f"{authorizer.name} decides otherwise what is asked together")
    return compared, allowed


def clock() -> int:
    """What two readings of the clock with nothing between them make of it."""
    times = []
    for _ in range(10_001):
        before = perf_counter_ns()
        times.append(perf_counter_ns() - before)
    return sorted(times)[len(times) // 2]


class Turns:
    """The turns of one authorizer: decisions in a row, and decisions timed one by one."""

    def __init__(self, authorizer: Authorizer, count: int) -> None:
        self.authorizer = authorizer
        self.count = count - count % authorizer.together
        self.at = 0
        self.row = authorizer.together
        self.means: list[float] = []
        self.singles: list[int] = []

    def take(self) -> None:
        """Most of a turn for a row, of which the first is not timed, and the rest for single ones."""
        self._row()
        taken, asked = 0, 0
        while taken < TURN_NS / 2:
            time, of = self._row()
            taken, asked = taken + time, asked + of
        self.means.append(taken / asked)
        together, taken = self.authorizer.together, 0
        while taken < TURN_NS / 2:
            time, _ = self._timed(together)
            self.singles.append(time)
            taken += time

    def _row(self) -> tuple[int, int]:
        time, asked = self._timed(self.row)
        if time < TURN_NS / 10:
            self.row = min(self.row * 2, self.count)
        return time, asked

    def _timed(self, asked: int) -> tuple[int, int]:
        if self.at + asked > self.count:
            self.at = 0
        start, end = self.at, self.at + asked
        before = perf_counter_ns()
        self.authorizer.allowed(start, end)
        taken = perf_counter_ns() - before
        self.at = end
        return taken, asked

    def figures(self, overhead: int) -> dict[str, float | None]:
        """Of one decision each."""
        singles, timed, together = sorted(self.singles), len(self.singles), self.authorizer.together

        def part(per_mille: int, least: int) -> float | None:
            place = max(0, -(-timed * per_mille // 1000) - 1)
            return max(0, singles[place] - overhead) / together if timed >= least else None

        figures: dict[str, float | None] = {"mean_ns": sorted(self.means)[len(self.means) // 2]}
        figures |= {name: part(*percentile) for name, percentile in PERCENTILES.items()}
        return figures | {"timed": timed}


def turns(kind: type[Authorizer], folder: Path, pipe: Connection) -> None:
    """One authorizer in a process of its own: a turn for each word, and its figures in the end."""
    questions = json.loads((folder / "questions.json").read_text())
    authorizer = kind(folder, questions)
    compared, allowed = compare(authorizer, questions)
    turn = Turns(authorizer, compared)
    # What was loaded stays; only what decisions leave is looked at.
    gc.collect()
    gc.freeze()
    pipe.send(None)
    while pipe.recv():
        turn.take()
        pipe.send(None)
    figures = turn.figures(clock())
    pipe.send({"compared": compared, "allowed": allowed, "figures": figures})


class Process:
    """An authorizer whose heap nobody else fills."""

    def __init__(self, kind: type[Authorizer], folder: Path) -> None:
        self.name = kind.name
        processes = get_context("spawn")
        self.pipe, theirs = processes.Pipe()
        self.process = processes.Process(target=turns, args=(kind, folder, theirs), daemon=True)
        self.process.start()
        theirs.close()
        self._answer()

    def take(self) -> None:
        self.pipe.send(True)
        self._answer()

    def figures(self) -> dict[str, Any]:
        self.pipe.send(False)
        found: dict[str, Any] = self._answer()
        self.process.join()
        return found

    def _answer(self) -> Any:
        try:
            return self.pipe.recv()
        except EOFError:
            sys.exit(f"{self.name} could not be measured; what went wrong is told above")


def measure(folder: Path) -> dict[str, dict[str, Any]]:
    """The figures of all in one world, by name."""
    processes = [Process(kind, folder) for kind in AUTHORIZERS]
    for process in islice(cycle(processes), len(processes) * max(LEAST // 2, BUDGET_NS // TURN_NS)):
        process.take()
    found = {}
    for process in processes:
        one = process.figures()
        allowed, mean = f"{one['allowed']} of {one['compared']}", one["figures"]["mean_ns"]
        print(f"{process.name}: {folder.name} policies, {allowed} allowed, {mean:.0f} ns")
        found[process.name] = {"policies": int(folder.name), **one}
    return found


def main() -> None:
    worlds, into = map(Path, sys.argv[1:])
    folders = sorted(worlds.iterdir(), key=lambda folder: int(folder.name))
    measured = [measure(folder) for folder in folders[: 2 if QUICK else None]]
    into.mkdir(parents=True, exist_ok=True)
    for kind in AUTHORIZERS:
        found = {
            "name": kind.name,
            "version": version(kind.package),
            "language": f"Python {platform.python_version()}",
            "form": kind.form,
            "ours": kind.package == "notegate",
            "worlds": [world[kind.name] for world in measured],
        }
        (into / f"{kind.__name__.lower()}.json").write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
