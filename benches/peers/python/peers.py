"""Authorizers in Python beside Notegate: `peers.py WORLDS FOLDER` leaves a file of figures for each.

A world is decided by each as it is decided by ours before any decision is timed.
"""

import gc
import json
import os
import platform
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns

import casbin
import cedarpy
import notegate

QUICK = bool(os.environ.get("QUICK"))
BUDGET_NS = 150_000_000 if QUICK else 2_000_000_000
LEAST = 4 if QUICK else 16


class Notegate:
    """Ours, as a program asks it: pairs of strings, and a small dict of what Python has."""

    name, package = "notegate", "notegate"
    form = "asked one by one, in pairs of strings and a dict of a datetime and a bool"
    batch = 1

    def __init__(self, folder, questions):
        self.pdp = opened(folder)
        self.questions = [self.question(question["request"]) for question in questions]

    def question(self, request):
        principal, resource = (self.uid(request[place]) for place in ("principal", "resource"))
        now = datetime.fromisoformat(request["context"]["now"].replace("Z", "+00:00"))
        context = {"now": now, "mfa": request["context"]["mfa"]}
        return principal, request["action"]["id"], resource, context

    def uid(self, uid):
        return uid["type"].removeprefix("Notebook::"), uid["id"]

    def decide(self, at):
        principal, action, resource, context = self.questions[at]
        return self.pdp.authorize(principal, action, resource, context).allowed


class Prepared(Notegate):
    name = "notegate, prepared"
    form = "asked one by one, with handles in the place of pairs"

    def uid(self, uid):
        return self.pdp.prepare(uid["type"], uid["id"])


class Batch(Notegate):
    name = "notegate, in batches"
    form = "asked a hundred at a time, in pairs of strings and dicts; the time is that of one"
    batch = 100

    def decide(self, at):
        return self.pdp.authorize_batch(self.questions[at : at + 1])[0].allowed

    def decide_many(self, at):
        for response in self.pdp.authorize_batch(self.questions[at : at + self.batch]):
            response.allowed


def opened(folder):
    """A world as a bundle."""
    with TemporaryDirectory() as made:
        made = Path(made)
        manifest = {"name": "world", "sequence": 1, "model": "notebook/1"}
        (made / "manifest.json").write_text(json.dumps(manifest))
        policies = cedarpy.policies_from_json_str((folder / "policies.json").read_text())
        (made / "policies.cedar").write_text(policies)
        (made / "entities.json").write_bytes((folder / "entities.json").read_bytes())
        return notegate.Pdp.open(made, watch=False)


class Cedarpy:
    """Everything that cedarpy can parse beforehand is."""

    name, package = "cedarpy", "cedarpy"
    form = "policies and entities parsed once; requests as dictionaries"

    def __init__(self, folder, questions):
        policies = (folder / "policies.json").read_text()
        self.policies = cedarpy.PolicySet.from_json_str(policies)
        self.entities = cedarpy.Entities.from_json_str((folder / "entities.json").read_text())
        self.requests = [question["request"] for question in questions]
        for request in self.requests:
            now = request["context"]["now"]
            request["context"]["now"] = {"__extn": {"fn": "datetime", "arg": now}}

    def decide(self, at):
        request = self.requests[at]
        return cedarpy.is_authorized(request, self.policies, self.entities).allowed


class Pycasbin:
    """Groups are roles; one matcher holds the condition of all policies."""

    name, package = "pycasbin", "pycasbin"
    form = (
        "`FastEnforcer`, which finds policies by action and namespace, loaded once; groups as "
        "roles; one matcher with the condition of all; ranks and clearance given with the request"
    )

    def __init__(self, folder, questions):
        model, policies = (str(folder / name) for name in ("casbin.conf", "casbin.csv"))
        # By the places of action and namespace, in requests as in policies.
        self.enforcer = casbin.FastEnforcer(model, policies, cache_key_order=[1, 2])
        self.requests = [question["casbin"] for question in questions]

    def decide(self, at):
        return self.enforcer.enforce(*self.requests[at])


def compare(peer, questions):
    """How many questions are decided as they have to be, and how many of them are allowed."""
    began, allowed = perf_counter_ns(), 0
    for at, question in enumerate(questions):
        found = peer.decide(at)
        if found != question["allowed"]:
            sys.exit(f"{peer.name} decides question {at} otherwise: {question}")
        allowed += found
        if perf_counter_ns() - began > BUDGET_NS and at + 1 >= LEAST:
            break
    return at + 1, allowed


def clock():
    """What two readings of the clock with nothing between them make of it."""
    times = []
    for _ in range(10_001):
        before = perf_counter_ns()
        times.append(perf_counter_ns() - before)
    return sorted(times)[len(times) // 2]


def figures(decide, count):
    """Half the time decisions in a row, of which the median mean is told; half of it one by one."""
    at, means, spent, row = 0, [], 0, 1
    while spent < BUDGET_NS / 2 or len(means) < LEAST:
        before = perf_counter_ns()
        for _ in range(row):
            decide(at)
            at = (at + 1) % count
        taken = perf_counter_ns() - before
        means.append(taken / row)
        spent += taken
        row = row * 2 if taken < 5_000_000 else row
    singles, began = [], perf_counter_ns()
    while perf_counter_ns() - began < BUDGET_NS / 2 or len(singles) < LEAST:
        before = perf_counter_ns()
        decide(at)
        singles.append(perf_counter_ns() - before)
        at = (at + 1) % count
    singles.sort()
    overhead, timed = clock(), len(singles)

    def part(per_mille):
        return max(0, singles[max(0, -(-timed * per_mille // 1000) - 1)] - overhead)

    return {
        "mean_ns": sorted(means)[len(means) // 2],
        "p50_ns": part(500),
        "p99_ns": part(990) if timed >= 100 else None,
        "p999_ns": part(999) if timed >= 1000 else None,
        "timed": timed,
    }


def of_batches(peer, count):
    """A batch's figures, each as that of one of its questions."""
    size = min(peer.batch, count)
    starts = range(0, count - size + 1, size)
    found = figures(lambda at: peer.decide_many(starts[at]), len(starts))
    times = [name for name in found if name != "timed"]
    return found | {name: found[name] and found[name] / size for name in times}


def measure(kind, folder):
    """A peer's figures in one world."""
    questions = json.loads((folder / "questions.json").read_text())
    peer = kind(folder, questions)
    compared, allowed = compare(peer, questions)
    gc.collect()
    found = of_batches(peer, compared) if kind is Batch else figures(peer.decide, compared)
    mean = found["mean_ns"] / 1000
    print(f"{kind.name}: {folder.name} policies, {allowed} of {compared} allowed, mean {mean:.1f} us")
    return {
        "policies": int(folder.name),
        "compared": compared,
        "allowed": allowed,
        "figures": found,
    }


def main():
    worlds, into = map(Path, sys.argv[1:])
    folders = sorted(worlds.iterdir(), key=lambda folder: int(folder.name))
    into.mkdir(parents=True, exist_ok=True)
    for kind in [Notegate, Prepared, Batch, Cedarpy, Pycasbin]:
        peer = {
            "name": kind.name,
            "version": version(kind.package),
            "language": f"Python {platform.python_version()}",
            "form": kind.form,
            "worlds": [measure(kind, folder) for folder in folders[: 2 if QUICK else None]],
        }
        (into / f"{kind.__name__.lower()}.json").write_text(json.dumps(peer, indent=2))


main()
