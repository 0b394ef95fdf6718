from pathlib import Path

from notegate.jupyterhub import cull_arbiter

c = get_config()  # noqa: F821
c.IdleCuller.cull_arbiter_hook = cull_arbiter(Path(__file__).resolve().parent / "policies")
