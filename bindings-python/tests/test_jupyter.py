"""URLs and bodies through the Python door."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from notegate import NotegateError, Uid, jupyter

CORPUS = Path(__file__).parents[2] / "core" / "tests" / "urls"
SITES = {
    "hub": jupyter.Mapper(),
    "below": jupyter.Mapper("/jhub/"),
    "server": jupyter.Mapper(owner="ada"),
    "gateway": jupyter.Mapper(gateway="eg"),
}


def lines(name: str) -> Iterator[dict[str, Any]]:
    yield from json.loads((CORPUS / name).read_text())


def asked(line: dict[str, Any]) -> Any:
    """As the corpus writes it: `refused`, `public`, or actions with what they are taken on."""
    mapper, websocket = SITES[line["site"]], line.get("websocket", False)
    try:
        readings = mapper.read(line["method"], line["target"], "ada", websocket)
    except jupyter.RouteError:
        return "refused"
    if [one.public for one in readings] == [True]:
        return "public"
    return [[one.action, one.resource] for one in readings]


def expected(line: dict[str, Any]) -> Any:
    def uid(text: str) -> Uid:
        kind, _, quoted = text.removeprefix("Notebook::").partition("::")
        return Uid(kind, json.loads(quoted.replace("\\'", "'")))

    if isinstance(line["asked"], str):
        return line["asked"]
    return [[action, uid(resource)] for action, resource in line["asked"]]


@pytest.mark.parametrize(("name", "least"), [("routes.json", 300), ("attacks.json", 150)])
def test_urls_are_read_here_as_in_the_library(name: str, least: int) -> None:
    differences = [line for line in lines(name) if asked(line) != expected(line)]
    assert not differences
    assert sum(1 for _ in lines(name)) > least


def test_a_path_is_read_for_the_default_server_and_for_a_named_one() -> None:
    readings = jupyter.Mapper().read("GET", "/user/ada/files/x.csv")
    assert [(one.action, one.resource) for one in readings] == [
        ("contents:download", Uid("File", "ada//x.csv")),
        ("server:other", Uid("Server", "ada/files")),
    ]
    assert readings[0].context["server"] == Uid("Server", "ada/")
    assert readings[0].attributes[Uid("File", "ada//x.csv")]["owner"] == Uid("User", "ada")


def test_what_is_for_everybody_asks_nothing() -> None:
    [reading] = jupyter.Mapper().read("GET", "/hub/login")
    assert reading.public and reading.resource is None and reading.context == {}
    assert [one.public for one in reading.with_body(b"{}")] == [True]


@pytest.mark.parametrize(
    "target",
    [
        "/user/ada/../bob/lab",
        "/user/ada/%2e%2e/bob",
        "//hub",
        "/hub/api%2Fusers",
        "/a%252Fb",
        "/hub/api/nothing",
    ],
)
def test_what_could_be_read_otherwise_is_refused(target: str) -> None:
    with pytest.raises(jupyter.RouteError) as refused:
        jupyter.Mapper().read("GET", target)
    assert refused.value.code == "request.route"
    assert isinstance(refused.value, NotegateError)


def test_a_body_says_what_is_asked_for() -> None:
    [reading] = jupyter.Mapper(owner="ada").read("POST", "/user/ada/api/kernels")
    assert reading.needs == ("kernel_name",)
    [narrowed] = reading.with_body(b'{"name": "ir"}')
    assert (narrowed.action, narrowed.resource) == ("kernel:start", Uid("KernelSpec", "ir"))
    with pytest.raises(jupyter.RouteError):
        reading.with_body(b'{"name": "ir", "name": "python3"}')
    [token] = jupyter.Mapper().read("POST", "/hub/api/users/ada/tokens")
    [issued] = token.with_body(b'{"expires_in": 90.5, "scopes": ["self"]}')
    assert issued.context == {"lifetime": timedelta(seconds=90.5), "scopes": {"self"}}


def test_how_much_is_written_is_read_of_what_is_measured() -> None:
    [reading] = jupyter.Mapper(owner="ada").read("PUT", "/user/ada/api/contents/a.bin")
    body = b'{"type": "file", "format": "base64", "content": "YWJj", "chunk": 2}'
    assert reading.needs == ()
    assert "bytes" not in reading.with_body(body)[0].context
    assert reading.measured().needs == ("content",)
    [measured] = reading.measured().with_body(body)
    assert (measured.context["bytes"], measured.context["chunk"]) == (3, 2)
    [other] = jupyter.Mapper(owner="ada").read("GET", "/user/ada/lab")
    assert other.measured().needs == ()


def test_a_terminals_own_command_is_known() -> None:
    [reading] = jupyter.Mapper(owner="ada").read("POST", "/user/ada/api/terminals")
    assert reading.needs == ("terminal",)
    body = b'{"shell_command": ["sh", "-c", "id; w"], "extra_env": {"PATH": "/tmp"}, "cwd": "a", "name": "1"}'
    [opened] = reading.with_body(body)
    assert opened.context == {
        "server": Uid("Server", "ada/"),
        "command": "sh -c 'id; w'",
        "program": "sh",
        "environment": {"PATH"},
        "directory": "a",
        "name": "1",
    }


def test_only_the_paths_of_ones_own_server_are_read() -> None:
    mapper = jupyter.Mapper("/jhub/", owner="ada", server_name="gpu")
    [reading] = mapper.read("GET", "/jhub/user/ada/gpu/lab", websocket=False)
    assert reading.action == "ui:view"
    for target in ["/jhub/user/ada/lab", "/user/ada/gpu/lab", "/jhub/user/adam/gpu/lab"]:
        with pytest.raises(jupyter.RouteError):
            mapper.read("GET", target)


def test_a_message_is_told_by_its_type() -> None:
    message = jupyter.Message("execute_request", '{"code": "1", "silent": true}')
    assert (message.action, message.context) == ("kernel:execute", {"code": "1", "silent": True})
    with pytest.raises(jupyter.RouteError):
        jupyter.Message("made_up", "{}")


def test_expressions_beside_a_cell_are_code() -> None:
    content = '{"code": "", "silent": true, "user_expressions": {"a": "f()"}}'
    message = jupyter.Message("execute_request", content)
    assert message.context == {"code": "\nf()", "userExpressions": {"f()"}, "silent": True}
