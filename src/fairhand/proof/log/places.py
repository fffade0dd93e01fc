"""A log that is read from where others can get it: a folder of static files, or a URL.

Both hold what C2SP tlog-tiles describes: `checkpoint`, `tile/<L>/<N>` and `tile/entries/<N>`.
Nothing that is read here is believed; the monitor recomputes it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from fairhand.core.errors import UnavailableError
from fairhand.proof.log import tiles
from fairhand.proof.log.note import NoteError

CHECKPOINT: Final = "checkpoint"
KEYS: Final = "keys"
HANDOVERS: Final = "handovers.json"
ENTRIES: Final = "entries"
LARGEST: Final = 64 * 1024 * 1024
_MOST_BUNDLE: Final = tiles.WIDTH * (65_535 + 2)


class Place(Protocol):
    """Where a log's files lie."""

    def fetch(self, path: str) -> bytes | None:
        """Give a file; None where there is none. UnavailableError when the place cannot say."""


class FolderPlace:
    """A log that was exported into a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def fetch(self, path: str) -> bytes | None:
        """Read a file of the folder."""
        found = self._root / path
        try:
            return found.read_bytes() if found.stat().st_size <= LARGEST else None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UnavailableError(f"{found} cannot be read: {error.strerror}.") from error


class CalledPlace:
    """A log behind a function that fetches, such as an HTTP client's."""

    def __init__(self, fetch: Callable[[str], bytes | None]) -> None:
        self._fetch = fetch

    def fetch(self, path: str) -> bytes | None:
        """Ask the function."""
        return self._fetch(path)


def read_checkpoint(place: Place) -> str:
    """Read the newest checkpoint's note; NoteError where there is none."""
    found = place.fetch(CHECKPOINT)
    if found is None:
        raise NoteError("there is no checkpoint here: this is no log")
    try:
        return found.decode()
    except UnicodeDecodeError as error:
        raise NoteError("the checkpoint is no text") from error


def tile_reader(place: Place, size: int) -> tiles.ReadTile:
    """Read tiles of a tree of `size`: the partial one, or the full one where it has grown."""

    def read(level: int, index: int) -> bytes:
        width = tiles.tile_width(size, level, index)
        if width == 0:
            return b""
        found = place.fetch(tiles.tile_path(level, index, width))
        if found is None and width < tiles.WIDTH:
            found = place.fetch(tiles.tile_path(level, index))
        return (found or b"")[: width * 32]

    return read


def read_entries(place: Place, index: int, size: int) -> list[bytes]:
    """Read the leaves of bundle `index` in a log of `size`; NoteError when it is cut or missing."""
    width = tiles.tile_width(size, 0, index)
    found = place.fetch(tiles.tile_path(ENTRIES, index, width))
    if found is None and width < tiles.WIDTH:
        found = place.fetch(tiles.tile_path(ENTRIES, index))
    if found is None:
        raise NoteError(f"{tiles.tile_path(ENTRIES, index, width)} is missing")
    return parse_bundle(found)[:width]


def dump_bundle(leaves: list[bytes]) -> bytes:
    """Write leaves one after the other, each with its length before it (16 bits, big-endian)."""
    return b"".join(struct.pack(">H", len(leaf)) + leaf for leaf in leaves)


def parse_bundle(data: bytes) -> list[bytes]:
    """Read a bundle back; NoteError when it breaks off."""
    if len(data) > _MOST_BUNDLE:
        raise NoteError("an entry bundle is longer than one can be")
    leaves, at = [], 0
    while at < len(data):
        if at + 2 > len(data):
            raise NoteError("an entry bundle breaks off")
        (length,) = struct.unpack_from(">H", data, at)
        leaf = data[at + 2 : at + 2 + length]
        if len(leaf) != length:
            raise NoteError("an entry bundle breaks off")
        leaves.append(leaf)
        at += 2 + length
    return leaves
