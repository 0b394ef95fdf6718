"""The hub that the tests ask."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from fake_kubernetes import FakeKubernetes
from hub_process import HubProcess, free_ports
from kubespawner_hub import HERE, Hub, bundle, kubeconfig


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    kubernetes = FakeKubernetes()
    public, inner, proxy = free_ports(3)
    token, records = secrets.token_hex(16), folder / "records.jsonl"
    process = HubProcess(
        HERE / "jupyterhub_config.py",
        folder,
        CONFIGPROXY_AUTH_TOKEN=secrets.token_hex(16),
        KUBECONFIG=str(kubeconfig(folder, kubernetes)),
        TEST_BUNDLE=str(bundle(folder)),
        TEST_FOLDER=str(folder),
        TEST_HUB_PORT=str(inner),
        TEST_KUBERNETES=kubernetes.address,
        TEST_POD_PORT=str(kubernetes.pod_port),
        TEST_PROXY_PORT=str(proxy),
        TEST_PUBLIC_PORT=str(public),
        TEST_RECORDS=str(records),
        TEST_TOKEN=token,
    )
    try:
        process.wait_up()
        yield Hub(f"http://127.0.0.1:{public}", token, kubernetes, records)
    finally:
        process.stop()
        kubernetes.stop()
        print(process.said())


@pytest.fixture(autouse=True)
def no_server(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test starts without a server of ada's."""
    yield
    if "hub" in request.fixturenames:
        request.getfixturevalue("hub").stop()
