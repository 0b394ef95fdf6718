"""The kernel provisioner, and the extension of IPython."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import HERE, Make, denied, errors, printed

PROVISIONER = 'c.KernelProvisionerFactory.default_provisioner_name = "notegate"\n'


def test_kernels_that_are_started_by_other_ways_are_decided(make_server: Make) -> None:
    server = make_server(
        after=PROVISIONER
        + f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        + 'c.ServerApp.jpserver_extensions = {"notegate_starting_extension": True}\n'
    )
    # An extension's own route, which is open, and a kernel, which is not.
    assert server.api("POST", "/start/python3").status_code == 200
    denied(server.api("POST", "/start/gpu"), "GPU kernels are for the group gpu-users.")
    asked = [one["request"] for one in server.asked("kernel:start", 2)]
    assert [one["resource"]["id"] for one in asked] == ["python3", "gpu"]
    assert {one["principal"]["id"] for one in asked} == {"ada"}


def test_shell_commands_are_refused_early(make_server: Make) -> None:
    server = make_server(after=PROVISIONER)
    channels = server.channels(server.kernel())
    assert not errors(channels.run("%load_ext notegate.ipython"))
    assert printed(channels.run("!echo hello")).strip() == "hello"
    assert "hello" in printed(channels.run("%%bash\necho hello"))
    for code in (
        "!rm -rf nothing",
        "x = !rm -rf nothing",
        "%sx rm -rf nothing",
        "%%bash\nrm -rf nothing",
        "%%script bash\nrm -rf nothing",
    ):
        replies = channels.run(code)
        said = printed(replies) + " ".join(errors(replies))
        assert "Nothing is deleted from a shell. (decision " in said, (code, said)
        assert "Traceback" not in said


def test_the_extension_says_when_no_server_told_it_what_to_ask(tmp_path: Path) -> None:
    code = "get_ipython().run_line_magic('load_ext', 'notegate.ipython'); get_ipython().system('echo hi')"
    ran = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "-c", code],
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "no server that asks by policy started this kernel" in ran.stdout
    assert ran.stdout.endswith("hi\n")
