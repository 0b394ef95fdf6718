"""What a value of Python is to a policy, and what is none."""

from collections import OrderedDict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_interface
from pathlib import Path
from typing import Any, NamedTuple

import notegate
import pytest

SCHEMA = """
namespace Lab {
  entity Thing in [Thing] { note?: String, of?: Thing } tags String;
  action look appliesTo { principal: [Notebook::User], resource: [Thing], context: {
    now?: datetime, text?: String, number?: Long, truth?: Bool, address?: ipaddr, moment?: datetime,
    length?: duration, exact?: decimal, names?: Set<String>, who?: Notebook::User,
    deep?: { inner?: { name?: String, sizes?: Set<Long> } }
  } };
}
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text('{"name": "lab", "sequence": 1, "model": "notebook/1"}')
    (tmp_path / "schema.cedarschema").write_text(SCHEMA)
    return tmp_path


LOOK = notegate.Uid("Lab::Action", "look")
THING = notegate.Uid("Lab::Thing", "t")
ADA = ("User", "ada")


def holds(lab: Path, condition: str, context: dict[str, Any], **more: Any) -> bool:
    """Whether the condition holds of this context, told alike by both evaluators."""
    (lab / "policies.cedar").write_text(
        '@id("it") permit (principal, action == Lab::Action::"look", resource) '
        f"when {{ {condition} }};"
    )
    found = []
    for evaluator in ("compiled", "reference"):
        with notegate.Pdp.open(lab, watch=False, evaluator=evaluator) as pdp:
            response = pdp.authorize(ADA, LOOK, THING, context, **more)
            assert response.errors == []
            found.append(response.allowed)
    assert found[0] == found[1]
    return found[0]


EAST = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        ('a"b\n☃', 'context.text == "a\\"b\\n☃"'),
        (-(2**63), "context.number == -9223372036854775808"),
        (2**63 - 1, "context.number == 9223372036854775807"),
        (True, "context.truth"),
        (False, "!context.truth"),
        (IPv4Address("10.1.2.3"), 'context.address == ip("10.1.2.3")'),
        (IPv6Address("2001:db8::1"), 'context.address == ip("2001:db8::1")'),
        (IPv4Network("10.0.0.0/8"), 'context.address == ip("10.0.0.0/8")'),
        (IPv6Network("2001:db8::/32"), 'context.address.isInRange(ip("2001:db8::/32"))'),
        (
            datetime(2024, 2, 29, 23, 59, 59, 999_999, timezone.utc),
            'context.moment == datetime("2024-02-29T23:59:59.999Z")',
        ),
        (
            datetime(2026, 1, 1, 2, 0, tzinfo=EAST),
            'context.moment == datetime("2025-12-31T20:30:00Z")',
        ),
        (
            datetime(1, 1, 1, tzinfo=timezone.utc),
            'context.moment < datetime("1900-01-01")',
        ),
        (timedelta(days=1, milliseconds=5), 'context.length == duration("1d5ms")'),
        (timedelta(milliseconds=-1), 'context.length == duration("-1ms")'),
        (Decimal("-12.3400"), 'context.exact == decimal("-12.34")'),
        (Decimal("1E+3"), 'context.exact == decimal("1000.0")'),
        (Decimal("0E+99999"), 'context.exact == decimal("0.0")'),
        (["a", "b", "a"], 'context.names == ["b", "a"]'),
        ({"a", "b"}, 'context.names.containsAll(["a", "b"])'),
        (frozenset(), "context.names.isEmpty()"),
        (notegate.Uid("User", "ada"), "context.who == principal"),
        (
            OrderedDict(inner={"name": "x", "sizes": [1, 2]}),
            'context.deep has inner && context.deep.inner has name && context.deep.inner.name == "x"',
        ),
    ],
)
def test_a_value_is_what_it_is_in_the_language(lab: Path, value: object, condition: str) -> None:
    name = condition.removeprefix("!").removeprefix("context.").split(".")[0].split(" ")[0]
    assert holds(lab, f"context has {name} && {condition}", {name: value})
    assert not holds(lab, f"context has {name} && !({condition})", {name: value})


class Name(str):
    __slots__ = ()


class Size(IntEnum):
    BIG = 7


class Pair(NamedTuple):
    type: str
    id: str


def test_what_is_of_a_class_below_is_what_it_is_of_the_class_above(lab: Path) -> None:
    all_there = "context has text && context has number && context has truth"
    condition = f'{all_there} && context.text == "x" && context.number == 7 && context.truth'
    assert holds(lab, condition, {"truth": True, Name("text"): Name("x"), "number": Size.BIG})
    context = OrderedDict(text="x", number=7, truth=True)
    with notegate.Pdp.open(lab, watch=False) as pdp:
        for principal in (Pair(*ADA), Pair("User", Name("ada")), (Name("Notebook::User"), "ada")):
            assert pdp.authorize(principal, LOOK, THING, context).allowed
        with pytest.raises(notegate.RequestError, match="half a character"):
            pdp.authorize(("User", "\ud800"), LOOK, THING, context)
        with pytest.raises(TypeError, match="expected a pair of type and id, not 3 values"):
            pdp.authorize(("User", "ada", ""), LOOK, THING, context)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("context", "place"),
    [
        ({"text": 1.5}, "context.text: `float`"),
        ({"text": None}, "context.text: `NoneType`"),
        ({"text": b"x"}, "context.text: `bytes`"),
        ({"text": date(2026, 1, 1)}, "context.text: `datetime.date`"),
        ({"who": ("User", "ada")}, "context.who: `tuple`"),
        ({"moment": datetime(2026, 1, 1)}, "context.moment: a datetime without a time zone"),
        ({"deep": {"inner": {"sizes": [1, 2.0]}}}, "context.deep.inner.sizes[1]: `float`"),
        ({"deep": {"a b\n": object()}}, 'context.deep["a b\\n"]: `object`'),
        ({"deep": {1: "x"}}, "context.deep: expected keys of type str, not `int`"),
        ({1: "x"}, "context: expected keys of type str, not `int`"),
        ({"address": ip_interface("10.0.0.1/8")}, "context.address: `ipaddress.IPv4Interface`"),
        ([("text", "x")], "context: expected a dict, not `list`"),
    ],
)
def test_what_is_no_value_is_a_type_error_that_names_the_place(
    baseline: notegate.Pdp, context: Any, place: str
) -> None:
    with pytest.raises(TypeError) as error:
        baseline.authorize(ADA, "hub:login", ("Hub", "main"), context)
    assert str(error.value).startswith(place)


@pytest.mark.parametrize(
    ("context", "place"),
    [
        ({"number": 2**63}, "context.number: a number beyond 64 bits"),
        ({"exact": Decimal("1.00001")}, "context.exact: a decimal that does not fit"),
        ({"exact": Decimal("NaN")}, "context.exact: a decimal that is not finite"),
        ({"exact": Decimal("1E+99")}, "context.exact: a decimal that does not fit"),
        ({"text": "\ud800"}, "context.text: a text with half a character"),
        ({"address": IPv6Address("fe80::1%eth0")}, "context.address: an address with a scope"),
    ],
)
def test_a_value_beyond_the_language_is_refused_with_its_place(
    baseline: notegate.Pdp, context: Any, place: str
) -> None:
    with pytest.raises(notegate.RequestError) as error:
        baseline.authorize(ADA, "hub:login", ("Hub", "main"), context)
    assert str(error.value).startswith(place)
    assert error.value.code == "request.context"


def test_a_context_is_bounded_in_depth_and_in_size(baseline: notegate.Pdp) -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"x": deep}
    endless: list[Any] = []
    endless.append(endless)
    for context in (deep, {"x": endless}, {"x": "y" * (1 << 20)}, {"x": [1] * 200_000}):
        with pytest.raises(notegate.RequestError) as error:
            baseline.authorize(ADA, "hub:login", ("Hub", "main"), context)
        assert error.value.code == "request.limit"


def test_entities_and_attributes_are_sent_with_a_question(lab: Path) -> None:
    thing = notegate.Entity(
        THING, {"note": "mine", "of": notegate.Uid("Lab::Thing", "u")}, [("Lab::Thing", "box")]
    )
    box = ("Lab::Thing", "box")
    assert holds(lab, 'resource has note && resource.note == "mine"', {}, entities=[thing])
    assert holds(lab, 'resource in Lab::Thing::"box"', {}, entities=[thing])
    over = {THING: {"note": "other"}}
    assert holds(
        lab, 'resource has note && resource.note == "other"', {}, entities=[thing], attributes=over
    )
    tagged = notegate.Entity(THING, tags={"team": "red"})
    assert holds(
        lab, 'resource.hasTag("team") && resource.getTag("team") == "red"', {}, entities=[tagged]
    )
    assert notegate.Entity(box) == notegate.Entity(box)
    assert notegate.Entity(box).uid == notegate.Uid(*box)
    with pytest.raises(notegate.RequestError, match="sent twice"):
        holds(lab, "true", {}, entities=[tagged, thing])
    with pytest.raises(notegate.RequestError):
        holds(lab, "true", {}, attributes={THING: {"nonsense": 1}})
    with pytest.raises(TypeError, match=r"entities: expected `notegate\.Entity`"):
        holds(lab, "true", {}, entities=["x"])
