"""Decides on JupyterHub: logins, servers, profiles, tokens, shares and administration.

Three lines in `jupyterhub_config.py` are all it takes:

    from notegate.jupyterhub import protect

    protect(c, bundle="/srv/notegate/policies")
"""

from .idle import cull_arbiter
from .protect import protect

__all__ = ["cull_arbiter", "protect"]
