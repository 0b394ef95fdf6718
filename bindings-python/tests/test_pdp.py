"""What is peculiar to this door."""

import copy
import gc
import json
import pickle
import random
import subprocess
import sys
import threading
import weakref
from datetime import datetime, timedelta, timezone
from ipaddress import IPv4Address
from pathlib import Path
from queue import Queue
from typing import Any

import notegate
import pytest
from conftest import NOBODY, until, write

ADA, SERVER = ("User", "ada"), ("Server", "ada/")
HUB = ("Hub", "main")


def test_a_response_says_what_was_decided_and_is_no_boolean(bundle: Path) -> None:
    with notegate.Pdp.open(bundle, watch=False) as pdp:
        allowed = pdp.authorize(ADA, "hub:login", HUB)
        assert (allowed.allowed, allowed.reason, allowed.errors) == (True, ["login"], [])
        assert allowed.revision == pdp.status.revision
        assert len(allowed.decision_id) == 36 and not allowed.expired
        assert "allow" in repr(allowed) and "login" in repr(allowed)
        with pytest.raises(TypeError, match=r"response\.allowed"):
            bool(allowed)
        denied = pdp.authorize(ADA, "server:start", SERVER)
        assert (denied.allowed, denied.reason, denied.message) == (False, [], None)
        assert denied.decision_id != allowed.decision_id


def test_what_the_schema_does_not_know_is_refused_in_the_words_of_the_library(
    baseline: notegate.Pdp,
) -> None:
    # Its own moment each time would be told in the words.
    now = {"now": datetime(2026, 11, 25, tzinfo=timezone.utc)}
    wrong: list[Any] = [
        (ADA, "hub:explode", HUB),
        (HUB, "hub:login", HUB),
        (ADA, "hub:login", SERVER),
        (ADA, "hub:login", HUB, now | {"sudo": True}),
        (ADA, "hub:login", HUB, now | {"mfa": "yes"}),
        (ADA, "hub:login", HUB, now | {"onBehalfOf": notegate.Uid("Hub", "x")}),
        (("Nonsense", "x"), "hub:login", HUB),
    ]
    for question in wrong:
        with pytest.raises(notegate.RequestError) as one:
            baseline.authorize(*question)
        with pytest.raises(notegate.RequestError) as batch:
            baseline.authorize_batch([question])
        # Entities of its own take the other way through the library.
        with pytest.raises(notegate.RequestError) as whole:
            baseline.authorize(*question, entities=[])
        assert str(one.value) == str(whole.value) == str(batch.value)
        assert one.value.code == whole.value.code == "request.schema"
    with pytest.raises(notegate.RequestError) as error:
        baseline.authorize(("no type", "x"), "hub:login", HUB)
    assert error.value.code == "request.entity_uid"
    with pytest.raises(notegate.RequestError) as error:
        baseline.authorize(("User", "x" * 4097), "hub:login", HUB)
    assert error.value.code == "request.limit"


def test_the_quick_way_refuses_what_the_whole_way_refuses(baseline: notegate.Pdp) -> None:
    drawn = random.Random(20_261_125)
    types = ["User", "Group", "Server", "Hub", "Service", "Kernel", "File", "Notebook::Pod", "X"]
    actions = ["hub:login", "server:start", "kernel:execute", "contents:read", "pod:create", "x"]
    names = ["now", "mfa", "authAge", "sourceIp", "onBehalfOf", "purpose", "sensitivity", "scopes"]
    values: list[Any] = [
        datetime(2026, 1, 1, tzinfo=timezone.utc),
        True,
        timedelta(1),
        IPv4Address("10.0.0.1"),
        "x",
        1,
        notegate.Uid("User", "ada"),
        notegate.Uid("Hub", "x"),
        ["a"],
        [1],
        ["a", 1],
        [],
        {"rank": 1, "label": "internal"},
        {"rank": 1},
        {"rank": "1", "label": "x"},
        {},
    ]

    def told(question: Any, **more: Any) -> object:
        try:
            response = baseline.authorize(*question, **more)
        except notegate.RequestError as error:
            return str(error)
        return response.allowed, response.reason, [error.message for error in response.errors]

    refused = 0
    for _ in range(3_000):
        context = {name: drawn.choice(values) for name in drawn.sample(names, drawn.randrange(3))}
        if "now" not in context:
            context["now"] = values[0]
        principal, resource = ((drawn.choice(types), "ada") for _ in range(2))
        question = (principal, drawn.choice(actions), resource, context)
        assert told(question) == told(question, entities=[]), question
        refused += isinstance(told(question), str)
    assert 0 < refused < 3_000


@pytest.mark.parametrize(
    "id", ["", 'x"] || true', "a\nb\0c", "\u202eabc", "ada", 'Notebook::User::"ada"', "☃" * 1000]
)
def test_an_id_is_one_id_whatever_it_holds(baseline: notegate.Pdp, id: str) -> None:
    uid = notegate.Uid("User", id)
    assert (uid.type, uid.id) == ("Notebook::User", id)
    assert uid == notegate.Uid("Notebook::User", id) != notegate.Uid("Group", id)
    assert hash(uid) == hash(copy.copy(uid)) and pickle.loads(pickle.dumps(uid)) == uid
    handle = baseline.prepare("User", id)
    answers = [
        baseline.authorize(who, "server:start", ("Server", "ada/"), {"mfa": True}).reason
        for who in (("User", id), ("Notebook::User", id), uid, handle)
    ]
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("principal", ["ada", ("User",), ("User", 1), ["User", "ada"], None])
def test_what_is_no_uid_is_a_type_error(baseline: notegate.Pdp, principal: Any) -> None:
    with pytest.raises(TypeError, match="principal"):
        baseline.authorize(principal, "hub:login", HUB)


def test_a_batch_is_decided_as_one_after_the_other(baseline: notegate.Pdp) -> None:
    handle = baseline.prepare("Server", "ada/")
    questions: list[Any] = [
        (ADA, "server:start", SERVER),
        (ADA, "server:start", handle, {"mfa": True}),
        (("User", "nobody"), "server:stop", notegate.Uid("Server", "ada/"), None),
    ] * 50
    batch = baseline.authorize_batch(questions)
    single = [baseline.authorize(*question) for question in questions]
    assert [one.reason for one in batch] == [one.reason for one in single]
    assert len({one.decision_id for one in batch + single}) == 300
    with pytest.raises(TypeError, match=r"questions\[1\]"):
        baseline.authorize_batch([questions[0], "x"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"principal\[1\]: expected a str, not `int`"):
        baseline.authorize_batch([questions[0], (("User", 1), "server:start", SERVER), "x"])  # type: ignore[list-item]
    assert baseline.authorize_batch(iter(questions[:2]))[1].reason == single[1].reason
    assert baseline.authorize_batch([]) == []


def test_permitted_names_what_each_decision_allows(baseline: notegate.Pdp) -> None:
    permitted = baseline.permitted(ADA, "profile:use", "Profile")
    assert permitted
    for profile in permitted:
        assert baseline.authorize(ADA, "profile:use", profile).allowed
    with pytest.raises(notegate.RequestError):
        baseline.permitted(ADA, "profile:use", "Nonsense")


def test_a_bad_bundle_is_refused_with_its_place_and_the_last_good_stays(bundle: Path) -> None:
    with notegate.Pdp.open(bundle, watch=False) as pdp:
        before = pdp.status.revision
        write(bundle, "permit (principal, action resource);")
        with pytest.raises(notegate.LoadError) as error:
            pdp.activate(bundle)
        (problem, *_) = error.value.problems
        assert (error.value.code, problem.line) == ("policy.syntax", 1)
        assert problem.file == "policies.cedar" and problem.code == "policy.syntax"
        assert pdp.status.revision == before and pdp.authorize(ADA, "hub:login", HUB).allowed
        write(bundle, NOBODY)
        assert pdp.activate(bundle) == pdp.status.revision != before
        denied = pdp.authorize(ADA, "hub:login", HUB)
        assert (denied.reason, denied.message) == (["closed"], "Closed today.")


def test_a_bundle_that_is_not_there_is_a_load_error(tmp_path: Path) -> None:
    for place in (tmp_path / "none", str(tmp_path / "none"), b"not a bundle", "ftp://host/x"):
        with pytest.raises(notegate.LoadError) as error:
            notegate.Pdp.open(place)
        assert isinstance(error.value, notegate.NotegateError) and error.value.code
    with pytest.raises(ValueError, match="on_expiry"):
        notegate.Pdp.open(tmp_path, on_expiry="perhaps")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="bundle"):
        notegate.Pdp.open(1)  # type: ignore[arg-type]


def test_a_packed_signed_bundle_opens_from_a_path_and_from_bytes(
    bundle: Path, tmp_path: Path
) -> None:
    def run(*arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "notegate", "bundle", *arguments], check=True)

    secret, public, packed = (str(tmp_path / name) for name in ("key.pem", "pub.pem", "packed"))
    run("keygen", secret, "--public", public)
    run("pack", str(bundle), "--output", packed, "--key", secret)
    content = Path(packed).read_bytes()
    for given in (packed, Path(packed), content):
        with notegate.Pdp.open(given, keys=[public], watch=False) as pdp:
            assert pdp.authorize(ADA, "hub:login", HUB).allowed
            assert len(pdp.status.signed_by) == 1
            with pytest.raises(notegate.LoadError):
                pdp.activate(bundle)
    with pytest.raises(notegate.LoadError):
        notegate.Pdp.open(bundle, keys=[public])
    with pytest.raises(notegate.LoadError):
        notegate.Pdp.open(content.replace(b"hub:login", b"hub:admin"), keys=[public])


def test_what_is_followed_comes_into_force_and_events_tell(bundle: Path) -> None:
    events: Queue[notegate.Event] = Queue()
    with notegate.Pdp.open(bundle) as pdp:
        pdp.watch(events.put)
        write(bundle, NOBODY)
        pdp.look()
        event = events.get(timeout=60)
        assert event.code == "activated" and event.revision == pdp.status.revision
        assert json.loads(event.to_json())["part"] == "bundle"
        assert not pdp.authorize(ADA, "hub:login", HUB).allowed
        write(bundle, "nonsense")
        pdp.look()
        assert events.get(timeout=60).code == "refused"
        # It is told at once, and stands when all places were looked at.
        until(lambda: pdp.status.last_error, "the status tells")
        assert pdp.status.consecutive_failures >= 1
        assert pdp.authorize(ADA, "hub:login", HUB).reason == ["closed"]


def test_an_observer_may_ask_and_activate(bundle: Path) -> None:
    done: Queue[bool] = Queue()
    with notegate.Pdp.open(bundle, watch=False) as pdp:

        def tell(event: notegate.Event) -> None:
            if pdp.authorize(ADA, "hub:login", HUB).allowed:
                done.put(True)
            else:
                write(bundle, LOGIN_AGAIN)
                pdp.activate(bundle)

        pdp.watch(tell)
        write(bundle, NOBODY)
        pdp.activate(bundle)
        assert done.get(timeout=60)


LOGIN_AGAIN = '@id("again") permit (principal, action, resource);'


def test_records_go_to_a_file_and_to_a_callable(bundle: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    file = tmp_path / "records.jsonl"
    response = None
    for to in (file, lines.append):
        with notegate.Pdp.open(bundle, watch=False, records=to) as pdp:
            response = pdp.authorize(ADA, "hub:login", HUB, {"mfa": True})
            pdp.authorize_batch([(ADA, "hub:login", HUB)])
    written = file.read_text().splitlines()
    assert len(written) == len(lines) == 2
    record = json.loads(lines[0])
    assert response is not None
    assert record["decision_id"] == response.decision_id
    assert record["request"]["context"]["mfa"] is True and "now" in record["request"]["context"]
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(notegate.LoadError, match="no/where"):
        notegate.Pdp.open(bundle, records="/no/where")


def test_records_that_wait_are_written_when_python_ends(bundle: Path, tmp_path: Path) -> None:
    code = (
        "import notegate, sys\n"
        "pdp = notegate.Pdp.open(sys.argv[1], records=sys.argv[2])\n"
        "for _ in range(1000): pdp.authorize(('User', 'a'), 'hub:login', ('Hub', 'm'))\n"
    )
    file = tmp_path / "records.jsonl"
    subprocess.run([sys.executable, "-c", code, str(bundle), str(file)], check=True, timeout=120)
    assert len(file.read_text().splitlines()) == 1000


def test_a_closed_one_decides_nothing(bundle: Path) -> None:
    with notegate.Pdp.open(bundle) as pdp:
        assert not pdp.closed
    pdp.close()
    assert pdp.closed and "closed" in repr(pdp)
    for ask in (
        lambda: pdp.authorize(ADA, "hub:login", HUB),
        lambda: pdp.authorize_batch([]),
        lambda: pdp.status,
        lambda: pdp.prepare("User", "x"),
    ):
        with pytest.raises(notegate.NotegateError, match="closed"):
            ask()


def test_one_that_nobody_holds_any_more_ends_its_threads(bundle: Path) -> None:
    lines: list[str] = []
    pdp = notegate.Pdp.open(bundle, records=lines.append)
    gone = weakref.ref(pdp)
    pdp.authorize(ADA, "hub:login", HUB)
    del pdp
    gc.collect()
    assert gone() is None and len(lines) == 1


def test_its_configuration_is_what_is_pickled(bundle: Path) -> None:
    with notegate.Pdp.open(bundle, watch=False, errors="cedar") as pdp:
        write(bundle, NOBODY)
        with pickle.loads(pickle.dumps(pdp)) as again:
            assert not again.authorize(ADA, "hub:login", HUB).allowed
            assert again.status.source is None
        assert pdp.authorize(ADA, "hub:login", HUB).allowed


def test_threads_ask_while_bundles_come_and_go(bundle: Path) -> None:
    with notegate.Pdp.open(bundle, watch=False, cross_check=7) as pdp:
        revisions = {pdp.status.revision: ["login"]}
        write(bundle, NOBODY)
        with notegate.Pdp.open(bundle, watch=False) as other:
            revisions[other.status.revision] = ["closed"]
        stop = threading.Event()
        wrong: list[notegate.Response] = []

        def ask() -> None:
            handle = pdp.prepare("User", "ada")
            while not stop.is_set():
                responses = [pdp.authorize(handle, "hub:login", HUB, {"mfa": True})]
                responses += pdp.authorize_batch([(ADA, "hub:login", HUB)] * 3)
                wrong.extend(one for one in responses if one.reason != revisions[one.revision])

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for turn in range(20):
            write(
                bundle,
                NOBODY
                if turn % 2
                else '@id("login") permit (principal, action == '
                'Notebook::Action::"hub:login", resource);',
            )
            pdp.activate(bundle)
        stop.set()
        for thread in threads:
            thread.join()
        assert wrong == [] and pdp.status.mismatches == 0


def test_a_value_may_ask_while_it_is_read(baseline: notegate.Pdp) -> None:
    from datetime import datetime, timedelta, tzinfo

    class Asking(tzinfo):
        def utcoffset(self, at: datetime | None) -> timedelta:
            assert baseline.authorize(ADA, "server:start", SERVER, {"mfa": True}).decision_id
            return timedelta(0)

        def dst(self, at: datetime | None) -> None:
            return None

        def tzname(self, at: datetime | None) -> None:
            return None

    now = datetime(2026, 1, 1, tzinfo=Asking())
    context = {"purpose": "x" * 100, "now": now, "ticket": "y" * 100}
    assert baseline.authorize(ADA, "server:start", SERVER, context).errors == []
