"""URLs and bodies through the Python door."""

from datetime import timedelta

import pytest
from notegate import NotegateError, Uid, jupyter


def test_a_path_is_read_for_the_default_server_and_for_a_named_one() -> None:
    readings = jupyter.Mapper().read("GET", "/user/ada/files/x.csv")
    assert [(one.action, one.resource) for one in readings] == [
        ("contents:download", Uid("File", "ada//x.csv")),
        ("server:other", Uid("Server", "ada/files")),
    ]
    assert readings[0].context["server"] == Uid("Server", "ada/")
    assert readings[0].entities[0].uid == Uid("File", "ada//x.csv")


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
    assert reading.needs == ["body"]
    [narrowed] = reading.with_body(b'{"name": "ir"}')
    assert (narrowed.action, narrowed.resource) == ("kernel:start", Uid("KernelSpec", "ir"))
    with pytest.raises(jupyter.RouteError):
        reading.with_body(b'{"name": "ir", "name": "python3"}')
    [token] = jupyter.Mapper().read("POST", "/hub/api/users/ada/tokens")
    [issued] = token.with_body(b'{"expires_in": 90.5, "scopes": ["self"]}')
    assert issued.context == {"lifetime": timedelta(seconds=90.5), "scopes": {"self"}}


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
