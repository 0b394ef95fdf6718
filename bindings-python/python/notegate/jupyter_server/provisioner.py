"""Starts kernels that policy allows, by whatever way they come to be started.

`c.KernelProvisionerFactory.default_provisioner_name = "notegate"` in `jupyter_server_config.py` makes every
kernel whose specification names no provisioner of its own ask. The guard decided what came over HTTP; this
is for what an extension starts, and it is asked as whoever sent the request that made it.
"""

from __future__ import annotations

from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from tornado.web import HTTPError

import notegate

from .._enforce.gate import UNDECIDED, Facts


class Provisioner(LocalProvisioner):
    """A local kernel that is decided before it is launched."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Raises a 403 with the policy's message when the kernel may not start."""
        await self._decide()
        prepared: dict[str, Any] = await super().pre_launch(**kwargs)
        return prepared

    async def _decide(self) -> None:
        guard = _guard(self)
        if guard is None:
            raise HTTPError(403, "No server that asks by policy starts this kernel.")
        handler = _handler()
        asker = guard.people.owner() if handler is None else await guard.people.asker(handler)
        if asker is None:
            raise HTTPError(403, UNDECIDED)
        counted = Facts(context={"kernelCount": guard.kernel_count(self.kernel_id)})
        spec = notegate.Uid("KernelSpec", str(self.parent.kernel_name).lower())
        facts = asker.facts + guard.place.facts + counted
        answer = guard.gate.ask(asker.uid, "kernel:start", spec, facts)
        if not answer.allowed:
            raise HTTPError(403, answer.text)


def _guard(provisioner: Any) -> Any:
    """The guard of the application that all this belongs to."""
    owner = provisioner
    while owner is not None:
        application = getattr(owner, "web_app", None)
        if application is not None:
            return application.settings.get("notegate")
        owner = getattr(owner, "parent", None)
    return None


def _handler() -> Any:
    """The handler of the request that this is part of, if any."""
    from jupyter_server import CallContext

    return CallContext.get(CallContext.JUPYTER_HANDLER)
