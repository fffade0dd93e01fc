"""What an upload is made of; pure.

It comes in parts of its bytes, numbered from 0. All but the last have `PART_BYTES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fairhand.core.errors import Issue
from fairhand.work.parts import PART_BYTES

MOST_BYTES: Final = 25 * 1024 * 1024
"""Of one photo as it is sent; the task page makes larger ones smaller first."""

MOST_PIXELS: Final = 64_000_000
"""Of one photo, whatever a project allows for the pictures of its tasks."""


def size_issues(declared: int) -> list[Issue]:
    """Report a file that is empty or too large."""
    if 0 < declared <= MOST_BYTES:
        return []
    most = MOST_BYTES // 1024**2
    return [Issue("bytes", f"must be 1 to {MOST_BYTES} ({most} MB); send a smaller picture")]


def part_count(declared: int) -> int:
    """Say how many parts a file of so many bytes has."""
    return -(-declared // PART_BYTES)


def part_issues(number: int, size: int, declared: int) -> list[Issue]:
    """Report a part that is not one of a file with so many declared bytes."""
    count = part_count(declared)
    if not 0 <= number < count:
        return [Issue("number", f"must be 0 to {count - 1}")]
    wanted = PART_BYTES if number < count - 1 else declared - PART_BYTES * (count - 1)
    if size == wanted:
        return []
    return [Issue("content", f"must have {wanted} bytes, not {size}")]


def is_complete(sizes: Sequence[int], declared: int) -> bool:
    """Say whether parts of these sizes are the whole file."""
    return sum(sizes) == declared
