"""The hub that the tests ask."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from fake_kubernetes import FakeKubernetes
from kubespawner_hub import HERE, Hub, bundle, free_ports, kubeconfig


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    kubernetes = FakeKubernetes()
    public, inner, proxy = free_ports(3)
    token, records = secrets.token_hex(16), folder / "records.jsonl"
    environment = {
        **os.environ,
        "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
        "KUBECONFIG": str(kubeconfig(folder, kubernetes)),
        "TEST_BUNDLE": str(bundle(folder)),
        "TEST_FOLDER": str(folder),
        "TEST_HUB_PORT": str(inner),
        "TEST_KUBERNETES": kubernetes.address,
        "TEST_POD_PORT": str(kubernetes.pod_port),
        "TEST_PROXY_PORT": str(proxy),
        "TEST_PUBLIC_PORT": str(public),
        "TEST_RECORDS": str(records),
        "TEST_TOKEN": token,
    }
    command = [sys.executable, "-m", "jupyterhub", "-f", str(HERE / "jupyterhub_config.py")]
    with (folder / "hub.log").open("w+") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            if "JupyterHub is now running" in line:
                break
        else:
            log.seek(0)
            pytest.fail("the hub did not start:\n" + log.read())
        drain = subprocess.Popen(["cat"], stdin=process.stdout, stdout=log)
        try:
            yield Hub(f"http://127.0.0.1:{public}", token, kubernetes, records)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
            drain.wait()
            kubernetes.stop()
            log.seek(0)
            print(log.read())


@pytest.fixture(autouse=True)
def no_server(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test starts without a server of ada's."""
    yield
    if "hub" in request.fixturenames:
        request.getfixturevalue("hub").stop()
