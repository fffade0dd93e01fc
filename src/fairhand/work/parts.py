"""Files that come in parts: how a part is kept, and which are still to come; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

PART_BYTES: Final = 256 * 1024


def kept_part(file_id: str, number: int, content: bytes) -> bytes:
    """Write a part as it is kept, under a line that names it.

    So it is never the same file as another one, and can be deleted whatever else holds its bytes:
    the part of another file, or a task's own file that somebody sent back.
    """
    return f"{file_id} {number:04}\n".encode() + content


def content_of(kept: bytes) -> bytes:
    """Read what was sent from a part as it is kept."""
    return kept[kept.index(b"\n") + 1 :]


def missing_parts(there: Iterable[int], count: int) -> list[int]:
    """List the parts of `count` that are not there, at most a hundred."""
    known = set(there)
    return [number for number in range(count) if number not in known][:100]
