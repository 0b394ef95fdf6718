"""`python -m notegate` is the command `notegate`."""

from ._command import main

if __name__ == "__main__":
    main()
