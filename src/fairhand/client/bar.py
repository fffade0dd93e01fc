"""A line of progress, for a terminal or a notebook; silent elsewhere."""

from __future__ import annotations

import sys
from typing import Final, TextIO

_WIDTH: Final = 24


class Bar:
    """Draws how far something is, on one line that is written over."""

    def __init__(self, title: str, *, shown: bool | None = None, out: TextIO | None = None) -> None:
        self._title = title
        self._out = out or sys.stderr
        in_notebook = "ipykernel" in sys.modules
        self._shown = (in_notebook or self._out.isatty()) if shown is None else shown
        self._drawn = ""

    def at(self, done: int, total: int | None) -> None:
        """Draw where it stands; without a total only the number is shown."""
        if not self._shown:
            return
        line = f"{self._title} {done:,}"
        if total:
            full = round(_WIDTH * min(done, total) / total)
            line = f"{self._title} {'█' * full}{'░' * (_WIDTH - full)} {done:,} of {total:,}"
        if line != self._drawn:
            self._out.write("\r" + line.ljust(len(self._drawn)))
            self._out.flush()
            self._drawn = line

    def end(self) -> None:
        """Leave the line."""
        if self._shown and self._drawn:
            self._out.write("\n")
            self._out.flush()
