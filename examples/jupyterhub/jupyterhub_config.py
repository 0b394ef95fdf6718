# A hub on this machine, for trying policies: no passwords, no containers. Not for production.
import os
import sys
from pathlib import Path

from notegate.jupyterhub import protect

c = get_config()  # noqa: F821
here = Path(__file__).resolve().parent
run = Path(os.environ.get("HUB_RUN", here / ".run"))

protect(
    c,
    bundle=here / "policies",
    records=str(run / "records.jsonl"),
    mode=os.environ.get("NOTEGATE_MODE", "enforce"),
    enforce=os.environ.get("NOTEGATE_ENFORCE", "").split(),
    profiles=[
        {"slug": "small", "display_name": "Small", "description": "One core, two gigabytes."},
        {"slug": "gpu", "display_name": "GPU", "description": "One device, for half a day."},
    ],
)

c.JupyterHub.bind_url = os.environ.get("HUB_URL", "http://127.0.0.1:8000/")
c.JupyterHub.hub_bind_url = os.environ.get("HUB_OWN_URL", "http://127.0.0.1:8081")
c.ConfigurableHTTPProxy.api_url = os.environ.get("HUB_PROXY_URL", "http://127.0.0.1:8001")
c.ConfigurableHTTPProxy.command = [str(run / "node_modules/.bin/configurable-http-proxy")]
c.JupyterHub.cookie_secret_file = str(run / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{run}/hub.sqlite"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.allow_named_servers = True
c.Authenticator.allow_all = True
c.SimpleLocalProcessSpawner.home_dir_template = str(run / "home/{username}")
c.Spawner.args = ["--allow-root"] if os.getuid() == 0 else []

# Their servers ask the same policies. What a person configures at home could undo that, so it is not read.
c.Spawner.disable_user_config = True
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": str(here / "server"),
    "POLICIES": str(here / "policies"),
    "SERVER_RECORDS": str(run / "server-records.jsonl"),
}

# Who is who. With another authenticator the groups come from `c.Authenticator.manage_groups`.
c.JupyterHub.load_groups = {
    "members": {"users": ["ada", "gus", "hal", "olga"]},
    "gpu-users": {"users": ["gus"]},
    "helpdesk": {"users": ["hal"]},
    "operators": {"users": ["olga"]},
}
c.JupyterHub.load_roles = [
    {"name": "helpdesk", "users": ["hal"], "scopes": ["admin:servers", "list:users"]},
    {"name": "operators", "users": ["olga"], "scopes": ["admin:users", "admin:groups"]},
]

# The culler is a process of its own, and asks the same policies.
c.JupyterHub.load_roles += [
    {
        "name": "cull-idle",
        "services": ["cull-idle"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    }
]
c.JupyterHub.services = [
    {
        "name": "cull-idle",
        "command": [
            sys.executable,
            "-m",
            "jupyterhub_idle_culler",
            "--timeout=3600",
            f"--config={here / 'idle_culler_config.py'}",
        ],
    }
]
