"""Floor 7: commands; each parses, calls one story and prints."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the `fairhand` command and leave with an exit code that means something.

    0: done. 1: the thing asked about is not so. 2: wrong usage or input. 3: not initialised or
    not available. 130: stopped with Ctrl-C.
    """
    try:
        from fairhand.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
