"""Decides in Jupyter Server: every route, every kernel, and every message on a kernel's channels.

Three lines in `jupyter_server_config.py` are all it takes:

    from notegate.jupyter_server import protect

    protect(c, bundle="/srv/notegate/policies")

Code in a kernel runs as the user that the server runs as, and can read and write what the server can.
What is decided here is what comes in over HTTP and over a kernel's channels; keep the server's
configuration and the bundle where that user cannot write, and fence kernels in with the platform's means.
"""

from .protect import protect

__all__ = ["protect"]
