"""The command that the package installs is the command line's own."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import POLICIES

SCRIPT = Path(sysconfig.get_path("scripts")) / "notegate"
# The program of its own, when it is beside: `make test` builds it.
PROGRAM = os.environ.get("NOTEGATE_PROGRAM")
BASELINE = str(POLICIES / "baseline")
ASK = ["authorize", BASELINE, "-l", 'User::"ada"', "-a", "server:start", "-r", 'Server::"ada/"']

RUNS = [
    (["--version"], 0),
    (["--help"], 0),
    (["nonsense"], 1),
    ([], 1),
    (["test", BASELINE], 0),
    (["test", BASELINE, "--format", "json"], 0),
    (["validate", BASELINE], 0),
    (["validate", "/no/where"], 1),
    (["schema", "--list", "actions"], 0),
    (["authorize", BASELINE, "--request", "-"], 1),
    (["completions", "bash"], 0),
]


def run(program: list[str], arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*program, *arguments], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )


@pytest.mark.parametrize(("arguments", "status"), RUNS)
def test_it_writes_and_leaves_as_the_program_does(arguments: list[str], status: int) -> None:
    ours = run([str(SCRIPT)], arguments)
    module = run([sys.executable, "-m", "notegate"], arguments)
    assert ours.returncode == module.returncode == status
    assert ours.stdout == module.stdout
    if PROGRAM:
        theirs = run([PROGRAM], arguments)
        assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout)
        assert ours.stderr == theirs.stderr


def test_a_denial_leaves_with_two() -> None:
    assert run([str(SCRIPT)], ASK).returncode == 2
    assert b"DENY" in run([str(SCRIPT)], ASK).stdout


def test_a_reader_that_is_gone_is_no_error() -> None:
    shell = f"{SCRIPT} schema | head -1; exit ${{PIPESTATUS[0]}}"
    bash = shutil.which("bash")
    assert bash
    ended = subprocess.run([bash, "-c", shell], capture_output=True, check=False)
    assert ended.stderr == b"" and ended.stdout.count(b"\n") == 1


def test_an_interrupt_ends_it(tmp_path: Path) -> None:
    asked = [str(SCRIPT), "authorize", BASELINE, "--requests", "-", "--format", "json"]
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        process.stdin.write(
            b'{"principal": "User::\\"ada\\"", "action": "hub:login", '
            b'"resource": "Hub::\\"main\\""}\n'
        )
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"{")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == -signal.SIGINT


def test_it_is_of_the_same_version_as_the_package() -> None:
    from importlib.metadata import version

    assert run([str(SCRIPT)], ["--version"]).stdout.decode().split()[1] == version("notegate")
