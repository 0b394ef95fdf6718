"""`python -m notegate` is the command `notegate`."""

from ._command import main

main()
