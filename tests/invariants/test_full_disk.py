"""A full disk under a served workspace: clear words, nothing lost, and work goes on after.

The kernel itself refuses every byte to the processes (RLIMIT_FSIZE), which needs no rights and no
disk of one's own; `python -m benchmarks.full_disk` does the same to a disk that is really full.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from tests.invariants.full_disk import endure_full_disk


class NoBytes:
    """Lets processes write nothing to any file, and again as much as they like."""

    def __init__(self) -> None:
        self.is_full = False

    def fill(self, pid: int) -> None:
        """Take every byte from now on as one too many."""
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        self.is_full = True

    def free(self, pid: int) -> None:
        """Take everything again."""
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        self.is_full = False

    def command(self) -> list[str]:
        """Start Python with the same limit as the server's."""
        limit = ["prlimit", "--fsize=0:unlimited"] if self.is_full else []
        return [*limit, sys.executable]


@pytest.mark.slow
def test_a_full_disk_is_said_everywhere_loses_nothing_and_work_goes_on_after(
    tmp_path: Path,
) -> None:
    assert endure_full_disk(tmp_path, NoBytes()) >= 8
