"""Every case of every bundle, through the Python door."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import notegate
import pytest
from conftest import POLICIES

UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
DURATIONS = {"authAge", "idleFor", "upFor", "lifetime"}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def duration(text: str) -> timedelta:
    parts = re.findall(r"(\d+)(ms|[dhms])", text)
    return timedelta(milliseconds=sum(int(number) * UNITS[unit] for number, unit in parts))


def value(name: str, given: Any) -> Any:
    if name == "now":
        return moment(given)
    if name in DURATIONS:
        return duration(given)
    if name == "sourceIp":
        return ip_network(given) if "/" in given else ip_address(given)
    return plain(given)


def plain(given: Any) -> Any:
    if isinstance(given, dict) and given.keys() == {"type", "id"}:
        return notegate.Uid(given["type"], given["id"])
    if isinstance(given, dict):
        return {name: plain(one) for name, one in given.items()}
    return [plain(one) for one in given] if isinstance(given, list) else given


def uid(given: Any) -> notegate.Uid:
    if isinstance(given, dict):
        return notegate.Uid(given["type"], given["id"])
    found = re.fullmatch(r'(.+)::("(?:[^"\\]|\\.)*")', given, re.DOTALL)
    assert found, given
    id = re.sub(r"\\u\{(\w+)\}", lambda code: json.dumps(chr(int(code[1], 16)))[1:-1], found[2])
    return notegate.Uid(found[1], json.loads(id.replace("\\0", "\\u0000").replace("\\'", "'")))


def cases(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((folder / "tests").glob("*.json")):
        for case in json.loads(file.read_text()):
            entities = case.get("entities")
            if entities is None:
                text = (folder / "entities.json").read_text()
            elif isinstance(entities, str):
                text = (folder / "tests" / entities).read_text()
            else:
                text = json.dumps(entities)
            yield text, case


def ask(pdp: notegate.Pdp, case: dict[str, Any]) -> notegate.Response:
    request = case["request"]
    action = uid(request["action"]) if '"' in str(request["action"]) else request["action"]
    context = {name: value(name, one) for name, one in request.get("context", {}).items()}
    # The shipped actions by their name alone, as everybody writes them.
    if isinstance(action, notegate.Uid) and action.type == "Notebook::Action":
        action = action.id
    question = (uid(request["principal"]), action, uid(request["resource"]), context)
    response = pdp.authorize(*question)
    # With entities, be they none, it is decided as a whole request.
    whole = pdp.authorize(*question, entities=[])
    (batch,) = pdp.authorize_batch([question])
    for other in (whole, batch):
        assert (other.allowed, other.reason) == (response.allowed, response.reason)
        assert (other.message, other.obligations) == (response.message, response.obligations)
    return response


@pytest.mark.parametrize("evaluator", ["compiled", "reference"])
@pytest.mark.parametrize("name", ["baseline", "classroom", "minimal", "regulated"])
def test_every_case_of_the_bundle_is_decided_as_it_says(
    name: str, evaluator: Any, tmp_path: Path
) -> None:
    folder = shutil.copytree(POLICIES / name, tmp_path / name)
    by_entities: dict[str, list[dict[str, Any]]] = {}
    for text, case in cases(folder):
        by_entities.setdefault(text, []).append(case)
    decided = 0
    for text, group in by_entities.items():
        (folder / "entities.json").write_text(text)
        with notegate.Pdp.open(folder, watch=False, evaluator=evaluator) as pdp:
            for case in group:
                response = ask(pdp, case)
                assert response.allowed == (case["decision"] == "allow"), case["name"]
                if "reason" in case:
                    assert sorted(response.reason) == sorted(case["reason"]), case["name"]
                if "message" in case:
                    assert response.message == case["message"], case["name"]
                if "obligations" in case:
                    assert response.obligations == case["obligations"], case["name"]
                assert len(response.errors) == case.get("num_errors", 0), case["name"]
                decided += 1
    assert decided > 10
