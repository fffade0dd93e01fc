"""A disk that is really full under a served workspace: what is said, kept, and goes on after.

    mount -t tmpfs -o size=48m tmpfs /mnt/small
    python -m benchmarks.full_disk /mnt/small

The folder must be a small disk of its own: everything that is left of it is filled by a file, which
is removed again. Workspace, files, releases and the backup lie on it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.invariants.full_disk import endure_full_disk

_LARGEST_BYTES = 4 * 1024**3


class RealDisk:
    """A disk that a file fills to the last byte."""

    def __init__(self, folder: Path) -> None:
        self.ballast = folder / "ballast"

    def fill(self, _pid: int) -> None:
        """Write until the disk refuses."""
        with self.ballast.open("wb", buffering=0) as file:
            for size in (2**20, 4096, 1):
                try:
                    while file.tell() < _LARGEST_BYTES:
                        file.write(bytes(size))
                except OSError:
                    continue
                raise SystemExit("This disk is too large to be filled.")

    def free(self, _pid: int) -> None:
        """Remove what filled it."""
        self.ballast.unlink()

    def command(self) -> list[str]:
        """Start Python as it is: the disk is full for everybody."""
        return [sys.executable]


def main() -> None:
    """Run it and say how many answers were acknowledged."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    with tempfile.TemporaryDirectory(dir=folder) as place:
        acknowledged = endure_full_disk(Path(place), RealDisk(folder))
    print(f"{acknowledged} answers acknowledged, 0 lost; imports and exports went on")


if __name__ == "__main__":
    main()
