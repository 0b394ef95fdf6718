"""Who is believed: tokens, certificates, hops; and who is not."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import jwt
import pytest
from certificates import Authority
from conftest import Start
from envoy import Listening
from tokens import Issuer
from upstreams import Recorder

from configs import Json

STATUS = "/user/ada/api/status"


@pytest.fixture(scope="module")
def upstream() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def by_token(start: Start, base: Json, upstream: Recorder) -> Listening:
    return start(base, upstream.port)


def test_a_token_that_the_proxy_verified_says_who_asks(by_token: Listening, issuer: Issuer) -> None:
    def status(**claims: object) -> int:
        headers = {"authorization": f"Bearer {issuer.token(**claims)}"}
        return httpx.get(by_token.url + STATUS, headers=headers).status_code

    assert status(sub="ada") == 200
    assert status(sub="bob") == 403
    assert status(sub='ada" || true') == 403
    assert status(name="ada") == 401
    # A number is not a name, nor a list one.
    assert status(sub=["ada"]) in (400, 401)


def test_a_token_that_is_not_the_issuers_is_refused_by_the_proxy(
    by_token: Listening, issuer: Issuer
) -> None:
    claims = {"iss": issuer.name, "aud": "hub", "sub": "ada", "exp": 4_000_000_000}
    unsigned = jwt.encode(claims, None, algorithm="none")  # type: ignore[arg-type]
    other = Issuer().token(sub="ada")
    slash = issuer.token(sub="ada", iss=f"{issuer.name}/")
    old = issuer.token(sub="ada", exp=1)
    for token in [unsigned, other, slash, old, "x.y.z"]:
        answer = httpx.get(by_token.url + STATUS, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code in (401, 403), token


def test_what_a_client_says_of_itself_is_nothing(by_token: Listening) -> None:
    for name in [
        "x-forwarded-user",
        "x-remote-user",
        "x-auth-request-user",
        "x-jwt-payload",
        "cookie",
    ]:
        answer = httpx.get(by_token.url + STATUS, headers={name: "ada"})
        assert answer.status_code == 401, name


def test_groups_and_services_of_tokens(
    start: Start, issuer: Issuer, base: Json, upstream: Recorder
) -> None:
    policy = """
        @id("staff") permit (principal in Notebook::Group::"staff", action, resource);
        @id("culler") permit (principal == Notebook::Service::"culler",
            action in [Notebook::Action::"server:readStatus", Notebook::Action::"server:other"], resource);
    """
    claims = {"user": "sub", "groups": ["realm_access", "roles"], "service": "client_id"}
    members = {"bundle": {"members": {"a.cedar": policy}}, "keys": []}
    envoy = start({**base, **members, "identity": [{"jwt": claims}]}, upstream.port)

    def status(**claims: object) -> int:
        headers = {"authorization": f"Bearer {issuer.token(**claims)}"}
        return httpx.get(envoy.url + STATUS, headers=headers).status_code

    assert status(sub="eve", realm_access={"roles": ["user", "staff"]}) == 200
    assert status(sub="eve", realm_access={"roles": ["user"]}) == 403
    assert status(sub="eve") == 403
    assert status(client_id="culler") == 200
    assert status(client_id="other") == 403
    assert status(sub="eve", client_id="culler") == 403


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def client(
    envoy: Listening, authority: Authority, certificate: tuple[Path, Path] | None
) -> httpx.Client:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if certificate is not None:
        context.load_cert_chain(*map(str, certificate))
    return httpx.Client(base_url=f"https://localhost:{envoy.port}", verify=context)


def test_a_certificate_says_who_asks(
    start: Start, base: Json, upstream: Recorder, authority: Authority
) -> None:
    peers = [
        {"uri_prefix": "spiffe://example.org/user/", "as": "user"},
        {"subject": "CN=ada of the subject", "as": "user", "name": "ada"},
    ]
    configuration = {**base, "identity": [{"mtls": {"peers": peers}}]}
    envoy = start(configuration, upstream.port, tls=authority.listener(required=False))

    def status(certificate: tuple[Path, Path] | None) -> int:
        with client(envoy, authority, certificate) as one:
            return one.get(STATUS).status_code

    assert status(authority.issue("a", uri="spiffe://example.org/user/ada")) == 200
    assert status(authority.issue("b", uri="spiffe://example.org/user/bob")) == 403
    assert status(authority.issue("c", uri="spiffe://example.org/user/ada/x")) == 401
    assert status(authority.issue("d", uri="spiffe://example.com/user/ada")) == 401
    assert status(authority.issue("ada of the subject")) == 200
    assert status(None) == 401
    with pytest.raises(httpx.TransportError):
        other = Authority(authority.folder / "other")
        status(other.issue("e", uri="spiffe://example.org/user/ada"))


def test_a_header_counts_from_the_hop_that_is_named(
    start: Start, base: Json, upstream: Recorder, authority: Authority
) -> None:
    hop = "spiffe://example.org/edge"
    header = {"name": "x-forwarded-user", "hop": {"uri": hop}}
    configuration = {**base, "identity": [{"header": header}]}
    envoy = start(configuration, upstream.port, tls=authority.listener(required=True))
    edge, other = authority.issue("edge", uri=hop), authority.issue("x", uri=f"{hop}/x")
    upstream.requests.clear()
    with client(envoy, authority, edge) as one:
        assert one.get(STATUS, headers={"x-forwarded-user": "ada"}).status_code == 200
        assert one.get(STATUS, headers={"x-forwarded-user": "bob"}).status_code == 403
        assert one.get(STATUS, headers={"x-forwarded-user": "ada, bob"}).status_code == 400
        twice = httpx.Headers([("x-forwarded-user", "ada"), ("x-forwarded-user", "bob")])
        assert one.get(STATUS, headers=twice).status_code == 400
    with client(envoy, authority, other) as one:
        assert one.get(STATUS, headers={"x-forwarded-user": "ada"}).status_code == 401
        assert one.get("/hub/login", headers={"x-forwarded-user": "ada"}).status_code == 200
    names = [set(seen["headers"]) for seen in upstream.requests]  # type: ignore[call-overload]
    assert ["x-forwarded-user" in seen for seen in names] == [True, False]
