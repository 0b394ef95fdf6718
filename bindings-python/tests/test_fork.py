"""A process that was forked decides, follows and records by itself."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import notegate
from conftest import NOBODY, write

ADA, HUB = ("User", "ada"), ("Hub", "main")


def in_child(call: Callable[[], object]) -> int:
    """The exit status of a forked process that makes this call and ends as processes end."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            call()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_it_decides_at_once_and_under_names_of_its_own(bundle: Path, tmp_path: Path) -> None:
    names = tmp_path / "names"
    with notegate.Pdp.open(bundle) as pdp:

        def ask() -> None:
            responses = [pdp.authorize(ADA, "hub:login", HUB) for _ in range(100)]
            assert all(response.allowed for response in responses)
            names.write_text(json.dumps([one.decision_id[19:] for one in responses]))

        assert in_child(ask) == 0
        ours = {pdp.authorize(ADA, "hub:login", HUB).decision_id[19:] for _ in range(100)}
        assert ours.isdisjoint(json.loads(names.read_text()))


def test_it_follows_and_tells(bundle: Path) -> None:
    with notegate.Pdp.open(bundle) as pdp:
        events: Queue[notegate.Event] = Queue()
        pdp.watch(events.put)

        def follow() -> None:
            # Used for the first time, it tells that it opened what is there again.
            assert pdp.authorize(ADA, "hub:login", HUB).allowed
            assert events.get(timeout=60).code == "activated"
            write(bundle, NOBODY)
            while events.get(timeout=60).code != "activated":
                pass
            assert pdp.authorize(ADA, "hub:login", HUB).reason == ["closed"]
            pdp.close()

        assert in_child(follow) == 0
        assert events.get(timeout=60).code == "activated"
        assert not pdp.authorize(ADA, "hub:login", HUB).allowed


def test_it_starts_nothing_before_it_is_used(bundle: Path) -> None:
    def threads() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    with notegate.Pdp.open(bundle, records=lambda line: None) as pdp:
        pdp.watch(lambda event: None)

        def use() -> None:
            assert threads() == 1
            assert not pdp.closed
            assert pdp.status.name
            assert threads() > 1

        def use_further_down() -> None:
            assert in_child(use) == 0

        assert in_child(use) == 0
        assert in_child(use_further_down) == 0


def test_it_records_and_writes_nothing_twice(bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    with notegate.Pdp.open(bundle, records=file, watch=False) as pdp:
        ours = [pdp.authorize(ADA, "hub:login", HUB).decision_id for _ in range(500)]

        def record() -> None:
            for _ in range(500):
                pdp.authorize(("User", "child"), "hub:login", HUB)
            pdp.close()

        assert in_child(record) == 0
        ours += [pdp.authorize(ADA, "hub:login", HUB).decision_id for _ in range(10)]
    records = [json.loads(line) for line in file.read_text().splitlines()]
    by = [record["request"]["principal"]["id"] for record in records]
    assert (by.count("ada"), by.count("child")) == (510, 500)
    assert [one["decision_id"] for one in records if one["decision_id"] in ours] == ours
    assert len({record["decision_id"] for record in records}) == 1010


def test_one_left_open_does_not_hold_up_the_end_of_a_child(bundle: Path) -> None:
    with notegate.Pdp.open(bundle, records=lambda line: None) as pdp:
        pdp.authorize(ADA, "hub:login", HUB)

        def leave() -> None:
            pdp.close()
            assert pdp.closed

        assert in_child(leave) == 0
        assert in_child(lambda: in_child(lambda: pdp.authorize(ADA, "hub:login", HUB))) == 0
