"""The items of one large JSON array, one at a time, each as its own bytes.

Cutting comes before parsing: an item that is too long is never held, and an item that is not JSON
does not take those after it along.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fairhand.core.errors import MalformedError
from fairhand.formats.lines import unzipped

_CHUNK = 256 * 1024
_OUTSIDE = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)
"""A whole text at once where the chunk holds its end, else one sign."""

_INSIDE = re.compile(rb'["\\]')
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the array, numbered from 1; `content` is None when it is over the limit."""

    number: int
    content: bytes | None


class _Cutter:
    """Finds the commas between items: those outside strings at depth one."""

    def __init__(self, limit: int) -> None:
        self.depth = 1
        self.closed = False
        self._limit = limit
        self._in_text = False
        self._escaped = False
        self._parts: list[bytes] | None = []
        self._size = 0
        self.number = 0

    def feed(self, chunk: bytes) -> Iterator[Item]:
        """Yield the items that end in this chunk."""
        start = at = 0
        while (found := self._next(chunk, at)) is not None:
            at = found.end()
            sign = found.group()
            if self._steps_over(sign):
                continue
            if self.depth == 0 or (self.depth == 1 and sign == b","):
                self._keep(chunk[start : found.start()])
                yield from self._item(last=sign != b",")
                start = at
            if self.depth == 0:
                self.closed = True
                if sign != b"]" or chunk[at:].strip(_SPACE):
                    raise MalformedError("has more text after the end of its list")
                return
        self._keep(chunk[start:])

    def _next(self, chunk: bytes, at: int) -> re.Match[bytes] | None:
        if at >= len(chunk):
            return None
        if self._escaped:
            self._escaped = False
            at += 1
        return (_INSIDE if self._in_text else _OUTSIDE).search(chunk, at)

    def _steps_over(self, sign: bytes) -> bool:
        """Follow the sign; True when it cannot end an item."""
        if len(sign) > 1:
            return True
        if sign == b"\\":
            self._escaped = True
        elif sign == b'"':
            self._in_text = not self._in_text
        elif sign in b"[{":
            self.depth += 1
        elif sign in b"]}":
            self.depth -= 1
            return self.depth > 0
        return sign not in b",]}"

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            self._parts = None
        elif self._parts is not None:
            self._parts.append(piece)

    def _item(self, last: bool) -> Iterator[Item]:
        content = None if self._parts is None else b"".join(self._parts).strip(_SPACE)
        self._parts, self._size = [], 0
        if last and content == b"":
            return
        self.number += 1
        yield Item(self.number, content)


def array_items(file: BinaryIO, limit: int, name: str) -> Iterator[Item]:
    """Yield the items of the one array that the file is.

    Raises MalformedError where the file stops being one; the items before have been given by then.
    """
    source = unzipped(file)
    cutter = _Cutter(limit)
    try:
        chunk = _after_bracket(source)
        yield from cutter.feed(chunk)
        while chunk := source.read(_CHUNK):
            if cutter.closed and chunk.strip(_SPACE):
                raise MalformedError("has more text after the end of its list")
            yield from () if cutter.closed else cutter.feed(chunk)
    except MalformedError as error:
        raise MalformedError(f"{name} {error.message}") from None
    except (EOFError, OSError, zlib.error):
        raise MalformedError(f"{name} is damaged after item {cutter.number}") from None
    if not cutter.closed:
        raise MalformedError(f"{name} breaks off in item {cutter.number + 1}")


def _after_bracket(source: BinaryIO) -> bytes:
    """Read up to and past the opening bracket; give what was read beyond it."""
    head = source.read(len(_BOM) + 1).removeprefix(_BOM).lstrip(_SPACE)
    while not head and (more := source.read(_CHUNK)):
        head = more.lstrip(_SPACE)
    if not head.startswith(b"["):
        raise MalformedError("must be a JSON list of tasks")
    return head[1:]
