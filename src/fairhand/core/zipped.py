"""A ZIP archive that is written while it is sent: nothing is kept but what is on its way."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from typing import Final

_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
_AT_ONCE: Final = 64 * 1024

Member = tuple[str, Iterable[bytes]]
"""A file in the archive: its name and its content, piece by piece."""


class _Pipe:
    """A file that only grows; what was written is taken away piece by piece."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing to let go of."""

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken

    def __len__(self) -> int:
        return len(self._written)


def zip_stream(members: Iterable[Member], *, compressed: bool = True) -> Iterator[bytes]:
    """Write an archive of these members; the same members give the same bytes.

    What is compressed already (Parquet, pictures) is stored faster than it is packed again.
    """
    pipe = _Pipe()
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(pipe, "w", method) as archive:
        for name, pieces in members:
            info = zipfile.ZipInfo(name, _BEGINNING)
            info.external_attr = 0o644 << 16
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as target:
                for piece in pieces:
                    target.write(piece)
                    if len(pipe) >= _AT_ONCE:
                        yield pipe.take()
    yield pipe.take()
