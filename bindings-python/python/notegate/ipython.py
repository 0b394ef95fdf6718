"""Refuses shell commands in IPython before they run, with the policy's message.

    %load_ext notegate.ipython

or, for everybody, `c.InteractiveShellApp.extensions = ["notegate.ipython"]` in `ipython_config.py`.

This is a hint, not a wall: it tells people early and kindly what would not be allowed. It sees `!command`,
`%pip`, `%%bash` and their kin; code that imports `os` or `subprocess` is not asked. What must not happen is
fenced off outside the kernel.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import notegate

FACTS = "NOTEGATE_KERNELS"
"""The variable in which a protected server tells its kernels what to ask by."""

DENIED = "Shell commands are not allowed here. Ask whoever runs this platform."

# Those that hand their text to a shell or to another program.
_LINE_MAGICS = frozenset({"sx", "sc", "system", "pip", "conda", "mamba", "micromamba", "uv"})
_CELL_MAGICS = frozenset({"!", "sx", "system", "bash", "sh", "script", "perl", "ruby", "cmd"})


def load_ipython_extension(shell: Any) -> None:
    """Asks before shell commands of this shell."""
    facts = os.environ.get(FACTS)
    if facts is None:
        print(f"notegate: no server that asks by policy started this kernel: {FACTS} is not set")
        return
    asks = Asks.of(json.loads(facts), _kernel_id())
    shell.system = _asking(asks, shell.system)
    shell.getoutput = _asking(asks, shell.getoutput)
    shell.run_line_magic = _asking_for(asks, _LINE_MAGICS, shell.run_line_magic)
    shell.run_cell_magic = _asking_for(asks, _CELL_MAGICS, shell.run_cell_magic)


class Asks:
    """The question about shell commands of one kernel."""

    def __init__(
        self, pdp: Any, kernel: notegate.Uid, owner: notegate.Uid, server: notegate.Uid
    ) -> None:
        self._pdp = pdp
        self._kernel = kernel
        self._server = server
        self._attributes = {kernel: {"owner": owner, "server": server}, server: {"owner": owner}}

    @classmethod
    def of(cls, facts: dict[str, Any], kernel_id: str) -> Asks:
        """By what the server told. The bundle is opened when the extension is loaded."""
        pdp = notegate.Pdp.open(facts["bundle"], keys=facts["keys"])
        kernel, owner = notegate.Uid("Kernel", kernel_id), notegate.Uid("User", facts["owner"])
        return cls(pdp, kernel, owner, notegate.Uid("Server", facts["server"]))

    def refusal(self, command: str) -> str | None:
        """The message for a command that is denied."""
        try:
            response = self._pdp.authorize(
                self._kernel,
                "shell:run",
                self._server,
                {"command": command, "server": self._server},
                attributes=self._attributes,
            )
        except notegate.RequestError as error:
            return f"{DENIED} ({error})"
        if response.allowed is True:
            return None
        return f"{response.message or DENIED} (decision {response.decision_id})"


def _asking(asks: Asks, run: Callable[..., Any]) -> Callable[..., Any]:
    def asked(command: str, *args: Any, **kwargs: Any) -> Any:
        _raise(asks.refusal(command))
        return run(command, *args, **kwargs)

    return asked


def _asking_for(asks: Asks, magics: frozenset[str], run: Callable[..., Any]) -> Callable[..., Any]:
    def asked(name: str, line: str, *args: Any, **kwargs: Any) -> Any:
        if name in magics:
            text = [line, *(part for part in args if isinstance(part, str))]
            _raise(asks.refusal(" ".join([name, *text])))
        return run(name, line, *args, **kwargs)

    return asked


def _raise(refusal: str | None) -> None:
    if refusal is not None:
        from IPython.core.error import UsageError

        # A line for people, without a traceback.
        raise UsageError(refusal)


def _kernel_id() -> str:
    from ipykernel.connect import get_connection_file

    return Path(get_connection_file()).stem.removeprefix("kernel-")
