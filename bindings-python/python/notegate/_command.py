"""The command `notegate`."""

import signal
import sys
from typing import NoReturn

from ._native import command


def main() -> NoReturn:
    """Does what the arguments say, and leaves with the status of that."""
    # As in a program of its own: whoever interrupts it ends it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(command(["notegate", *sys.argv[1:]]))
