"""A hub that makes pods at a fake of Kubernetes, by the baseline bundle and what the tests add to it."""

import json
import os
from pathlib import Path
from typing import Any

import notegate
from notegate.jupyterhub import pods

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821

pdp = notegate.Pdp.open(os.environ["TEST_BUNDLE"], records=os.environ["TEST_RECORDS"], watch=False)
work = os.environ["TEST_FOLDER"]

c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['TEST_PUBLIC_PORT']}/"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['TEST_HUB_PORT']}/"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['TEST_PROXY_PORT']}"
c.JupyterHub.db_url = f"sqlite:///{work}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{work}/cookie_secret"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "secret"
c.Authenticator.allow_all = True
c.JupyterHub.allow_named_servers = True
# On a slow machine the hub would answer before it knows how a start ended.
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 120}
c.JupyterHub.services = [{"name": "tests", "api_token": os.environ["TEST_TOKEN"]}]
c.JupyterHub.load_roles = [
    {"name": "tests", "services": ["tests"], "scopes": ["admin:users", "admin:servers", "shutdown"]}
]
# A hub that counted denials as failures would end itself during the tests.
c.Spawner.consecutive_failure_limit = 2

c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.k8s_api_host = os.environ["TEST_KUBERNETES"]
c.KubeSpawner.port = int(os.environ["TEST_POD_PORT"])
c.KubeSpawner.namespace = "genomics"
c.KubeSpawner.events_enabled = False
c.KubeSpawner.start_timeout = 60
c.KubeSpawner.image = "registry.institute.example/notebook/base:2026.11"
c.KubeSpawner.service_account = "notebook"
c.KubeSpawner.automount_service_account_token = False
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.pvc_name_template = "claim-{username}"
c.KubeSpawner.volumes = [
    {"name": "home", "persistentVolumeClaim": {"claimName": "claim-{username}"}}
]
c.KubeSpawner.cpu_limit = 2
c.KubeSpawner.cpu_guarantee = 0.5
c.KubeSpawner.mem_limit = "4G"
c.KubeSpawner.mem_guarantee = "1G"
c.KubeSpawner.uid = 1000
c.KubeSpawner.container_security_context = {
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


overrides = json.loads((Path(__file__).parent / "profiles.json").read_text())
c.KubeSpawner.profile_list = [
    {"slug": slug, "display_name": slug, "kubespawner_override": override}
    for slug, override in overrides.items()
]


async def operators_own(spawner: Any, pod: Any) -> Any:
    """A hook that was there before; for one profile it undoes what makes a pod safe."""
    pod.metadata.labels["operators-own"] = "yes"
    if spawner.user_options.get("profile") == "spoilt":
        pod.spec.host_ipc = True
    return pod


c.KubeSpawner.modify_pod_hook = pods.modify_pod_hook(pdp, existing=operators_own)
