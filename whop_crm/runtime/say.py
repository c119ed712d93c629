"""What the commands print: results go to standard output, everything on the way to standard error."""

import sys


def tell(line: str) -> None:
    """A result, for a person or a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(line: str) -> None:
    """A word on the way."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
